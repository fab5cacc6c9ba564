export { type ConfigRequest, type ConfigSource, type ResolvedConfig, resolveConfig } from "./config/resolve-config.ts";
export { readCapabilitiesFile } from "./documents/read-capabilities-file.ts";
export { parseYamlDocument, readYamlDocument, type YamlDocumentKind } from "./documents/read-yaml-document.ts";
