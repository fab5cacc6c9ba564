import { type CapabilitiesFile, CapabilitiesFileSchema } from "@cjm/core";
import { readYamlDocument } from "./read-yaml-document.ts";

/** Reads `capabilities.yaml`. @throws CjmError CJM_CAPABILITIES_FILE_INVALID with every fault, its line and field */
export function readCapabilitiesFile(path: string): Promise<CapabilitiesFile> {
  return readYamlDocument(path, {
    title: "capabilities file",
    schema: CapabilitiesFileSchema,
    code: "CJM_CAPABILITIES_FILE_INVALID",
    missingHint: "Name another one with --file, or change to the folder that has it.",
    yamlVersion: "1.1",
  });
}
