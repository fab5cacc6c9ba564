export { decodeWireValue, type WireDecoder } from "@cjm/protocol";
export { CapabilityHandle, type HandleCallOptions, type HandleOptions } from "./capability-handle.ts";
export { CapabilityManager } from "./capability-manager.ts";
export { type ConfigFault, configFaults } from "./config/config-resolution.ts";
export type { ConfigurationService, UpdateOptions } from "./config/configuration-service.ts";
export type { DiagnosticsEntry, DiagnosticsOptions } from "./diagnostics/instance-diagnostics.ts";
export { type AdapterVerdict, describeVerdict, matchAdapter } from "./discovery/adapter-matching.ts";
export type { CapabilityCatalog } from "./discovery/capability-catalog.ts";
export type { Drift, DriftReport } from "./discovery/drift.ts";
export {
  currentPlatform,
  type DiscoveredAdapter,
  type DiscoveredCapability,
  type DiscoveryReport,
  discoverManifests,
  type ShadowedManifest,
} from "./discovery/manifest-discovery.ts";
export type { EnvironmentService } from "./environment/environment-service.ts";
export type { VariableStatus } from "./environment/environment-status.ts";
export { expandTemplate } from "./environment/worker-environment.ts";
export { currentCallEnvelope, withCallEnvelope } from "./execution/call-envelope-scope.ts";
export type { InstanceCallOptions } from "./execution/call-executor.ts";
export { type CallArguments, type FileBacked, resolveFileInputs } from "./execution/file-inputs.ts";
export type { ConfigStore, InstanceRecord, ProfileStore, SecretReader, SecretStore } from "./host-ports.ts";
export type { HeldBack } from "./instances/crash-guard.ts";
export type { ReloadRequest } from "./instances/instance-loader.ts";
export type { InstanceState } from "./instances/instance-state.ts";
export type { BulkOptions, BulkOutcome, CapabilityManagerOptions, InstanceSummary, LoadOptions, LoadRequest } from "./manager-options.ts";
export type { EvictableWorker, MakeRoomRequest, RoomMade } from "./resources/evictor.ts";
export type { InstanceDescription, Residency } from "./resources/resource-view.ts";
export {
  permissivePolicy,
  QueuePolicy,
  type SchedulingDecision,
  type SchedulingPolicy,
  type SchedulingRequest,
  safetyPolicy,
} from "./resources/scheduling-policy.ts";
export { allPids } from "./workers/end-processes.ts";
export { type ProcessUse, readProcessTree } from "./workers/process-tree.ts";
