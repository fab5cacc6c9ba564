import * as z from "zod";
import { CompositionFileSchema } from "./composition/composition-file-schema.ts";
import { CjmConfigFileSchema } from "./config/cjm-config.ts";
import type { JsonObject } from "./json.ts";
import { CapabilitiesFileSchema } from "./manifest/capabilities-file.ts";

const TITLES = {
  composition: "A composition of cjm",
  capabilities: "Capabilities that cjm installs",
  cjm: "Configuration of cjm",
} as const;

/** Documents that people write and that editors can help with. */
export type DocumentName = keyof typeof TITLES;

const SCHEMAS: Record<DocumentName, z.ZodType> = {
  composition: CompositionFileSchema,
  capabilities: CapabilitiesFileSchema,
  cjm: CjmConfigFileSchema,
};

/**
 * JSON Schema (2020-12) of a document as it is written. It accepts whatever we accept; what only shows when a document is
 * looked at as a whole, such as a reference to a node that is not there, it does not know.
 */
export function documentJsonSchema(name: DocumentName): JsonObject {
  const { $schema, ...schema } = z.toJSONSchema(SCHEMAS[name], { io: "input" }) as JsonObject;
  return { ...($schema === undefined ? {} : { $schema }), title: TITLES[name], ...schema };
}
