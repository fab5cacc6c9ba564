import {
  type ActionSpec,
  type CallEnvelope,
  type CallTarget,
  CjmError,
  createIdSource,
  dataLayout,
  isInstanceId,
  type JsonObject,
  type JsonValue,
  type ResourceProfile,
  type SystemStatus,
  systemClock,
} from "@cjm/core";
import { resolveCapabilityConfig } from "./config/config-resolution.ts";
import { CapabilityCatalog } from "./discovery/capability-catalog.ts";
import type { DiscoveryReport } from "./discovery/manifest-discovery.ts";
import { CallExecutor, type InstanceCallOptions } from "./execution/call-executor.ts";
import type { ConfigStore, ProfileStore } from "./host-ports.ts";
import { type InstanceServices, type InstanceSpec, WorkerInstance } from "./instances/worker-instance.ts";
import type { CapabilityManagerOptions, InstanceSummary, LoadOptions } from "./manager-options.ts";
import { SystemMonitor } from "./resources/system-monitor.ts";
import { UsageSampler } from "./resources/usage-sampler.ts";
import { RunDirectory } from "./workers/run-directory.ts";

interface ManagerCall {
  readonly instanceId: string;
  readonly target: CallTarget;
  readonly envelope: CallEnvelope;
}

/**
 * Capabilities of one host: finds them, loads instances of them, calls them. A facade: every method hands on to the part
 * that does it. It satisfies the queue's `CapabilityRuntime`.
 */
export class CapabilityManager implements AsyncDisposable {
  readonly #catalog: CapabilityCatalog;
  readonly #instances = new Map<string, WorkerInstance>();
  readonly #loading = new Map<string, Promise<WorkerInstance>>();
  readonly #services: InstanceServices;
  readonly #executor: CallExecutor;
  readonly #monitor: SystemMonitor;
  readonly #sampler: UsageSampler;
  readonly #configs: ConfigStore | null;
  readonly #profiles: ProfileStore | null;
  #monitorId: string | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: CapabilityManagerOptions) {
    const clock = options.clock ?? systemClock;
    const ids = options.ids ?? createIdSource();
    const { journal, diagnostics } = options;
    this.#catalog = new CapabilityCatalog(options.searchPaths);
    this.#configs = options.configs ?? null;
    this.#profiles = options.config.empiricalTracking ? (options.profiles ?? null) : null;
    this.#services = {
      journal,
      diagnostics,
      ids,
      clock,
      secrets: options.secrets ?? null,
      runDirectory: new RunDirectory(),
      hostEnvironment: options.hostEnvironment ?? process.env,
      capabilityDataRoot: dataLayout(options.config.dataDir).capabilityData,
      modelsDir: options.config.modelsDir,
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
    };
    this.#monitor = new SystemMonitor(() => this.#instances.get(this.#monitorId ?? "")?.live?.client ?? null);
    this.#sampler = new UsageSampler(clock);
    this.#executor = new CallExecutor({
      journal,
      profiles: this.#profiles,
      sampler: this.#sampler,
      ids,
      clock,
      gpuMemoryMb: (pid) => this.#monitor.gpuMemoryMb(pid),
    });
  }

  /** Reads all manifests anew. Loaded instances are not touched. */
  discover(): DiscoveryReport {
    return this.#catalog.discover();
  }

  /** Actions that a capability's manifest lists. @throws CjmError CJM_CAPABILITY_NOT_FOUND */
  actions(name: string): readonly ActionSpec[] {
    return this.#catalog.get(name).manifest.code.actions ?? [];
  }

  instances(): readonly InstanceSummary[] {
    return [...this.#instances.values()].map(summaryOf);
  }

  /**
   * Loads an instance and starts its worker. Loading what is loaded changes nothing; concurrent loads of one id share one
   * start; a load that fails leaves nothing behind.
   * @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_INSTANCE_ID_INVALID, CJM_CAPABILITY_CONFIG_INVALID, CJM_WORKER_START_FAILED, ...
   */
  async load(name: string, options: LoadOptions = {}): Promise<InstanceSummary> {
    const instanceId = options.instanceId ?? name;
    if (options.instanceId !== undefined && !isInstanceId(options.instanceId)) {
      throw new CjmError("CJM_INSTANCE_ID_INVALID", `'${options.instanceId}' cannot be an instance id.`, {
        hint: "Use 1 to 64 letters, digits, _ and -.",
      });
    }
    const loaded = this.#instances.get(instanceId);
    if (loaded !== undefined) return summaryOf(loaded);
    let loading = this.#loading.get(instanceId);
    if (loading === undefined) {
      loading = this.#load(instanceId, name, options).finally(() => this.#loading.delete(instanceId));
      this.#loading.set(instanceId, loading);
    }
    return summaryOf(await loading);
  }

  /** Ends an instance and everything it started. False when there is none. */
  async unload(instanceId: string): Promise<boolean> {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) return false;
    this.#instances.delete(instanceId);
    await instance.stop("unload", "it was unloaded");
    return true;
  }

  /** Ends the worker of an instance and starts another with the same specification. @throws CjmError as `load` */
  async restart(instanceId: string, reason: string): Promise<void> {
    const instance = this.#require(instanceId);
    await instance.stop("restart", reason);
    await instance.worker();
  }

  describe(
    instanceId: string,
  ): { instanceId: string; capabilityName: string; enabled: boolean; maxConcurrentCalls: number; configHash: string } | null {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) return null;
    const { spec, configHash } = instance;
    return {
      instanceId,
      capabilityName: spec.manifest.code.name,
      enabled: spec.enabled,
      maxConcurrentCalls: spec.maxConcurrentCalls,
      configHash,
    };
  }

  notLoaded(instanceId: string): CjmError {
    const loaded = [...this.#instances.keys()];
    return new CjmError("CJM_CAPABILITY_NOT_LOADED", `Capability not loaded: ${instanceId}.`, {
      hint: loaded.length === 0 ? "Nothing is loaded." : `Loaded are ${loaded.join(", ")}.`,
      details: { instanceId, loaded },
    });
  }

  /** @throws CjmError of the call: what the capability raised, or how its worker died, with its last output */
  async execute(call: ManagerCall, options: InstanceCallOptions): Promise<JsonValue> {
    return await this.#executor.execute(this.#require(call.instanceId), call, options);
  }

  stream(call: ManagerCall, options: InstanceCallOptions): AsyncIterable<JsonValue> {
    return this.#executor.stream(this.#require(call.instanceId), call, options);
  }

  async requestCancel(instanceId: string, jobId: string): Promise<void> {
    await this.#instances.get(instanceId)?.live?.client.cancel(jobId);
  }

  profile(instanceId: string): ResourceProfile | null {
    const instance = this.#instances.get(instanceId);
    return instance === undefined ? null : (this.#profiles?.get(instanceId, instance.configHash) ?? null);
  }

  /** What the worker of an instance held when it was last measured, MiB; null while there is none. */
  residency(instanceId: string): { readonly memoryMb: number | null; readonly gpuMb: number | null } | null {
    const pid = this.#instances.get(instanceId)?.live?.process.pid;
    return pid === undefined ? null : { memoryMb: this.#sampler.lastMemoryMb(pid), gpuMb: null };
  }

  /** Names the instance that reports memory and GPU use of the machine. */
  bindSystemMonitor(instanceId: string): void {
    this.#monitorId = instanceId;
  }

  systemStatus(signal: AbortSignal): Promise<SystemStatus | null> {
    return this.#monitor.status(signal);
  }

  /** Ends all instances, the last loaded first. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #load(instanceId: string, name: string, options: LoadOptions): Promise<WorkerInstance> {
    const { manifest } = this.#catalog.get(name);
    const record = this.#configs?.get(instanceId) ?? null;
    const schema = (manifest.code.config_schema as JsonObject | null | undefined) ?? null;
    const spec: InstanceSpec = {
      instanceId,
      manifest,
      config: resolveCapabilityConfig(name, { schema, persisted: record?.config ?? null, given: options.config ?? null }),
      enabled: record?.enabled ?? true,
      maxConcurrentCalls: options.maxConcurrentCalls ?? 1,
      workerEnvOverrides: record?.workerEnv ?? {},
    };
    const instance = new WorkerInstance(spec, this.#services);
    const live = await instance.worker(options.signal);
    this.#instances.set(instanceId, instance);
    const { journal, ids, clock } = this.#services;
    journal.emit({
      eventId: ids.eventId(),
      occurredAt: clock.now(),
      eventType: "config_applied",
      instanceId,
      capabilityName: name,
      configHash: instance.configHash,
      workerSessionId: live.process.sessionId,
      payload: { phase: "load", config_keys: Object.keys(spec.config).sort(), enabled: spec.enabled },
    });
    return instance;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#loading.values());
    const instances = [...this.#instances.values()].reverse();
    this.#instances.clear();
    await Promise.allSettled(instances.map((instance) => instance.stop("unload", "the host was closed")));
    this.#sampler[Symbol.dispose]();
    this.#services.runDirectory[Symbol.dispose]();
  }

  #require(instanceId: string): WorkerInstance {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) throw this.notLoaded(instanceId);
    if (!instance.spec.enabled)
      throw new CjmError("CJM_CAPABILITY_DISABLED", `${instanceId} is disabled.`, { hint: "Enable it first.", details: { instanceId } });
    return instance;
  }
}

function summaryOf(instance: WorkerInstance): InstanceSummary {
  const { spec, state, configHash, live } = instance;
  const { instanceId, manifest, enabled, maxConcurrentCalls, config } = spec;
  return {
    instanceId,
    capabilityName: manifest.code.name,
    version: manifest.code.version,
    state,
    enabled,
    maxConcurrentCalls,
    config,
    configHash,
    pid: live?.process.pid ?? null,
  };
}
