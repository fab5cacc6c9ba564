import type { JsonValue } from "@cjm/core";

/** Where a value came from; the first that has one wins, in this order. */
export type ConfigSource = "option" | "environment" | "file" | "workspace" | "default";

/** One value of the configuration in force. */
export interface ConfigValue {
  /** Its key in `cjm.yaml`, such as `runtime.conda_type`. */
  readonly key: string;
  readonly value: JsonValue;
  readonly source: ConfigSource;
  /** Option, variable, file with line, or marker of the workspace that gave it; null for a default. */
  readonly from: string | null;
}

/** What each layer has to say about one value; null for nothing. */
export interface Layers<T> {
  readonly option?: T | null;
  readonly environment?: T | null;
  readonly file?: T | null;
  readonly workspace?: T | null;
  readonly fallback: T;
}

/** Names of what may give one value. */
export interface LayerNames {
  readonly option?: string;
  readonly environment?: string;
  readonly file?: string;
  readonly workspace?: string;
}

const STRONGEST_FIRST = ["option", "environment", "file", "workspace"] as const;

/** The value of the strongest layer that has one. */
export function chooseLayer<T>(
  layers: Layers<T>,
  names: LayerNames,
): { readonly value: T; readonly source: ConfigSource; readonly from: string | null } {
  for (const source of STRONGEST_FIRST) {
    const value = layers[source];
    if (value != null) return { value, source, from: names[source] ?? null };
  }
  return { value: layers.fallback, source: "default", from: null };
}
