export { CapabilityManager } from "./capability-manager.ts";
export { currentPlatform, type DiscoveredCapability, type DiscoveryReport, discoverManifests } from "./discovery/manifest-discovery.ts";
export { expandTemplate } from "./environment/worker-environment.ts";
export type { ConfigStore, InstanceRecord, ProfileStore, SecretReader } from "./host-ports.ts";
export type { InstanceState } from "./instances/instance-state.ts";
export type { CapabilityManagerOptions, InstanceSummary, LoadOptions } from "./manager-options.ts";
