import { CjmError, type JsonObject } from "@cjm/core";
import { abortable } from "../internal/abortable.ts";
import { SerialQueue } from "../internal/serial-queue.ts";
import type { ProgressFrame } from "../workers/control-channel.ts";
import { CallGate } from "./call-gate.ts";
import type { CrashGuard, HeldBack } from "./crash-guard.ts";
import { endWorker } from "./end-worker.ts";
import type { InstanceServices } from "./instance-services.ts";
import type { InstanceSpec } from "./instance-spec.ts";
import { type InstanceState, nextInstanceState } from "./instance-state.ts";
import { runLifecycleCall } from "./lifecycle-call.ts";
import type { LiveWorker } from "./live-worker.ts";
import { recordEvent } from "./record-event.ts";
import { startWorker } from "./start-worker.ts";

export interface StopRequest {
  /** `stopped` is for good; a `cold` instance starts again with the next call. */
  readonly to: "stopped" | "cold";
  /** As it stands in the journal. */
  readonly phase: "cleanup" | "restart" | "evicted";
  readonly reason: string;
  /** The worker is not asked but killed: it does not heed anyone any more. */
  readonly force?: boolean;
}

/** Who is told what happens to instances. */
export interface InstanceObserver {
  /** The last running call has ended. */
  onIdle(instance: WorkerInstance): void;
  /** Its state, or what it is to be, has changed. */
  onChange(): void;
}

/** A worker that is killed because it did not stop may still let go of what it holds, for so long. */
const FORCED_GRACE_MS = 250;

/** One loaded instance: its worker's lifecycle from start to end, over as many workers as it takes. */
export class WorkerInstance {
  readonly gate: CallGate;
  readonly crashGuard: CrashGuard;
  readonly #services: InstanceServices;
  readonly #observer: InstanceObserver;
  readonly #listeners = new Map<string, (frame: ProgressFrame) => void>();
  readonly #lifecycle = new SerialQueue();
  #spec: InstanceSpec;
  #state: InstanceState = "cold";
  #live: LiveWorker | null = null;
  #starting: { readonly worker: Promise<LiveWorker>; readonly abort: AbortController } | null = null;

  constructor(spec: InstanceSpec, services: InstanceServices, crashGuard: CrashGuard, observer: InstanceObserver) {
    this.#spec = spec;
    this.#services = services;
    this.#observer = observer;
    this.crashGuard = crashGuard;
    this.gate = new CallGate(spec.maxConcurrentCalls, () => observer.onIdle(this));
  }

  get spec(): InstanceSpec {
    return this.#spec;
  }

  get state(): InstanceState {
    return this.#state;
  }

  /** The worker that serves now, or null while there is none. */
  get live(): LiveWorker | null {
    return this.#live;
  }

  /** Why it does not start now, though it is wanted; null: nothing holds it back. */
  get heldBack(): HeldBack | null {
    return this.#live === null ? this.crashGuard.heldBack(this.#spec.instanceId) : null;
  }

  /** What the next worker, or the one that serves now, is to be told. */
  change(
    change: Partial<Pick<InstanceSpec, "manifest" | "config" | "configHash" | "enabled" | "workerEnvOverrides" | "adapters" | "request">>,
  ): void {
    this.#spec = { ...this.#spec, ...change };
    this.#observer.onChange();
  }

  /**
   * The worker, started when there is none. Concurrent callers share one start; a caller that gives up does not end it.
   * @throws CjmError CJM_WORKER_START_FAILED, CJM_WORKER_START_TIMEOUT, CJM_WORKER_HELD_BACK, CJM_WORKER_CRASH_LOOP, ...
   */
  worker(signal?: AbortSignal): Promise<LiveWorker> {
    if (this.#live !== null) return Promise.resolve(this.#live);
    if (this.#starting === null) {
      const abort = new AbortController();
      const starting = { worker: this.#lifecycle.run(() => this.#start(abort.signal)), abort };
      this.#starting = starting;
      const settled = (): void => {
        if (this.#starting === starting) this.#starting = null;
      };
      starting.worker.then(settled, settled);
    }
    return abortable(this.#starting.worker, signal);
  }

  /** Ends the worker, or its start; whoever waits for that start gets the reason. Concurrent requests take their turn. */
  stop({ to, phase, reason, force = false }: StopRequest): Promise<void> {
    this.#starting?.abort.abort(new CjmError("CJM_WORKER_DIED", `The start of ${this.#spec.instanceId} was given up: ${reason}.`));
    return this.#lifecycle.run(async () => {
      if (this.#state === "stopped") return;
      this.#to("stopping");
      const live = this.#live;
      this.#live = null;
      const graceMs = force ? FORCED_GRACE_MS : this.#services.terminationGraceMs;
      if (live !== null) await endWorker(live, { spec: this.#spec, services: this.#services, phase, reason, graceMs });
      this.#to(to);
    });
  }

  /** Runs the capability's prefetch, as long as it makes progress. False: it has none. @throws CjmError as `worker`, CJM_WORKER_STALLED */
  async prefetch(options: { readonly thresholdMs?: number; readonly signal?: AbortSignal }): Promise<boolean> {
    const leave = await this.gate.enter(options.signal);
    try {
      const worker = await this.worker(options.signal);
      return await runLifecycleCall({
        name: "prefetch",
        worker,
        instanceId: this.#spec.instanceId,
        services: this.#services,
        onProgress: (jobId, listener) => this.onProgress(jobId, listener),
        ...options,
        run: (jobId, signal) => worker.client.prefetch(jobId, signal),
      });
    } finally {
      leave();
    }
  }

  /** Calls `listener` for progress of one job until the returned function is called. */
  onProgress(jobId: string, listener: (frame: ProgressFrame) => void): () => void {
    this.#listeners.set(jobId, listener);
    return () => this.#listeners.delete(jobId);
  }

  /** Writes a row about it, and about the worker that serves now, into the journal. */
  record(type: string, payload: JsonObject): void {
    recordEvent(this.#services, this.#spec, { type, payload, sessionId: this.#live?.process.sessionId ?? null });
  }

  /** Waits, for the short moment that takes, until the end of a worker is known after its connection broke. */
  async deathOf(live: LiveWorker, when: string): Promise<CjmError | null> {
    const timeout = Promise.withResolvers<null>();
    const timer = setTimeout(timeout.resolve, 1_000, null);
    const exit = await Promise.race([live.process.exited, timeout.promise]);
    clearTimeout(timer);
    return exit === null ? null : live.process.deathError(when);
  }

  async #start(signal: AbortSignal): Promise<LiveWorker> {
    const { instanceId } = this.#spec;
    if (this.#live !== null) return this.#live;
    if (this.#state === "stopped")
      throw new CjmError("CJM_CAPABILITY_NOT_LOADED", `${instanceId} was unloaded.`, { details: { instanceId } });
    this.crashGuard.assertMayStart(instanceId);
    this.#to("starting");
    let live: LiveWorker;
    try {
      live = await startWorker({
        spec: this.#spec,
        services: this.#services,
        onProgress: (jobId, listener) => this.onProgress(jobId, listener),
        deliver: (frame) => {
          if (frame.job_id != null) this.#listeners.get(frame.job_id)?.(frame);
        },
        signal,
      });
    } catch (error) {
      if (!signal.aborted) this.#countDeath(0);
      this.#to("down");
      throw error;
    }
    this.#live = live;
    this.#to("ready");
    this.#watch(live);
    return live;
  }

  /** A worker that dies on its own takes the instance down until the next call starts another. */
  #watch(live: LiveWorker): void {
    void live.process.exited.then(async () => {
      if (this.#live !== live) return;
      this.#live = null;
      this.#to("down");
      this.#countDeath(this.#services.clock.monotonicMs() - live.readyAtMs);
      await endWorker(live, { spec: this.#spec, services: this.#services, phase: "died", reason: "it died by itself", graceMs: 0 });
    });
  }

  #countDeath(servedMs: number): void {
    this.crashGuard.recordDeath(servedMs);
    const held = this.crashGuard.heldBack(this.#spec.instanceId);
    if (held === null) return;
    this.record(held.untilMs === null ? "worker_stopped" : "worker_held_back", { reason: held.reason });
  }

  #to(state: InstanceState): void {
    if (this.#state === state) return;
    this.#state = nextInstanceState(this.#state, state);
    this.#observer.onChange();
  }
}
