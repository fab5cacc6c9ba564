import { canonicalHash, isJsonObject, type JsonValue, type Manifest, parseLosslessJson } from "@cjm/core";
import { parsePythonJson } from "@cjm/protocol";

/** How a running capability differs from what its manifest recorded. */
export interface DriftReport {
  /** Null: the same, or it could not be compared. */
  readonly configSchema: Drift | null;
  readonly surface: Drift | null;
}

export interface Drift {
  readonly recordedHash: string | null;
  readonly liveHash: string;
  /** Paths with what happened to them, such as `properties.model.enum changed`. At most twenty. */
  readonly differences: readonly string[];
}

/** What a worker answered, as JSON text: how a number was written decides hashes. Null: it could not tell. */
export interface LiveShape {
  readonly configSchema: string | null;
  readonly surface: string | null;
}

const MOST_DIFFERENCES = 20;

/**
 * Compares live schema and surface with the hashes of a manifest. A surface that was never recorded is not compared; a
 * configuration schema that was not recorded differs from any that has something in it.
 */
export function driftOf(manifest: Manifest, live: LiveShape): DriftReport | null {
  const { config_schema_hash, structural_surface_hash } = manifest.drift_tracking;
  const configSchema =
    live.configSchema === null || (config_schema_hash === null && hashOfText(live.configSchema) === canonicalHash({}))
      ? null
      : compare(config_schema_hash, manifest.code.config_schema as JsonValue | undefined, live.configSchema);
  const surface =
    live.surface === null || structural_surface_hash === null
      ? null
      : compare(structural_surface_hash, manifest.code.structural_surface as JsonValue | undefined, live.surface);
  return configSchema === null && surface === null ? null : { configSchema, surface };
}

function compare(recordedHash: string | null, recorded: JsonValue | null | undefined, liveText: string): Drift | null {
  const liveHash = hashOfText(liveText);
  if (liveHash === recordedHash) return null;
  const live = parsePythonJson(liveText) as JsonValue;
  const found = [...differences(recorded ?? {}, live, "")].slice(0, MOST_DIFFERENCES);
  return { recordedHash, liveHash, differences: found.length > 0 ? found : [ONLY_THE_HASH] };
}

/** A manifest that was parsed does not know any more whether a number was written `1` or `1.0`, and its hash does. */
const ONLY_THE_HASH = "the hash alone: numbers are written in another way, or their order is another";

function hashOfText(text: string): string {
  return canonicalHash(parseLosslessJson(text));
}

function* differences(recorded: JsonValue, live: JsonValue, path: string): Generator<string> {
  const [before, after] = [keyed(recorded), keyed(live)];
  if (before === null || after === null) {
    if (canonicalHash([recorded]) !== canonicalHash([live])) yield `${path === "" ? "all of it" : path} changed`;
    return;
  }
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const at = path === "" ? name : `${path}.${name}`;
    const [old, now] = [before.get(name), after.get(name)];
    if (old === undefined) yield `${at} added`;
    else if (now === undefined) yield `${at} removed`;
    else yield* differences(old, now, at);
  }
}

/** Members by name: of an object, or of a list whose items have names, as surfaces do. */
function keyed(value: JsonValue): ReadonlyMap<string, JsonValue> | null {
  if (isJsonObject(value)) return new Map(Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));
  if (!Array.isArray(value)) return null;
  const entries = value.map((item): [string, JsonValue] | null => {
    if (typeof item === "string") return [item, item];
    return isJsonObject(item) && typeof item["name"] === "string" ? [item["name"], item] : null;
  });
  return entries.every((entry) => entry !== null) ? new Map(entries) : null;
}
