export type { ConfigSource, ConfigValue } from "./config/config-layers.ts";
export { type RecordedIn, recordPaths, resolveRecordedPath } from "./config/recorded-paths.ts";
export { type ConfigRequest, type ResolvedConfig, resolveConfig } from "./config/resolve-config.ts";
export {
  examineWorkspace,
  findWorkspace,
  startWorkspace,
  WORKSPACE_MARKER,
  type Workspace,
  type WorkspaceFinding,
  type WorkspaceRequest,
  type WorkspaceStart,
  workspaceLayout,
} from "./config/workspace.ts";
export { cancelLeftBehind } from "./control/cancel-left-behind.ts";
export { type ConnectedHosts, connectHosts, type SilentHost } from "./control/connect-hosts.ts";
export type {
  CancelReport,
  CompositionReport,
  Explanation,
  HostInfo,
  JobReport,
  JobsReport,
  MachineReport,
  StatusReport,
  WorkerReport,
} from "./control/control-messages.ts";
export type { HostConnection } from "./control/host-connection.ts";
export { callName } from "./control/host-source.ts";
export { recallComposition } from "./control/recall-composition.ts";
export { createPipeline } from "./create-pipeline.ts";
export { readCapabilitiesFile } from "./documents/read-capabilities-file.ts";
export { readComposition } from "./documents/read-composition.ts";
export {
  openYamlDocument,
  parseYamlDocument,
  readYamlDocument,
  type YamlDocument,
  type YamlDocumentKind,
} from "./documents/read-yaml-document.ts";
export { openStores, type Stores } from "./open-stores.ts";
export { type CallRequest, Pipeline, type RunCompositionOptions, type SubmittedComposition } from "./pipeline.ts";
export type { CapabilityRequest, PipelineOptions } from "./pipeline-options.ts";
