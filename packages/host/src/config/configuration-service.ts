import { errorMessage, isJsonObject, type JsonObject } from "@cjm/core";
import { parsePythonJson } from "@cjm/protocol";
import type { CapabilityCatalog } from "../discovery/capability-catalog.ts";
import { recordConfig } from "../instances/instance-loader.ts";
import type { InstanceRegistry } from "../instances/instance-registry.ts";
import type { InstanceServices } from "../instances/instance-services.ts";
import { runLifecycleCall } from "../instances/lifecycle-call.ts";
import type { LiveWorker } from "../instances/live-worker.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import { type ConfigFault, configFaults, configHashOf, resolveCapabilityConfig } from "./config-resolution.ts";
import { rememberInstance } from "./remember-instance.ts";

interface ConfigurationParts {
  readonly catalog: CapabilityCatalog;
  readonly registry: InstanceRegistry;
  readonly services: InstanceServices;
}

/** The configuration of loaded instances: what is in force, what could be, and how it is changed. */
export class ConfigurationService {
  readonly #parts: ConfigurationParts;

  constructor(parts: ConfigurationParts) {
    this.#parts = parts;
  }

  /** As the worker has it; as the next worker gets it when there is none now. @throws CjmError CJM_CAPABILITY_NOT_LOADED */
  async read(instanceId: string): Promise<JsonObject> {
    const { live, spec } = this.#parts.registry.get(instanceId);
    return live === null ? spec.config : await live.client.config();
  }

  /** JSON Schema: the worker's own, or the manifest's while there is no worker. Null: it has none. @throws CjmError CJM_CAPABILITY_NOT_LOADED */
  async schema(instanceId: string): Promise<JsonObject | null> {
    const { live, spec } = this.#parts.registry.get(instanceId);
    if (live === null) return schemaOf(spec.manifest.code.config_schema);
    return schemaOf(parsePythonJson(await live.client.configSchemaText()));
  }

  /** Values that fields can take here and now, such as models that are downloaded. Empty when the capability tells none. */
  async options(instanceId: string): Promise<JsonObject> {
    const instance = this.#parts.registry.get(instanceId);
    const { client } = await instance.worker();
    try {
      return await client.configOptions();
    } catch (error) {
      instance.record("config_options_failed", { reason: errorMessage(error) });
      return {};
    }
  }

  /** Every fault of a configuration for a capability, which need not be loaded. @throws CjmError CJM_CAPABILITY_NOT_FOUND */
  check(capabilityName: string, config: JsonObject): readonly ConfigFault[] {
    const schema = schemaOf(this.#parts.catalog.get(capabilityName).manifest.code.config_schema);
    return schema === null ? [] : configFaults(config, schema);
  }

  /**
   * Replaces the configuration: what is not given has the default of the schema. Waits for running calls, holds up later
   * ones, and is remembered. When the capability refuses it, the old one stays.
   * @returns the configuration in force
   * @throws CjmError CJM_CAPABILITY_NOT_LOADED, CJM_CAPABILITY_CONFIG_INVALID, CJM_CALL_FAILED with the capability's words
   */
  async update(
    instanceId: string,
    config: JsonObject,
    options: { readonly unknownFields?: "refuse" | "drop"; readonly signal?: AbortSignal } = {},
  ): Promise<JsonObject> {
    const instance = this.#parts.registry.get(instanceId);
    const { manifest } = instance.spec;
    const schema = schemaOf(manifest.code.config_schema);
    const next = resolveCapabilityConfig(manifest.code.name, { schema, persisted: null, given: config }, options.unknownFields);
    const leave = await instance.gate.enterAlone(options.signal);
    try {
      if (instance.live !== null) await this.#apply(instance, instance.live, next, options.signal);
      instance.change({ config: next, configHash: configHashOf(next, schema), request: { ...instance.spec.request, config: next } });
      recordConfig(instance, "reconfigure");
      rememberInstance(instance, this.#parts.services);
    } finally {
      leave();
    }
    return next;
  }

  async #apply(instance: WorkerInstance, live: LiveWorker, next: JsonObject, signal: AbortSignal | undefined): Promise<void> {
    const { services } = this.#parts;
    const { config, instanceId } = instance.spec;
    await runLifecycleCall({
      name: "reconfiguration",
      worker: live,
      instanceId,
      services,
      onProgress: (jobId, listener) => instance.onProgress(jobId, listener),
      ...(signal === undefined ? {} : { signal }),
      run: async (jobId) => {
        if (!(await live.client.reconfigure(config, next, jobId))) await live.client.initialize(next, jobId, signal);
      },
    });
  }
}

function schemaOf(schema: unknown): JsonObject | null {
  return isJsonObject(schema) && Object.keys(schema).length > 0 ? schema : null;
}
