import type { JsonObject, Manifest } from "@cjm/core";
import type { LoadOptions } from "../manager-options.ts";

/** Everything a worker needs that outlives it; a restart uses the same again and so loses nothing. */
export interface InstanceSpec {
  readonly instanceId: string;
  readonly manifest: Manifest;
  /** In force: defaults of the schema under what was chosen. */
  readonly config: JsonObject;
  /** What is remembered of it. */
  readonly chosenConfig: JsonObject;
  /** Over the configuration in force; part of what profiles are kept by. */
  readonly configHash: string;
  readonly enabled: boolean;
  readonly maxConcurrentCalls: number;
  readonly workerEnvOverrides: Readonly<Record<string, string>>;
  /** `module:Class` of the task adapters that are bound. */
  readonly adapters: readonly string[];
  /** Whether configuration, enabled and overrides are remembered; not for instances with a generated id. */
  readonly persistable: boolean;
  /** What `load` was asked for, so that a reload asks for the same. */
  readonly request: LoadOptions;
}
