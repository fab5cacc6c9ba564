import { CjmError, canonicalHash, errorMessage, isJsonObject, type JsonObject, type JsonValue, PyFloat } from "@cjm/core";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";

/** The layers of a configuration, weakest first: defaults of the schema, what is remembered, what the caller gives. */
export interface ConfigLayers {
  readonly schema: JsonObject | null;
  readonly remembered: JsonObject | null;
  readonly given: JsonObject | null;
}

export interface ResolvedConfig {
  /** In force. */
  readonly config: JsonObject;
  /** The same without the defaults. */
  readonly chosen: JsonObject;
  /** Remembered fields that the schema does not know any more. */
  readonly forgotten: readonly string[];
}

/**
 * The configuration in force, every field checked by name and value. What is only remembered may be of an older version:
 * its unknown fields are left out.
 * @param unknownFields what happens to given names that the schema does not know
 * @throws CjmError CJM_CAPABILITY_CONFIG_INVALID listing every bad field
 */
export function resolveCapabilityConfig(
  capabilityName: string,
  { schema, remembered, given }: ConfigLayers,
  unknownFields: "refuse" | "drop" = "refuse",
): ResolvedConfig {
  const kept = knownFields(remembered ?? {}, schema);
  const chosen = { ...kept, ...(unknownFields === "drop" ? knownFields(given ?? {}, schema) : given) };
  const config = { ...schemaDefaults(schema), ...chosen };
  const faults = schema === null ? [] : configFaults(config, schema);
  if (faults.length === 0) return { config, chosen, forgotten: Object.keys(remembered ?? {}).filter((name) => !(name in kept)) };
  throw new CjmError(
    "CJM_CAPABILITY_CONFIG_INVALID",
    `The configuration of ${capabilityName} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${faults.map(({ field, message }) => `  - ${field}: ${message}`).join("\n")}`,
    { details: { capabilityName, fieldsInvalid: faults.map(({ field }) => field) } },
  );
}

/**
 * Hash of a configuration, as profiles and the journal keep it. A whole number in a field that the schema calls `number`,
 * and not also `integer`, counts as a float, as it does in Python, so that the original finds the same hash.
 */
export function configHashOf(config: JsonObject, schema: JsonObject | null): string {
  const properties = propertiesOf(schema);
  const typed = Object.entries(config).map(([name, value]): [string, JsonValue | PyFloat] => {
    return [name, typeof value === "number" && isFloatField(properties[name]) ? new PyFloat(value) : value];
  });
  return canonicalHash(Object.fromEntries(typed));
}

function isFloatField(property: JsonValue | undefined): boolean {
  const types = typesOf(property);
  return types.includes("number") && !types.includes("integer");
}

/** All types that a field may have: an optional one stands as a list of types, or as alternatives. */
function typesOf(property: JsonValue | undefined): readonly JsonValue[] {
  if (!isJsonObject(property)) return [];
  const alternatives = [property["anyOf"], property["oneOf"]].flatMap((list) => (Array.isArray(list) ? list : []));
  return [property["type"] ?? [], ...alternatives.map(typesOf)].flat();
}

function knownFields(config: JsonObject, schema: JsonObject | null): JsonObject {
  const known = Object.keys(propertiesOf(schema));
  return known.length === 0 ? config : Object.fromEntries(Object.entries(config).filter(([name]) => known.includes(name)));
}

/** Defaults that the properties of a JSON Schema state. */
export function schemaDefaults(schema: JsonObject | null): JsonObject {
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      isJsonObject(property) && property["default"] !== undefined ? [[name, property["default"]]] : [],
    ),
  );
}

export interface ConfigFault {
  readonly field: string;
  readonly message: string;
}

/**
 * What is wrong with a configuration: unknown names first, then values. A schema without properties allows everything.
 * @throws CjmError CJM_MANIFEST_INVALID for a schema that is none
 */
export function configFaults(config: JsonObject, schema: JsonObject): readonly ConfigFault[] {
  const known = Object.keys(propertiesOf(schema));
  if (known.length === 0) return [];
  const unknown = Object.keys(config)
    .filter((name) => !known.includes(name))
    .sort()
    .map((field) => ({ field, message: `is not known; known are ${known.join(", ")}` }));
  const validate = validatorOf(schema);
  // A copy: defaults of inner fields are filled in, so that one that is left out there is not called missing.
  if (validate(structuredClone(config))) return unknown;
  return [...unknown, ...(validate.errors ?? []).map(faultOf)];
}

function validatorOf(schema: JsonObject): ValidateFunction {
  // Values only: unknown names have been found, and a dialect that is newer or older reads the same here.
  const { $schema: _dialect, ...rest } = schema;
  try {
    return new Ajv2020({ allErrors: true, strict: false, useDefaults: true, validateFormats: false, logger: false }).compile({
      ...rest,
      additionalProperties: true,
    });
  } catch (cause) {
    throw new CjmError("CJM_MANIFEST_INVALID", `The configuration schema is no JSON Schema: ${errorMessage(cause)}.`, {
      hint: "Run 'cjm-ctl install-all --force' to write the manifest anew.",
      cause,
    });
  }
}

function faultOf({ instancePath, message, params, keyword }: ErrorObject): ConfigFault {
  const inner = params["missingProperty"] ?? params["additionalProperty"] ?? null;
  const path = [...instancePath.split("/").slice(1), ...(typeof inner === "string" ? [inner] : [])];
  const allowed = keyword === "enum" ? ` (${(params["allowedValues"] as unknown[]).map((value) => JSON.stringify(value)).join(", ")})` : "";
  const said = keyword === "required" ? "is missing" : keyword === "additionalProperties" ? "is not known" : (message ?? keyword);
  return { field: path.join("."), message: `${said}${allowed}` };
}

function propertiesOf(schema: JsonObject | null): JsonObject {
  const properties = schema?.["properties"];
  return isJsonObject(properties) ? properties : {};
}
