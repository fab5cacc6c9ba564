import { dirname, isAbsolute, resolve } from "node:path";
import { type Composition, CompositionSchema, isJsonObject, type JsonObject, type JsonValue } from "@cjm/core";
import * as z from "zod";
import { readYamlDocument } from "./read-yaml-document.ts";

export interface CompositionFile {
  /** As it stands in the file, with default paths made absolute; what is submitted. */
  readonly document: JsonObject;
  /** The same, checked. */
  readonly composition: Composition;
}

/**
 * Reads a composition file and checks it as a whole. Default paths are relative to the file.
 * @throws CjmError CJM_COMPOSITION_INVALID with every fault, its line and field
 */
export async function readComposition(path: string): Promise<CompositionFile> {
  return await readYamlDocument(path, {
    title: "composition",
    schema: schemaFor(dirname(path)),
    code: "CJM_COMPOSITION_INVALID",
    missingHint: "Check the path.",
    yamlVersion: "1.2",
  });
}

/** Faults stay issues at their fields, so that they are reported with their lines. */
function schemaFor(folder: string) {
  return z.record(z.string(), z.json()).transform((written, context): CompositionFile => {
    const document = withAbsoluteDefaults(written, folder);
    const parsed = CompositionSchema.safeParse(document);
    if (parsed.success) return { document, composition: parsed.data };
    for (const { path, message } of parsed.error.issues) context.issues.push({ code: "custom", path: [...path], message, input: written });
    return z.NEVER;
  });
}

function withAbsoluteDefaults(document: JsonObject, folder: string): JsonObject {
  const { inputs } = document;
  if (!isJsonObject(inputs)) return document;
  return { ...document, inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, absoluteDefault(input, folder)])) };
}

function absoluteDefault(input: JsonValue, folder: string): JsonValue {
  if (!isJsonObject(input) || input["type"] !== "path" || typeof input["default"] !== "string" || isAbsolute(input["default"]))
    return input;
  return { ...input, default: resolve(folder, input["default"]) };
}
