export {
  type OriginalHostLauncher,
  type OriginalHostLauncherOptions,
  originalHostLauncher,
} from "./original-host/original-host-launcher.ts";
export { CapabilityLoadError, type CapabilityThread } from "./thread/capability-thread.ts";
