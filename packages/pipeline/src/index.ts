export { type ConfigRequest, type ConfigSource, type ResolvedConfig, resolveConfig } from "./config/resolve-config.ts";
export { createPipeline } from "./create-pipeline.ts";
export { readCapabilitiesFile } from "./documents/read-capabilities-file.ts";
export { readComposition } from "./documents/read-composition.ts";
export { parseYamlDocument, readYamlDocument, type YamlDocumentKind } from "./documents/read-yaml-document.ts";
export { openStores, type Stores } from "./open-stores.ts";
export { type CallRequest, Pipeline, type RunCompositionOptions, type SubmittedComposition } from "./pipeline.ts";
export type { CapabilityRequest, PipelineOptions } from "./pipeline-options.ts";
