import * as z from "zod";
import { didYouMean } from "../composition/did-you-mean.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { CjmConfigFileSchema } from "./cjm-config.ts";

/** One value of the configuration: its key in `cjm.yaml` and every other way to give it. */
export interface ConfigSetting {
  /** Path in `cjm.yaml`, such as `runtime.conda_type`. */
  readonly key: string;
  readonly description: string;
  /** What may stand there, for people. */
  readonly type: string;
  /** What is in force when nobody says anything, for people. */
  readonly fallback: string;
  /** Global option of `cjm-ctl`, with its dashes. */
  readonly option: string | null;
  /** Environment variable; an empty one counts as none. */
  readonly environment: string | null;
}

/** What the schema of the file cannot know: other ways to give a value, and defaults that depend on the place. */
const OUTSIDE_THE_FILE: Readonly<Record<string, Partial<Pick<ConfigSetting, "fallback" | "option" | "environment">>>> = {
  data_dir: { fallback: "`.cjm` of the workspace, else `~/.cjm`", option: "--data-dir", environment: "CJM_DATA_DIR" },
  capabilities_config: { fallback: "`capabilities.yaml` beside `cjm.yaml`, else in the working folder" },
  "runtime.prefix": { option: "--conda-prefix", environment: "CJM_CONDA_PREFIX" },
  "runtime.conda_type": { option: "--conda-type", environment: "CJM_CONDA_TYPE" },
};

/** Every value of the configuration, in the order of the schema of `cjm.yaml`. */
export function configSettings(): readonly ConfigSetting[] {
  return leaves(fileSchema(), []).map(({ key, schema }) => {
    const outside = OUTSIDE_THE_FILE[key];
    return {
      key,
      description: text(schema["description"]),
      type: typeText(schema),
      fallback: outside?.fallback ?? (schema["default"] === undefined ? "none" : `\`${JSON.stringify(schema["default"])}\``),
      option: outside?.option ?? null,
      environment: outside?.environment ?? null,
    };
  });
}

export interface UnknownConfigKey {
  readonly path: readonly string[];
  /** Such as `substrate.drift_detecton is not known. Did you mean 'drift_detection'?` */
  readonly message: string;
}

/** Keys of a `cjm.yaml` that mean nothing to us: most likely mistyped. @param written the document as it was written */
export function unknownConfigKeys(written: unknown): readonly UnknownConfigKey[] {
  return unknownBelow(written, fileSchema(), []);
}

function unknownBelow(written: unknown, schema: JsonObject, path: readonly string[]): readonly UnknownConfigKey[] {
  const known = propertiesOf(schema);
  if (known === null || typeof written !== "object" || written === null || Array.isArray(written)) return [];
  return Object.entries(written).flatMap(([key, value]) => {
    const below = [...path, key];
    const property = Object.hasOwn(known, key) ? known[key] : undefined;
    if (property !== undefined) return isJsonObject(property) ? unknownBelow(value, property, below) : [];
    return [{ path: below, message: `${below.join(".")} is not known.${didYouMean(key, Object.keys(known)) || elsewhere(key)}` }];
  });
}

/** A key that stands at the wrong depth. */
function elsewhere(key: string): string {
  const found = leaves(fileSchema(), []).find((leaf) => leaf.key.split(".").at(-1) === key);
  return found === undefined ? "" : ` Did you mean '${found.key}'?`;
}

function leaves(schema: JsonObject, path: readonly string[]): readonly { readonly key: string; readonly schema: JsonObject }[] {
  const properties = propertiesOf(schema);
  if (properties === null) return [{ key: path.join("."), schema }];
  return Object.entries(properties).flatMap(([key, property]) => (isJsonObject(property) ? leaves(property, [...path, key]) : []));
}

/** The properties of an object, also of one that may be null. */
function propertiesOf(schema: JsonObject): JsonObject | null {
  const found = variantsOf(schema).find((variant) => isJsonObject(variant["properties"] ?? null))?.["properties"];
  return found !== undefined && isJsonObject(found) ? found : null;
}

function typeText(schema: JsonObject): string {
  const [variant = schema] = variantsOf(schema).filter((one) => one["type"] !== "null");
  if (Array.isArray(variant["enum"])) return variant["enum"].map((value) => `\`${String(value)}\``).join(", ");
  const type = [variant["type"]].flat().find((one) => one !== "null");
  if (type === "object") return "mapping of texts";
  if (type === "number") return variant["exclusiveMinimum"] === 0 ? "number above 0" : "number";
  return type === "boolean" ? "`true` or `false`" : variant["format"] === "uri" ? "address" : "text";
}

function variantsOf(schema: JsonObject): readonly JsonObject[] {
  return Array.isArray(schema["anyOf"]) ? schema["anyOf"].filter(isJsonObject) : [schema];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function fileSchema(): JsonObject {
  return z.toJSONSchema(CjmConfigFileSchema, { io: "input" }) as JsonObject;
}
