import { CjmError, canonicalHash, isJsonObject, type JsonObject, type JsonValue, PyFloat } from "@cjm/core";
import { Ajv2020 } from "ajv/dist/2020.js";

/** The layers of a configuration, weakest first: defaults of the schema, what is remembered, what the caller gives. */
export interface ConfigLayers {
  readonly schema: JsonObject | null;
  readonly persisted: JsonObject | null;
  readonly given: JsonObject | null;
}

/**
 * The configuration in force, every field checked by name and value.
 * @param unknownFields what happens to names that the schema does not know
 * @throws CjmError CJM_CAPABILITY_CONFIG_INVALID listing every bad field
 */
export function resolveCapabilityConfig(
  capabilityName: string,
  { schema, persisted, given }: ConfigLayers,
  unknownFields: "refuse" | "drop" = "refuse",
): JsonObject {
  const layers = { ...schemaDefaults(schema), ...persisted, ...given };
  const config = unknownFields === "drop" ? knownFields(layers, schema) : layers;
  const faults = schema === null ? [] : configFaults(config, schema);
  if (faults.length === 0) return config;
  throw new CjmError(
    "CJM_CAPABILITY_CONFIG_INVALID",
    `The configuration of ${capabilityName} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${faults.map(({ field, message }) => `  - ${field}: ${message}`).join("\n")}`,
    { details: { capabilityName, fieldsInvalid: faults.map(({ field }) => field) } },
  );
}

/**
 * Hash of a configuration, as profiles and the journal keep it. A whole number in a field that the schema calls `number`
 * counts as a float, as it does in Python, so that the original finds the same hash.
 */
export function configHashOf(config: JsonObject, schema: JsonObject | null): string {
  const properties = propertiesOf(schema);
  const typed = Object.entries(config).map(([name, value]): [string, JsonValue | PyFloat] => {
    const property = properties[name];
    const isFloat = typeof value === "number" && isJsonObject(property) && property["type"] === "number";
    return [name, isFloat ? new PyFloat(value) : value];
  });
  return canonicalHash(Object.fromEntries(typed));
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

/** What is wrong with a configuration: unknown names first, then values. A schema without properties allows everything. */
export function configFaults(config: JsonObject, schema: JsonObject): readonly ConfigFault[] {
  const properties = propertiesOf(schema);
  const known = Object.keys(properties);
  if (known.length === 0) return [];
  const unknown = Object.keys(config)
    .filter((name) => !known.includes(name))
    .sort()
    .map((field) => ({ field, message: `is not known; known are ${known.join(", ")}` }));
  const validator = new Ajv2020({ allErrors: true, strict: false });
  // Values only: names were checked above, and what is missing has a default or is the capability's own to demand.
  const { $schema: _dialect, ...rest } = schema;
  const validate = validator.compile({ ...rest, additionalProperties: true });
  if (validate(config)) return unknown;
  const wrong = (validate.errors ?? []).map(({ instancePath, message, params, keyword }) => {
    const field = keyword === "required" ? String(params["missingProperty"]) : instancePath.slice(1).replaceAll("/", ".");
    const allowed =
      keyword === "enum" ? ` (${(params["allowedValues"] as unknown[]).map((value) => JSON.stringify(value)).join(", ")})` : "";
    return { field, message: `${message ?? keyword}${allowed}` };
  });
  return [...unknown, ...wrong];
}

function propertiesOf(schema: JsonObject | null): JsonObject {
  const properties = schema?.["properties"];
  return isJsonObject(properties) ? properties : {};
}
