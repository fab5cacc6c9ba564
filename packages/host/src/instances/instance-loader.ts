import type { JsonObject } from "@cjm/core";
import { configHashOf, resolveCapabilityConfig } from "../config/config-resolution.ts";
import { adapterSpec, adaptersToBind } from "../discovery/adapter-matching.ts";
import type { CapabilityCatalog } from "../discovery/capability-catalog.ts";
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

/** Loads, unloads and reloads instances. A load that fails at any step leaves nothing behind and says why. */
export class InstanceLoader {
  readonly #parts: LoaderParts;

  constructor(parts: LoaderParts) {
    this.#parts = parts;
  }

  async load(name: string, options: LoadOptions): Promise<WorkerInstance> {
    const { catalog, registry } = this.#parts;
    const instanceId = registry.idFor(name, options);
    if (registry.find(instanceId) === null) catalog.get(name);
    return await registry.loadOnce(instanceId, name, () => this.#load(name, instanceId, options));
  }

  async unload(instanceId: string, reason: string): Promise<boolean> {
    const instance = this.#parts.registry.remove(instanceId);
    if (instance === null) return false;
    await instance.stop({ to: "stopped", phase: "cleanup", reason });
    return true;
  }

  /**
   * Ends the worker and starts another by what the instance was loaded with, the manifest as it was discovered last, and
   * `config` where it is given. Whatever is wrong with those is said before anything is ended.
   */
  async reload(
    instanceId: string,
    options: { readonly config?: JsonObject; readonly force?: boolean; readonly reason: string },
  ): Promise<void> {
    const instance = this.#parts.registry.get(instanceId);
    const { spec } = instance;
    const { name } = spec.manifest.code;
    const request = options.config === undefined ? { ...spec.request, config: spec.config } : { ...spec.request, config: options.config };
    const leave = options.force === true ? (): void => {} : await instance.gate.enterAlone();
    try {
      const next = this.#parts.catalog.find(name) === null ? spec : this.#specOf(name, instanceId, request);
      instance.change({ ...next, enabled: instance.spec.enabled, request: spec.request });
      instance.crashGuard.reset();
      await instance.stop({ to: "cold", phase: "restart", reason: options.reason, force: options.force === true });
      await instance.worker();
      recordConfig(instance, "load");
    } finally {
      leave();
    }
  }

  async #load(name: string, instanceId: string, options: LoadOptions): Promise<WorkerInstance> {
    const { registry, services, observer } = this.#parts;
    // A host that cannot leave a trace of a worker must not start one.
    services.journal.assertWritable();
    const instance = new WorkerInstance(this.#specOf(name, instanceId, options), services, registry.crashGuard(instanceId), observer);
    try {
      await instance.worker(options.signal);
    } catch (error) {
      await instance.stop({ to: "stopped", phase: "cleanup", reason: "its load failed", force: true });
      throw error;
    }
    recordConfig(instance, "load");
    return instance;
  }

  /** @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_CAPABILITY_CONFIG_INVALID, CJM_ADAPTER_INCOMPATIBLE */
  #specOf(name: string, instanceId: string, options: LoadOptions): InstanceSpec {
    const { catalog, services } = this.#parts;
    const capability = catalog.get(name);
    const { manifest } = capability;
    const persistable = options.newInstance !== true || options.instanceId !== undefined;
    const record = persistable ? (services.configs?.get(instanceId) ?? null) : null;
    const schema = (manifest.code.config_schema as JsonObject | null | undefined) ?? null;
    const layers = { schema, persisted: record?.config ?? null, given: options.config ?? null };
    const config = resolveCapabilityConfig(name, layers, options.unknownFields ?? "refuse");
    const { signal: _signal, ...request } = options;
    return {
      instanceId,
      manifest,
      config,
      configHash: configHashOf(config, schema),
      enabled: record?.enabled ?? true,
      maxConcurrentCalls: Math.max(1, options.maxConcurrentCalls ?? 1),
      workerEnvOverrides: record?.workerEnv ?? {},
      adapters: adaptersToBind(capability, catalog.adapters, options.adapters ?? null).map(adapterSpec),
      persistable,
      request,
    };
  }
}

/** Names of fields only: values may be anything. */
export function recordConfig(instance: WorkerInstance, phase: "load" | "reconfigure"): void {
  const { config, enabled } = instance.spec;
  const keys = Object.keys(config).sort();
  instance.record("config_applied", phase === "load" ? { phase, config_keys: keys, enabled } : { phase, config_keys: keys });
}
