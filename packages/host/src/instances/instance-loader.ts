import { CjmError, type JsonObject } from "@cjm/core";
import { configHashOf, resolveCapabilityConfig } from "../config/config-resolution.ts";
import { adapterSpec, adaptersToBind } from "../discovery/adapter-matching.ts";
import type { CapabilityCatalog } from "../discovery/capability-catalog.ts";
import type { DiscoveredCapability } from "../discovery/manifest-discovery.ts";
import type { LoadOptions } from "../manager-options.ts";
import type { InstanceRegistry } from "./instance-registry.ts";
import type { InstanceServices } from "./instance-services.ts";
import type { InstanceSpec } from "./instance-spec.ts";
import { type InstanceObserver, WorkerInstance } from "./worker-instance.ts";

interface LoaderParts {
  readonly catalog: CapabilityCatalog;
  readonly registry: InstanceRegistry;
  readonly services: InstanceServices;
  readonly observer: InstanceObserver;
}

type Installed = Pick<DiscoveredCapability, "name" | "manifest">;

interface PlannedSpec {
  readonly spec: InstanceSpec;
  /** Fields of the configuration that were remembered and that nobody knows any more. */
  readonly forgotten: readonly string[];
}

export interface ReloadRequest {
  readonly config?: JsonObject;
  /** Does not wait for running calls; they fail. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** For the journal. */
  readonly reason: string;
}

/** Loads, unloads and reloads instances. A load that fails at any step leaves nothing behind and says why. */
export class InstanceLoader {
  readonly #parts: LoaderParts;

  constructor(parts: LoaderParts) {
    this.#parts = parts;
  }

  async load(name: string, options: LoadOptions): Promise<WorkerInstance> {
    const { registry } = this.#parts;
    const instanceId = registry.idFor(name, options);
    return await registry.loadOnce(instanceId, name, (signal) => this.#load(name, instanceId, options, signal), options.signal);
  }

  /** Also one that is being loaded. False: there is none. */
  async unload(instanceId: string, reason: string): Promise<boolean> {
    const { registry } = this.#parts;
    const abandoned = registry.abandonLoad(instanceId, reason);
    // Without a pause where nothing is being loaded: from now on nobody may be given what is about to end.
    if (abandoned !== null) await abandoned;
    const removed = await registry.remove(instanceId, (instance) => instance.stop({ to: "stopped", phase: "cleanup", reason }));
    return abandoned !== null || removed !== null;
  }

  /**
   * Ends the worker and starts another by what the instance was loaded with, the manifest as it was discovered last, and
   * `config` where it is given. Whatever is wrong with those is said before anything is waited for or ended.
   */
  async reload(instanceId: string, { config, force = false, signal, reason }: ReloadRequest): Promise<void> {
    const { registry } = this.#parts;
    const instance = registry.get(instanceId);
    this.#specAnew(instance, config);
    const leave = force ? (): void => {} : await instance.gate.enterAlone(signal);
    try {
      registry.assertLoaded(instance);
      const { spec, forgotten } = this.#specAnew(instance, config);
      instance.change(spec);
      instance.crashGuard.reset();
      await instance.stop({ to: "cold", phase: "restart", reason, force });
      await instance.worker(signal);
      recordConfig(instance, "load", forgotten);
    } finally {
      leave();
    }
  }

  /** Refuses loads from now on and ends every instance. */
  async close(reason: string): Promise<void> {
    const ids = await this.#parts.registry.close(reason);
    await Promise.allSettled(ids.map((id) => this.unload(id, reason)));
  }

  async #load(name: string, instanceId: string, options: LoadOptions, signal: AbortSignal): Promise<WorkerInstance> {
    const { catalog, services, observer } = this.#parts;
    const { spec, forgotten } = this.#planSpec(catalog.get(name), instanceId, options);
    // A host that cannot leave a trace of a worker must not start one.
    services.journal.assertWritable();
    const instance = new WorkerInstance(spec, services, observer);
    try {
      await instance.worker(signal);
    } catch (error) {
      await instance.stop({ to: "stopped", phase: "cleanup", reason: "its load failed", force: true });
      throw error;
    }
    recordConfig(instance, "load", forgotten);
    return instance;
  }

  /** What an instance is to be after a reload. What was changed since it was loaded stays changed. */
  #specAnew({ spec }: WorkerInstance, config: JsonObject | undefined): PlannedSpec {
    const { catalog } = this.#parts;
    const { instanceId, manifest, request, enabled, workerEnvOverrides } = spec;
    const { name } = manifest.code;
    const found = catalog.find(name);
    // Of what it was given before nobody stands for fields that a newer manifest lacks.
    const carried = config === undefined ? request.config : undefined;
    const { adapters: named, ...unbound } = { ...request, config: config ?? {} };
    const same = { enabled, workerEnvOverrides, request: config === undefined ? request : { ...request, config } };
    if (found === null) {
      // It still runs by the manifest and the adapters that it was loaded with.
      const kept = this.#planSpec({ name, manifest }, instanceId, unbound, carried);
      return { ...kept, spec: { ...kept.spec, ...same, adapters: spec.adapters } };
    }
    const anew = this.#planSpec(found, instanceId, { ...unbound, ...(named === undefined ? {} : { adapters: named }) }, carried);
    return { ...anew, spec: { ...anew.spec, ...same } };
  }

  /** @throws CjmError CJM_CAPABILITY_CONFIG_INVALID, CJM_ADAPTER_INCOMPATIBLE, CJM_INPUT_INVALID */
  #planSpec(capability: Installed, instanceId: string, options: LoadOptions, carriedConfig?: JsonObject): PlannedSpec {
    const { catalog, services } = this.#parts;
    const { name, manifest } = capability;
    const persistable = options.newInstance !== true || options.instanceId !== undefined;
    const record = persistable ? (services.configs?.get(instanceId) ?? null) : null;
    const schema = (manifest.code.config_schema as JsonObject | null | undefined) ?? null;
    const layers = { schema, remembered: { ...record?.config, ...carriedConfig }, given: options.config ?? null };
    const { config, chosen, forgotten } = resolveCapabilityConfig(name, layers, options.unknownFields);
    const { signal: _signal, ...request } = options;
    const spec: InstanceSpec = {
      instanceId,
      manifest,
      config,
      chosenConfig: chosen,
      configHash: configHashOf(config, schema),
      enabled: record?.enabled ?? true,
      maxConcurrentCalls: concurrencyOf(options.maxConcurrentCalls ?? 1),
      workerEnvOverrides: record?.workerEnv ?? {},
      adapters: adaptersToBind(capability, catalog.adapters, options.adapters ?? null).map(adapterSpec),
      persistable,
      request,
    };
    return { spec, forgotten };
  }
}

function concurrencyOf(limit: number): number {
  if (limit >= 1 && (Number.isInteger(limit) || limit === Number.POSITIVE_INFINITY)) return limit;
  throw new CjmError("CJM_INPUT_INVALID", `maxConcurrentCalls cannot be ${limit}.`, {
    hint: "Give a whole number of at least 1, or Infinity.",
    details: { fieldsInvalid: ["maxConcurrentCalls"] },
  });
}

/** Names of fields only: values may be anything. */
export function recordConfig(instance: WorkerInstance, phase: "load" | "reconfigure", forgotten: readonly string[] = []): void {
  const { config, enabled } = instance.spec;
  const keys = Object.keys(config).sort();
  const left = forgotten.length === 0 ? {} : { keys_forgotten: forgotten };
  instance.record("config_applied", phase === "load" ? { phase, config_keys: keys, enabled, ...left } : { phase, config_keys: keys });
}
