import { errorMessage, isJsonObject, type JsonObject } from "@cjm/core";
import type { CapabilityCatalog } from "../discovery/capability-catalog.ts";
import { askWorker } from "../instances/ask-worker.ts";
import { recordConfig } from "../instances/instance-loader.ts";
import type { InstanceRegistry } from "../instances/instance-registry.ts";
import type { InstanceServices } from "../instances/instance-services.ts";
import { runLifecycleCall } from "../instances/lifecycle-call.ts";
import type { LiveWorker } from "../instances/live-worker.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import { type ConfigFault, configFaults, configHashOf, type ResolvedConfig, resolveCapabilityConfig } from "./config-resolution.ts";
import { rememberInstance } from "./remember-instance.ts";

interface ConfigurationParts {
  readonly catalog: CapabilityCatalog;
  readonly registry: InstanceRegistry;
  readonly services: InstanceServices;
}

export interface UpdateOptions {
  /** What happens to fields that the schema does not know. @default "refuse" */
  readonly unknownFields?: "refuse" | "drop";
  readonly signal?: AbortSignal;
}

/** The configuration of loaded instances: what is in force, what could be, and how it is changed. */
export class ConfigurationService {
  readonly #parts: ConfigurationParts;

  constructor(parts: ConfigurationParts) {
    this.#parts = parts;
  }

  /** As the worker has it; as the next worker gets it when there is none now. @throws CjmError CJM_CAPABILITY_NOT_LOADED, CJM_WORKER_DIED, ... */
  async read(instanceId: string): Promise<JsonObject> {
    const { live, spec } = this.#parts.registry.get(instanceId);
    return live === null ? spec.config : await askWorker(live, "while it was asked for its configuration", (client) => client.config());
  }

  /** JSON Schema: the worker's own, or the manifest's while there is no worker. Null: it has none. @throws CjmError as `read` */
  async schema(instanceId: string): Promise<JsonObject | null> {
    const { live, spec } = this.#parts.registry.get(instanceId);
    if (live === null) return schemaOf(spec.manifest.code.config_schema);
    return schemaOf(await askWorker(live, "while it was asked for its schema", (client) => client.configSchema()));
  }

  /** Values that fields can take here and now, such as models that are downloaded. Empty when the capability tells none. */
  async options(instanceId: string): Promise<JsonObject> {
    const instance = this.#parts.registry.get(instanceId);
    const live = await instance.worker();
    try {
      return await askWorker(live, "while it was asked for options", (client) => client.configOptions());
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
   * @throws CjmError CJM_CAPABILITY_NOT_LOADED, CJM_CAPABILITY_CONFIG_INVALID, CJM_CALL_FAILED with the capability's words,
   * CJM_WORKER_STALLED, CJM_WORKER_DIED
   */
  async update(instanceId: string, config: JsonObject, { unknownFields, signal }: UpdateOptions = {}): Promise<JsonObject> {
    const { registry, services } = this.#parts;
    const instance = registry.get(instanceId);
    // What is wrong with it is said before anything is waited for; a reload meanwhile may bring another schema.
    resolved(instance, config, unknownFields);
    const leave = await instance.gate.enterAlone(signal);
    try {
      registry.assertLoaded(instance);
      const { config: next, chosen, schema } = resolved(instance, config, unknownFields);
      const live = await instance.current();
      if (live !== null) await this.#apply(instance, live, next, signal);
      instance.change({
        config: next,
        chosenConfig: chosen,
        configHash: configHashOf(next, schema),
        request: { ...instance.spec.request, config: chosen },
      });
      recordConfig(instance, "reconfigure");
      rememberInstance(instance, services, { config: chosen });
      return next;
    } finally {
      leave();
    }
  }

  async #apply(instance: WorkerInstance, live: LiveWorker, next: JsonObject, signal: AbortSignal | undefined): Promise<void> {
    const { config, instanceId } = instance.spec;
    let initializing = false;
    try {
      await runLifecycleCall({
        name: "a reconfiguration",
        worker: live,
        instanceId,
        services: this.#parts.services,
        onProgress: (jobId, listener) => instance.onProgress(jobId, listener),
        signal,
        run: async (client, jobId, until) => {
          if (await client.reconfigure(config, next, jobId, until)) return;
          initializing = true;
          await client.initialize(next, jobId, until);
        },
      });
    } catch (error) {
      // Half initialised, or left alone in the middle of it, nobody knows what it has: the next one starts with the old.
      if ((initializing || signal?.aborted === true) && instance.live === live) {
        await instance.stop({ to: "cold", phase: "restart", reason: "it did not take its new configuration", force: true });
      }
      throw error;
    }
  }
}

function resolved(
  { spec }: WorkerInstance,
  config: JsonObject,
  unknownFields: UpdateOptions["unknownFields"],
): ResolvedConfig & { readonly schema: JsonObject | null } {
  const { name, config_schema } = spec.manifest.code;
  const schema = schemaOf(config_schema);
  return { ...resolveCapabilityConfig(name, { schema, remembered: null, given: config }, unknownFields), schema };
}

function schemaOf(schema: unknown): JsonObject | null {
  return isJsonObject(schema) && Object.keys(schema).length > 0 ? schema : null;
}
