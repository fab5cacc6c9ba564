import type { ActionSpec, CallEnvelope, CallTarget, CjmError, JsonValue, ResourceProfile, SystemStatus } from "@cjm/core";
import { assembleManager, type ManagerParts } from "./assemble-manager.ts";
import { CapabilityHandle, type HandleOptions } from "./capability-handle.ts";
import type { ConfigurationService } from "./config/configuration-service.ts";
import { type DiagnosticsEntry, type DiagnosticsOptions, instanceDiagnostics } from "./diagnostics/instance-diagnostics.ts";
import type { CapabilityCatalog } from "./discovery/capability-catalog.ts";
import type { DiscoveryReport } from "./discovery/manifest-discovery.ts";
import type { EnvironmentService } from "./environment/environment-service.ts";
import { instanceDisabled } from "./execution/call-admission.ts";
import { currentCallEnvelope } from "./execution/call-envelope-scope.ts";
import type { InstanceCallOptions } from "./execution/call-executor.ts";
import { askWorker } from "./instances/ask-worker.ts";
import { inBulk } from "./instances/bulk-lifecycle.ts";
import type { ReloadRequest } from "./instances/instance-loader.ts";
import { summaryOf } from "./instances/instance-summary.ts";
import type { WorkerInstance } from "./instances/worker-instance.ts";
import { tell } from "./internal/tell.ts";
import type { BulkOptions, BulkOutcome, CapabilityManagerOptions, InstanceSummary, LoadOptions, LoadRequest } from "./manager-options.ts";
import type { EvictableResource } from "./resources/eviction-plan.ts";
import type { EvictableWorker, MakeRoomRequest, RoomMade } from "./resources/evictor.ts";
import type { InstanceDescription, Residency } from "./resources/resource-view.ts";

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
  /** What was discovered: capabilities, adapters, and which fits which. */
  readonly catalog: CapabilityCatalog;
  /** Reads and changes the configuration of loaded instances. */
  readonly configuration: ConfigurationService;
  /** Variables and secrets of workers. */
  readonly environment: EnvironmentService;
  readonly #options: CapabilityManagerOptions;
  readonly #parts: ManagerParts;
  readonly #changeListeners = new Set<() => void>();
  #monitorId: string | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: CapabilityManagerOptions) {
    this.#options = options;
    this.#parts = assembleManager(options, { monitorId: () => this.#monitorId, onChange: () => this.#tellChange() });
    this.catalog = this.#parts.catalog;
    this.configuration = this.#parts.configuration;
    this.environment = this.#parts.environment;
  }

  /** Reads all manifests anew. Loaded instances are not touched; a reload takes what was found. */
  discover(): DiscoveryReport {
    return this.catalog.discover();
  }

  /** Actions that a capability's manifest lists. @throws CjmError CJM_CAPABILITY_NOT_FOUND */
  actions(name: string): readonly ActionSpec[] {
    return this.catalog.get(name).manifest.code.actions ?? [];
  }

  instances(): readonly InstanceSummary[] {
    return this.#parts.registry.all.map(summaryOf);
  }

  /** A view of one instance of a capability, loaded or not. */
  handle(capabilityName: string, options: HandleOptions = {}): CapabilityHandle {
    return new CapabilityHandle(this, capabilityName, options);
  }

  /**
   * Loads an instance and starts its worker. Loading what is loaded changes nothing; concurrent loads of one id share one
   * start, which is given up when the last of them gives up; a load that fails leaves nothing behind.
   * @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_INSTANCE_ID_INVALID, CJM_CAPABILITY_CONFIG_INVALID, CJM_ADAPTER_INCOMPATIBLE,
   * CJM_WORKER_START_FAILED, CJM_WORKER_START_TIMEOUT, CJM_WORKER_STALLED, CJM_WORKER_HELD_BACK, CJM_JOURNAL_FAILED, ...
   */
  async load(name: string, options: LoadOptions = {}): Promise<InstanceSummary> {
    return summaryOf(await this.#parts.loader.load(name, options));
  }

  /** Loads several, a few at a time; each has its own outcome, in the order given. @throws the first failure, with `failFast` */
  loadAll(requests: readonly LoadRequest[], options: BulkOptions = {}): Promise<readonly BulkOutcome[]> {
    const load = async ({ name, ...request }: LoadRequest, signal: AbortSignal): Promise<string> =>
      (await this.load(name, { ...request, signal })).instanceId;
    return inBulk(requests, ({ name, instanceId }) => instanceId ?? name, load, options);
  }

  /** Ends an instance, also one that is being loaded, and everything it started; calls that run on it fail. False when there is none. */
  async unload(instanceId: string): Promise<boolean> {
    const unloaded = await this.#parts.loader.unload(instanceId, "it was unloaded");
    this.#parts.profiles.flush();
    return unloaded;
  }

  /** @param instanceIds default all, the last loaded first */
  unloadAll(instanceIds?: readonly string[], options: BulkOptions = {}): Promise<readonly BulkOutcome[]> {
    const ids = instanceIds ?? this.#parts.registry.all.map(({ spec }) => spec.instanceId).reverse();
    const unload = async (id: string): Promise<string> => {
      if (!(await this.unload(id))) throw this.notLoaded(id);
      return id;
    };
    return inBulk(ids, (id) => id, unload, options);
  }

  /**
   * Gives an instance a new worker with everything it was loaded with, the manifest of the last discovery, and `config` where
   * it is given. Waits for running calls unless `force`. If the new worker cannot start, the instance stays and its next call tries again.
   * @throws CjmError as `load`
   */
  reload(instanceId: string, options: Omit<ReloadRequest, "reason"> = {}): Promise<void> {
    return this.#parts.loader.reload(instanceId, { ...options, reason: "it was reloaded" });
  }

  /** Ends the worker of an instance at once, running calls with it, and starts another with the same specification. @throws CjmError as `load` */
  async restart(instanceId: string, reason: string): Promise<void> {
    const instance = this.#parts.registry.get(instanceId);
    await instance.stop({ to: "cold", phase: "restart", reason, force: true });
    await instance.worker();
  }

  /** Lets a capability load what it needs, as long as it makes progress. False: it has nothing to prefetch. @throws CjmError CJM_WORKER_STALLED, ... */
  prefetch(instanceId: string, options: { readonly thresholdMs?: number; readonly signal?: AbortSignal } = {}): Promise<boolean> {
    return this.#parts.registry.get(instanceId).prefetch(options);
  }

  /** Refuses calls from now on; running ones end as they would. Remembered. @throws CjmError CJM_CAPABILITY_NOT_LOADED */
  disable(instanceId: string): Promise<void> {
    return this.#parts.enablement.disable(this.#parts.registry.get(instanceId));
  }

  /** @throws CjmError CJM_CAPABILITY_NOT_LOADED */
  enable(instanceId: string): Promise<void> {
    return this.#parts.enablement.enable(this.#parts.registry.get(instanceId));
  }

  /** What a queue must know before it starts a job there; null when no such instance is loaded. */
  describe(instanceId: string): InstanceDescription | null {
    const instance = this.#parts.registry.find(instanceId);
    return instance === null ? null : this.#parts.view.describe(instance);
  }

  /** Why there is no such instance, as an error that names those that are there. */
  notLoaded(instanceId: string): CjmError {
    return this.#parts.registry.notLoaded(instanceId);
  }

  /** @throws CjmError of the call: what the capability raised, or how its worker died, with its last output */
  async execute(call: ManagerCall, options: InstanceCallOptions): Promise<JsonValue> {
    return await this.#parts.executor.execute(this.#enabled(call.instanceId), enveloped(call), options);
  }

  stream(call: ManagerCall, options: InstanceCallOptions): AsyncIterable<JsonValue> {
    return this.#parts.executor.stream(this.#enabled(call.instanceId), enveloped(call), options);
  }

  /**
   * Asks the capability to stop the call of a job; resolves when it was told, whether or not it obeys.
   * @throws CjmError CJM_WORKER_UNREACHABLE, CJM_WORKER_DIED
   */
  async requestCancel(instanceId: string, jobId: string): Promise<void> {
    const instance = this.#parts.registry.find(instanceId);
    if (instance === null || instance.live === null) return;
    instance.cancelRequests.add(jobId);
    await askWorker(instance.live, "while it was asked to stop a call", (client) => client.cancel(jobId));
  }

  /** What runs of an instance took with its present configuration; null: it never ran. */
  profile(instanceId: string): ResourceProfile | null {
    const instance = this.#parts.registry.find(instanceId);
    return instance === null ? null : this.#parts.view.profile(instance);
  }

  /** What the worker of an instance held when it was last measured, MiB; null while there is none. */
  residency(instanceId: string): Residency | null {
    const instance = this.#parts.registry.find(instanceId);
    return instance === null ? null : this.#parts.view.residency(instance);
  }

  /** Idle workers that `makeRoom` could end, the largest first, by the last measurements. */
  evictable(resource: EvictableResource): readonly EvictableWorker[] {
    return this.#parts.evictor.evictable(resource);
  }

  /** Ends idle workers until enough is free; their instances start again with their next call. */
  makeRoom(request: MakeRoomRequest): Promise<RoomMade> {
    return this.#parts.evictor.makeRoom(request);
  }

  /** What the latest workers of an instance logged and printed, oldest first; also of hosts before this one, given their journal. */
  diagnostics(instanceId: string, options: DiagnosticsOptions = {}): readonly DiagnosticsEntry[] {
    const { history = null, diagnostics } = this.#options;
    return instanceDiagnostics(instanceId, { sessions: this.#parts.services.sessions.latest(instanceId), history, diagnostics }, options);
  }

  /** Names the instance that reports memory and GPU use of the machine. */
  bindSystemMonitor(instanceId: string): void {
    this.#monitorId = instanceId;
  }

  systemStatus(signal: AbortSignal): Promise<SystemStatus | null> {
    return this.#parts.monitor.status(signal);
  }

  /** Calls `listener` when an instance came, went, or became another; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** Gives up loads, refuses new ones, and ends all instances. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { loader, profiles, sampler, services } = this.#parts;
    await loader.close("the host was closed");
    sampler[Symbol.dispose]();
    profiles[Symbol.dispose]();
    services.runDirectory[Symbol.dispose]();
  }

  #tellChange(): void {
    for (const listener of this.#changeListeners) tell(listener);
  }

  #enabled(instanceId: string): WorkerInstance {
    const instance = this.#parts.registry.get(instanceId);
    if (!instance.spec.enabled) throw instanceDisabled(instanceId);
    return instance;
  }
}

/** What the call says of itself goes before what the code around it does. */
function enveloped({ target, envelope }: ManagerCall): { readonly target: CallTarget; readonly envelope: CallEnvelope } {
  return { target, envelope: { ...currentCallEnvelope(), ...envelope } };
}
