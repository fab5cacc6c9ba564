import {
  type ActionSpec,
  type CallEnvelope,
  type CallTarget,
  createIdSource,
  type JsonObject,
  type JsonValue,
  type ResourceProfile,
  type SystemStatus,
  systemClock,
} from "@cjm/core";
import { CapabilityHandle, type HandleOptions } from "./capability-handle.ts";
import { ConfigurationService } from "./config/configuration-service.ts";
import { type DiagnosticsEntry, type DiagnosticsOptions, instanceDiagnostics } from "./diagnostics/instance-diagnostics.ts";
import { CapabilityCatalog } from "./discovery/capability-catalog.ts";
import type { DiscoveryReport } from "./discovery/manifest-discovery.ts";
import { EnvironmentService } from "./environment/environment-service.ts";
import { currentCallEnvelope } from "./execution/call-envelope-scope.ts";
import { CallExecutor, type InstanceCallOptions, instanceDisabled } from "./execution/call-executor.ts";
import { CallRecorder } from "./execution/call-recorder.ts";
import { ResourceRetry } from "./execution/resource-retry.ts";
import { inBulk } from "./instances/bulk-lifecycle.ts";
import { Enablement } from "./instances/enablement.ts";
import { InstanceLoader } from "./instances/instance-loader.ts";
import { InstanceRegistry } from "./instances/instance-registry.ts";
import type { InstanceServices } from "./instances/instance-services.ts";
import { summaryOf } from "./instances/instance-summary.ts";
import type { WorkerInstance } from "./instances/worker-instance.ts";
import type { BulkOptions, BulkOutcome, CapabilityManagerOptions, InstanceSummary, LoadOptions, LoadRequest } from "./manager-options.ts";
import { Evictor, type MakeRoomRequest, type RoomMade } from "./resources/evictor.ts";
import { ResourceView } from "./resources/resource-view.ts";
import { permissivePolicy } from "./resources/scheduling-policy.ts";
import { SystemMonitor } from "./resources/system-monitor.ts";
import { UsageSampler } from "./resources/usage-sampler.ts";
import { RunDirectory } from "./workers/run-directory.ts";
import { TERMINATION_GRACE_MS } from "./workers/worker-process.ts";

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
  readonly #services: InstanceServices;
  readonly #options: CapabilityManagerOptions;
  readonly #registry: InstanceRegistry;
  readonly #loader: InstanceLoader;
  readonly #enablement: Enablement;
  readonly #monitor: SystemMonitor;
  readonly #sampler: UsageSampler;
  readonly #view: ResourceView;
  readonly #evictor: Evictor;
  readonly #executor: CallExecutor;
  readonly #changeListeners = new Set<() => void>();
  #monitorId: string | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: CapabilityManagerOptions) {
    const services = servicesOf(options);
    const { clock } = services;
    const profiles = options.config.empiricalTracking ? (options.profiles ?? null) : null;
    this.#options = options;
    this.#services = services;
    this.catalog = new CapabilityCatalog(options.searchPaths);
    this.#registry = new InstanceRegistry(clock);
    this.#enablement = new Enablement(services);
    const shared = { catalog: this.catalog, registry: this.#registry, services };
    const observer = { onIdle: (instance: WorkerInstance) => this.#enablement.onIdle(instance), onChange: () => this.#tellChange() };
    this.#loader = new InstanceLoader({ ...shared, observer });
    this.configuration = new ConfigurationService(shared);
    this.environment = new EnvironmentService({ ...shared, loader: this.#loader });
    this.#monitor = new SystemMonitor(() => this.#registry.find(this.#monitorId ?? "")?.live?.client ?? null, clock);
    this.#sampler = new UsageSampler(clock, this.#monitor);
    this.#view = new ResourceView({ profiles, sampler: this.#sampler, monitor: this.#monitor });
    this.#evictor = new Evictor({
      instances: () => this.#registry.all,
      monitorId: () => this.#monitorId,
      residentOf: (instance, resource) => this.#view.resident(instance, resource),
      measure: () => this.#monitor.status(),
    });
    this.#executor = new CallExecutor({
      sampler: this.#sampler,
      recorder: new CallRecorder({ journal: options.journal, profiles, ids: services.ids, clock }),
      retry: new ResourceRetry({ evictor: this.#evictor, profile: (instance) => this.#view.profile(instance) }),
      evictor: this.#evictor,
      policy: options.policy ?? permissivePolicy,
      clock,
      maxRetries: options.maxResourceRetries ?? 1,
      profile: (instance) => this.#view.profile(instance),
      residency: (instance) => this.#view.residency(instance),
      status: (signal) => this.#monitor.status(signal),
    });
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
    return this.#registry.all.map(summaryOf);
  }

  /** A view of one instance of a capability, loaded or not. */
  handle(capabilityName: string, options: HandleOptions = {}): CapabilityHandle {
    return new CapabilityHandle(this, capabilityName, options);
  }

  /**
   * Loads an instance and starts its worker. Loading what is loaded changes nothing; concurrent loads of one id share one
   * start; a load that fails leaves nothing behind.
   * @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_INSTANCE_ID_INVALID, CJM_CAPABILITY_CONFIG_INVALID, CJM_ADAPTER_INCOMPATIBLE,
   * CJM_WORKER_START_FAILED, CJM_WORKER_START_TIMEOUT, CJM_WORKER_STALLED, CJM_WORKER_HELD_BACK, CJM_JOURNAL_FAILED, ...
   */
  async load(name: string, options: LoadOptions = {}): Promise<InstanceSummary> {
    return summaryOf(await this.#loader.load(name, options));
  }

  /** Loads several, a few at a time; each has its own outcome, in the order given. @throws the first failure, with `failFast` */
  loadAll(requests: readonly LoadRequest[], options: BulkOptions = {}): Promise<readonly BulkOutcome[]> {
    const load = async ({ name, ...request }: LoadRequest, signal: AbortSignal): Promise<string> =>
      (await this.load(name, { ...request, signal })).instanceId;
    return inBulk(requests, ({ name, instanceId }) => instanceId ?? name, load, options);
  }

  /** Ends an instance and everything it started; calls that run on it fail. False when there is none. */
  unload(instanceId: string): Promise<boolean> {
    return this.#loader.unload(instanceId, "it was unloaded");
  }

  /** @param instanceIds default all, the last loaded first */
  unloadAll(instanceIds?: readonly string[], options: BulkOptions = {}): Promise<readonly BulkOutcome[]> {
    const ids = instanceIds ?? this.#registry.all.map(({ spec }) => spec.instanceId).reverse();
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
  reload(instanceId: string, options: { readonly config?: JsonObject; readonly force?: boolean } = {}): Promise<void> {
    return this.#loader.reload(instanceId, { ...options, reason: "it was reloaded" });
  }

  /** Ends the worker of an instance at once, running calls with it, and starts another with the same specification. @throws CjmError as `load` */
  async restart(instanceId: string, reason: string): Promise<void> {
    const instance = this.#registry.get(instanceId);
    await instance.stop({ to: "cold", phase: "restart", reason, force: true });
    await instance.worker();
  }

  /** Lets a capability load what it needs, as long as it makes progress. False: it has nothing to prefetch. @throws CjmError CJM_WORKER_STALLED, ... */
  prefetch(instanceId: string, options: { readonly thresholdMs?: number; readonly signal?: AbortSignal } = {}): Promise<boolean> {
    return this.#registry.get(instanceId).prefetch(options);
  }

  /** Refuses calls from now on; running ones end as they would. Remembered. @throws CjmError CJM_CAPABILITY_NOT_LOADED */
  disable(instanceId: string): Promise<void> {
    return this.#enablement.disable(this.#registry.get(instanceId));
  }

  /** @throws CjmError CJM_CAPABILITY_NOT_LOADED */
  enable(instanceId: string): Promise<void> {
    return this.#enablement.enable(this.#registry.get(instanceId));
  }

  describe(instanceId: string): ReturnType<ResourceView["describe"]> | null {
    const instance = this.#registry.find(instanceId);
    return instance === null ? null : this.#view.describe(instance);
  }

  notLoaded(instanceId: string): Error {
    return this.#registry.notLoaded(instanceId);
  }

  /** @throws CjmError of the call: what the capability raised, or how its worker died, with its last output */
  async execute(call: ManagerCall, options: InstanceCallOptions): Promise<JsonValue> {
    return await this.#executor.execute(this.#enabled(call.instanceId), enveloped(call), options);
  }

  stream(call: ManagerCall, options: InstanceCallOptions): AsyncIterable<JsonValue> {
    return this.#executor.stream(this.#enabled(call.instanceId), enveloped(call), options);
  }

  async requestCancel(instanceId: string, jobId: string): Promise<void> {
    await this.#registry.find(instanceId)?.live?.client.cancel(jobId);
  }

  /** What runs of an instance took with its present configuration; null: it never ran. */
  profile(instanceId: string): ResourceProfile | null {
    const instance = this.#registry.find(instanceId);
    return instance === null ? null : this.#view.profile(instance);
  }

  /** What the worker of an instance held when it was last measured, MiB; null while there is none. */
  residency(instanceId: string): ReturnType<ResourceView["residency"]> {
    const instance = this.#registry.find(instanceId);
    return instance === null ? null : this.#view.residency(instance);
  }

  /** Ends idle workers until enough is free; their instances start again with their next call. */
  makeRoom(request: MakeRoomRequest): Promise<RoomMade> {
    return this.#evictor.makeRoom(request);
  }

  /** What the latest workers of an instance logged and printed, oldest first; also of hosts before this one, given their journal. */
  diagnostics(instanceId: string, options: DiagnosticsOptions = {}): readonly DiagnosticsEntry[] {
    const { history, diagnostics } = this.#options;
    if (history === undefined) return [];
    this.#options.journal.flushNow();
    return instanceDiagnostics(instanceId, { history, diagnostics }, options);
  }

  /** Names the instance that reports memory and GPU use of the machine. */
  bindSystemMonitor(instanceId: string): void {
    this.#monitorId = instanceId;
  }

  systemStatus(signal: AbortSignal): Promise<SystemStatus | null> {
    return this.#monitor.status(signal);
  }

  /** Calls `listener` when an instance came, went, or became another; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** Ends all instances, the last loaded first. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#registry.settled();
    const ids = this.#registry.all.map(({ spec }) => spec.instanceId).reverse();
    await Promise.allSettled(ids.map((id) => this.#loader.unload(id, "the host was closed")));
    this.#sampler[Symbol.dispose]();
    this.#services.runDirectory[Symbol.dispose]();
  }

  #tellChange(): void {
    for (const listener of this.#changeListeners) listener();
  }

  #enabled(instanceId: string): WorkerInstance {
    const instance = this.#registry.get(instanceId);
    if (!instance.spec.enabled) throw instanceDisabled(instanceId);
    return instance;
  }
}

function servicesOf(options: CapabilityManagerOptions): InstanceServices {
  return {
    config: options.config,
    journal: options.journal,
    diagnostics: options.diagnostics,
    configs: options.configs ?? null,
    secrets: options.secrets ?? null,
    ids: options.ids ?? createIdSource(),
    clock: options.clock ?? systemClock,
    runDirectory: new RunDirectory(),
    hostEnvironment: options.hostEnvironment ?? process.env,
    startTimeoutMs: options.startTimeoutMs ?? 60_000,
    terminationGraceMs: options.terminationGraceMs ?? TERMINATION_GRACE_MS,
  };
}

/** What the call says of itself goes before what the code around it does. */
function enveloped({ target, envelope }: ManagerCall): { readonly target: CallTarget; readonly envelope: CallEnvelope } {
  return { target, envelope: { ...currentCallEnvelope(), ...envelope } };
}
