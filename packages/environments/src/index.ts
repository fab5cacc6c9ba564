export { type Step, StepRunner } from "./build/step-runner.ts";
export { type SetupOptions, type SetupOutcome, setupMicromamba } from "./conda/setup-micromamba.ts";
export type { DownloadProgress } from "./download/download.ts";
export { type EnvironmentPlan, planEnvironments } from "./environment-plan.ts";
export { type InstallEvent, type InstallOptions, type InstallOutcome, installAll } from "./install-all.ts";
export { type AdapterIntrospector, type AdapterTarget, isAdapterSpec } from "./manifests/adapter-manifest.ts";
export {
  type Introspection,
  type IntrospectionFailure,
  type IntrospectionTarget,
  type Introspector,
  introspectArgs,
  introspectionAnswer,
  pythonSdkFolder,
} from "./manifests/introspection.ts";
export { sdkFolder as nodeSdkFolder } from "./node/npm-packages.ts";
export type { BuildRequest, BuiltEnvironment, EnvironmentProvider, RebuildRequest } from "./providers/environment-provider.ts";
export type { Providers } from "./providers/providers.ts";
export type { Environment } from "./store/environment-store.ts";
export { replaceFile } from "./store/replace-file.ts";
export { takeTurn } from "./store/turn.ts";
export { collectGarbage, findGarbage, type GarbageItem } from "./upkeep/garbage.ts";
export { generateAdapterManifest } from "./upkeep/generate-adapter-manifest.ts";
export { type HostLibraries, hostLibraries, setupHost } from "./upkeep/host-libraries.ts";
export { regenerateManifest } from "./upkeep/regenerate-manifest.ts";
export { planRemoval, type RemovalPlan, removeCapability } from "./upkeep/remove-capability.ts";
export { type RepairOutcome, repair } from "./upkeep/repair.ts";
