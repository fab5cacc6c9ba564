import { type Composition, type JsonObject, validateComposition } from "@cjm/core";
import * as z from "zod";
import { readYamlDocument } from "./read-yaml-document.ts";

export interface CompositionFile {
  /** As it stands in the file; what is submitted. */
  readonly document: JsonObject;
  /** The same, checked. */
  readonly composition: Composition;
}

/** Reads a composition file and checks it as a whole. @throws CjmError CJM_COMPOSITION_INVALID with every fault */
export async function readComposition(path: string): Promise<CompositionFile> {
  const document = await readYamlDocument(path, {
    title: "composition",
    schema: z.record(z.string(), z.json()),
    code: "CJM_COMPOSITION_INVALID",
    missingHint: "Check the path.",
    yamlVersion: "1.2",
  });
  return { document, composition: validateComposition(document) };
}
