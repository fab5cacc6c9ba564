import { basename, dirname, resolve } from "node:path";
import { CjmError, type Composition, CompositionSchema, type JsonObject } from "@cjm/core";
import * as z from "zod";
import { partPaths, placeParts } from "./place-parts.ts";
import { readYamlDocument } from "./read-yaml-document.ts";

export interface CompositionFile {
  /** What is submitted: as it stands in the file, with default paths made absolute and compositions in place of their paths. */
  readonly document: JsonObject;
  /** The same, checked. */
  readonly composition: Composition;
}

/**
 * Reads a composition file and checks it as a whole, with the compositions that its nodes name. Paths of those and default
 * paths are relative to the file that they stand in.
 * @throws CjmError CJM_COMPOSITION_INVALID with every fault of the first file that has any, its line and field
 */
export async function readComposition(path: string): Promise<CompositionFile> {
  return await new CompositionReader().read(resolve(path), []);
}

/** Reads each file once, however many nodes name it. */
class CompositionReader {
  readonly #read = new Map<string, CompositionFile>();

  async read(path: string, around: readonly string[]): Promise<CompositionFile> {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const written = await readYamlDocument(path, { ...KIND, schema: DocumentSchema });
    const parts = new Map<string, JsonObject>();
    for (const part of new Set(partPaths(written))) {
      const inside = resolve(dirname(path), part);
      const way = [...around, path, inside];
      if (way.indexOf(inside) < way.length - 1) throw runsItself(way);
      parts.set(part, (await this.read(inside, [...around, path])).document);
    }
    const file = await readYamlDocument(path, { ...KIND, schema: checkedSchema(dirname(path), parts) });
    this.#read.set(path, file);
    return file;
  }
}

const KIND = {
  title: "composition",
  code: "CJM_COMPOSITION_INVALID",
  missingHint: "Check the path.",
  yamlVersion: "1.2",
} as const;

const DocumentSchema = z.record(z.string(), z.json());

/** Faults stay issues at their fields, so that they are reported with their lines. */
function checkedSchema(folder: string, parts: ReadonlyMap<string, JsonObject>) {
  return DocumentSchema.transform((written, context): CompositionFile => {
    const document = placeParts(written, folder, parts);
    const parsed = CompositionSchema.safeParse(document);
    if (parsed.success) return { document, composition: parsed.data };
    for (const { path, message } of parsed.error.issues) context.issues.push({ code: "custom", path: [...path], message, input: written });
    return z.NEVER;
  });
}

function runsItself(way: readonly string[]): CjmError {
  const files = way.slice(way.indexOf(way.at(-1) ?? "")).map((path) => basename(path));
  return new CjmError("CJM_COMPOSITION_INVALID", `A composition must not run itself: ${files.join(" -> ")}.`, {
    hint: "Take the node out that leads back, or use 'for_each' for what is to be done many times.",
    details: { path: way.at(-1) ?? "" },
  });
}
