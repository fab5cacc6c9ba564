export { CapabilityLoadError, type CapabilityThread } from "./thread/capability-thread.ts";
