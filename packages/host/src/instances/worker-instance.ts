import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import {
  type CjmError,
  type Clock,
  canonicalHash,
  type DiagnosticsStore,
  type IdSource,
  type JournalWriter,
  type JsonObject,
  type Manifest,
} from "@cjm/core";
import type { WorkerFrame } from "@cjm/protocol";
import { composeWorkerEnvironment } from "../environment/worker-environment.ts";
import type { SecretReader } from "../host-ports.ts";
import type { RunDirectory } from "../workers/run-directory.ts";
import { WorkerClient } from "../workers/worker-client.ts";
import { returnCode } from "../workers/worker-exit.ts";
import { WorkerProcess } from "../workers/worker-process.ts";
import { CallGate } from "./call-gate.ts";
import { CrashGuard } from "./crash-guard.ts";
import { type InstanceState, nextInstanceState } from "./instance-state.ts";

/** Everything a worker needs that outlives it; a restart uses the same again and so loses nothing. */
export interface InstanceSpec {
  readonly instanceId: string;
  readonly manifest: Manifest;
  readonly config: JsonObject;
  readonly enabled: boolean;
  readonly maxConcurrentCalls: number;
  readonly workerEnvOverrides: Readonly<Record<string, string>>;
}

export interface InstanceServices {
  readonly journal: JournalWriter;
  readonly diagnostics: DiagnosticsStore;
  readonly secrets: SecretReader | null;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly runDirectory: RunDirectory;
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  readonly capabilityDataRoot: string;
  readonly modelsDir: string | null;
  readonly startTimeoutMs: number;
}

type ProgressFrame = Extract<WorkerFrame, { type: "progress" }>;

/** A worker that serves, with the client that reaches it. */
export interface LiveWorker {
  readonly process: WorkerProcess;
  readonly client: WorkerClient;
}

/** One loaded instance: its worker's lifecycle from start to end, over as many workers as it takes. */
export class WorkerInstance {
  readonly spec: InstanceSpec;
  readonly configHash: string;
  readonly gate: CallGate;
  readonly crashGuard: CrashGuard;
  readonly #services: InstanceServices;
  readonly #progress = new Map<string, (frame: ProgressFrame) => void>();
  #state: InstanceState = "stopping";
  #live: LiveWorker | null = null;
  #starting: Promise<LiveWorker> | null = null;

  constructor(spec: InstanceSpec, services: InstanceServices) {
    this.spec = spec;
    this.#services = services;
    this.configHash = canonicalHash(spec.config);
    this.gate = new CallGate(spec.maxConcurrentCalls);
    this.crashGuard = new CrashGuard(services.clock);
  }

  get state(): InstanceState {
    return this.#state;
  }

  /** The worker that serves now, or null while there is none. */
  get live(): LiveWorker | null {
    return this.#live;
  }

  /**
   * The worker, started when there is none or the last one died. Concurrent callers share one start.
   * @throws CjmError CJM_WORKER_START_FAILED, CJM_WORKER_START_TIMEOUT, or what the capability's initialise raised
   */
  worker(signal?: AbortSignal): Promise<LiveWorker> {
    if (this.#live !== null) return Promise.resolve(this.#live);
    if (this.#starting === null) {
      const starting = this.#start(signal);
      this.#starting = starting;
      const settled = (): void => {
        if (this.#starting === starting) this.#starting = null;
      };
      starting.then(settled, settled);
    }
    return this.#starting;
  }

  /** Ends the worker; `restart` leaves the instance ready to start again. */
  async stop(phase: "unload" | "restart", reason: string): Promise<void> {
    if (this.#state === "stopped") return;
    await this.#starting?.catch(() => {});
    this.#to("stopping");
    const live = this.#live;
    this.#live = null;
    if (live !== null) await this.#end(live, phase === "unload" ? "cleanup" : "restart", reason);
    if (phase === "unload") this.#to("stopped");
  }

  /** Calls `listener` for progress of one job until the returned function is called. */
  onProgress(jobId: string, listener: (frame: ProgressFrame) => void): () => void {
    this.#progress.set(jobId, listener);
    return () => this.#progress.delete(jobId);
  }

  /** Waits, for the short moment that takes, until the end of a worker is known after its connection broke. */
  async deathOf(live: LiveWorker, when: string): Promise<CjmError | null> {
    const timeout = Promise.withResolvers<null>();
    const timer = setTimeout(timeout.resolve, 1_000, null);
    const exit = await Promise.race([live.process.exited, timeout.promise]);
    clearTimeout(timer);
    return exit === null ? null : live.process.deathError(when);
  }

  async #start(signal?: AbortSignal): Promise<LiveWorker> {
    const { spec, crashGuard } = this;
    crashGuard.assertMayStart(spec.instanceId);
    this.#to("starting");
    const startedMs = this.#services.clock.monotonicMs();
    let live: LiveWorker | null = null;
    try {
      live = await this.#spawn(signal);
      this.#record(live, "worker_ready", { wait_seconds: Math.round(this.#services.clock.monotonicMs() - startedMs) / 1000 });
      if (Object.keys(spec.config).length > 0) await this.#initialize(live, signal);
    } catch (error) {
      crashGuard.recordDeath();
      if (live !== null) await this.#end(live, "startup", "it could not be initialised");
      this.#to("down");
      throw error;
    }
    this.#live = live;
    this.#to("ready");
    this.#watch(live);
    return live;
  }

  async #spawn(signal?: AbortSignal): Promise<LiveWorker> {
    const { spec } = this;
    const services = this.#services;
    const sessionId = services.ids.workerSessionId();
    const environment = composeWorkerEnvironment({
      manifest: spec.manifest,
      host: services.hostEnvironment,
      overrides: spec.workerEnvOverrides,
      secret: (name) => services.secrets?.get(spec.manifest.code.name, name) ?? null,
      capabilityDataRoot: services.capabilityDataRoot,
      modelsDir: services.modelsDir,
      sessionId,
    });
    mkdirSync(environment.dataDir, { recursive: true });
    const process = new WorkerProcess({
      instanceId: spec.instanceId,
      manifest: spec.manifest,
      sessionId,
      socketPath: services.runDirectory.nextSocket(),
      environment: environment.variables,
      diagnostics: services.diagnostics,
      clock: services.clock,
      onProgress: (frame) => {
        if (frame.job_id != null) this.#progress.get(frame.job_id)?.(frame);
      },
    });
    const client = new WorkerClient(process.socketPath, process.token, {
      instanceId: spec.instanceId,
      capabilityName: spec.manifest.code.name,
    });
    const live = { process, client };
    const { module, version } = spec.manifest.code;
    this.#record(live, "worker_spawned", {
      pid: process.pid,
      module,
      version,
      env_overlay_keys: environment.declaredNames,
      ...(environment.warnings.length === 0 ? {} : { warnings: environment.warnings }),
    });
    try {
      await process.ready(services.startTimeoutMs, signal);
    } catch (error) {
      await this.#end(live, "startup", "it did not become ready");
      throw error;
    }
    return live;
  }

  /** Initialise may take minutes; a worker that dies meanwhile ends the wait. */
  async #initialize(live: LiveWorker, signal?: AbortSignal): Promise<void> {
    const died = live.process.exited.then(() => Promise.reject(live.process.deathError("while it was initialised")));
    await Promise.race([live.client.initialize(this.spec.config, signal), died]);
  }

  /** A worker that dies on its own takes the instance down until the next call starts another. */
  #watch(live: LiveWorker): void {
    void live.process.exited.then(async () => {
      if (this.#live !== live) return;
      this.#live = null;
      this.crashGuard.recordDeath();
      this.#to("down");
      await this.#end(live, "died", "it died");
    });
  }

  async #end(live: LiveWorker, phase: string, reason: string): Promise<void> {
    const exit = await live.process.terminate(reason);
    await live.client[Symbol.asyncDispose]();
    this.#record(live, "worker_died", { phase, returncode: returnCode(exit, constants.signals) });
  }

  #record(live: LiveWorker, eventType: string, payload: JsonObject): void {
    const { ids, clock, journal } = this.#services;
    journal.emit({
      eventId: ids.eventId(),
      occurredAt: clock.now(),
      eventType,
      instanceId: this.spec.instanceId,
      capabilityName: this.spec.manifest.code.name,
      workerSessionId: live.process.sessionId,
      configHash: this.configHash,
      payload,
    });
  }

  #to(state: InstanceState): void {
    if (this.#state !== state) this.#state = nextInstanceState(this.#state, state);
  }
}
