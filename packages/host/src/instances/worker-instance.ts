import { CjmError, type JsonObject } from "@cjm/core";
import { abortable } from "../internal/abortable.ts";
import { SerialQueue } from "../internal/serial-queue.ts";
import type { ProgressFrame } from "../workers/control-channel.ts";
import { CallGate } from "./call-gate.ts";
import { CrashGuard, type HeldBack } from "./crash-guard.ts";
import { endWorker } from "./end-worker.ts";
import type { InstanceServices } from "./instance-services.ts";
import type { InstanceSpec } from "./instance-spec.ts";
import { type InstanceState, nextInstanceState } from "./instance-state.ts";
import { runLifecycleCall } from "./lifecycle-call.ts";
import type { LiveWorker } from "./live-worker.ts";
import { ProgressListeners } from "./progress-listeners.ts";
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

/** A start that is under way, or waits for the end of the worker before. */
interface Start {
  readonly worker: Promise<LiveWorker>;
  readonly abort: AbortController;
}

/** One loaded instance: its worker's lifecycle from start to end, over as many workers as it takes. */
export class WorkerInstance {
  readonly gate: CallGate;
  /** Jobs whose call was asked to stop. */
  readonly cancelRequests = new Set<string>();
  readonly crashGuard: CrashGuard;
  readonly #services: InstanceServices;
  readonly #observer: InstanceObserver;
  readonly #progress = new ProgressListeners();
  readonly #lifecycle = new SerialQueue();
  #spec: InstanceSpec;
  #state: InstanceState = "cold";
  #live: LiveWorker | null = null;
  #starting: Start | null = null;
  #startMs: number | null = null;

  constructor(spec: InstanceSpec, services: InstanceServices, observer: InstanceObserver) {
    this.#spec = spec;
    this.#services = services;
    this.#observer = observer;
    this.crashGuard = new CrashGuard(services.clock);
    this.gate = new CallGate(spec.maxConcurrentCalls, () => {
      // A request may come when its call has just ended.
      this.cancelRequests.clear();
      observer.onIdle(this);
    });
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

  /** What its last start took, from spawn to initialised; null: it never started. */
  get startMs(): number | null {
    return this.#startMs;
  }

  /** Why it does not start now, though it is wanted; null: nothing holds it back. */
  get heldBack(): HeldBack | null {
    return this.#live === null ? this.crashGuard.heldBack(this.#spec.instanceId) : null;
  }

  /** What the next worker, or the one that serves now, is to be told. */
  change(
    change: Partial<
      Pick<InstanceSpec, "manifest" | "config" | "chosenConfig" | "configHash" | "enabled" | "workerEnvOverrides" | "adapters" | "request">
    >,
  ): void {
    this.#spec = { ...this.#spec, ...change };
    this.#observer.onChange();
  }

  /**
   * The worker, started when there is none. Concurrent callers share one start; a caller that gives up does not end it, and
   * a restart meanwhile is waited for.
   * @throws CjmError CJM_WORKER_START_FAILED, CJM_WORKER_START_TIMEOUT, CJM_WORKER_HELD_BACK, CJM_WORKER_CRASH_LOOP,
   * CJM_CAPABILITY_NOT_LOADED once it was unloaded, ...
   */
  async worker(signal?: AbortSignal): Promise<LiveWorker> {
    for (;;) {
      if (this.#live !== null) return this.#live;
      const start = this.#startOnce();
      try {
        return await abortable(start.worker, signal);
      } catch (error) {
        // That start was given up for a restart, or for good: the next one knows.
        if (signal?.aborted === true || !start.abort.signal.aborted) throw error;
      }
    }
  }

  /** The worker that serves, once a start that is under way has ended; null when there is none then. */
  async current(): Promise<LiveWorker | null> {
    await this.#starting?.worker.catch(() => {});
    return this.#live;
  }

  /** Ends the worker, or its start. Concurrent requests take their turn. */
  stop({ to, phase, reason, force = false }: StopRequest): Promise<void> {
    this.#starting?.abort.abort(new CjmError("CJM_WORKER_DIED", `The start of ${this.#spec.instanceId} was given up: ${reason}.`));
    // Whoever asks for a worker from now on gets one that starts after this end.
    this.#starting = null;
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
  async prefetch({ thresholdMs, signal }: { readonly thresholdMs?: number; readonly signal?: AbortSignal }): Promise<boolean> {
    const leave = await this.gate.enter(signal);
    try {
      return await runLifecycleCall({
        name: "a prefetch",
        worker: await this.worker(signal),
        instanceId: this.#spec.instanceId,
        services: this.#services,
        onProgress: (jobId, listener) => this.onProgress(jobId, listener),
        thresholdMs,
        signal,
        run: (client, jobId, until) => client.prefetch(jobId, until),
      });
    } finally {
      leave();
    }
  }

  /** Calls `listener` for progress of one job until the returned function is called. */
  onProgress(jobId: string, listener: (frame: ProgressFrame) => void): () => void {
    return this.#progress.listen(jobId, listener);
  }

  /** Writes a row about it, and about the worker that serves now, into the journal. */
  record(type: string, payload: JsonObject): void {
    recordEvent(this.#services, this.#spec, { type, payload, sessionId: this.#live?.process.sessionId ?? null });
  }

  #startOnce(): Start {
    if (this.#starting !== null) return this.#starting;
    const abort = new AbortController();
    const start = { worker: this.#lifecycle.run(() => this.#start(abort.signal)), abort };
    this.#starting = start;
    const settled = (): void => {
      if (this.#starting === start) this.#starting = null;
    };
    start.worker.then(settled, settled);
    return start;
  }

  async #start(signal: AbortSignal): Promise<LiveWorker> {
    const { instanceId } = this.#spec;
    if (this.#live !== null) return this.#live;
    if (this.#state === "stopped") {
      throw new CjmError("CJM_CAPABILITY_NOT_LOADED", `${instanceId} was unloaded.`, { details: { instanceId } });
    }
    signal.throwIfAborted();
    this.crashGuard.assertMayStart(instanceId);
    this.#to("starting");
    const beganMs = this.#services.clock.monotonicMs();
    let live: LiveWorker;
    try {
      live = await startWorker({
        spec: this.#spec,
        services: this.#services,
        onProgress: (jobId, listener) => this.onProgress(jobId, listener),
        deliver: (frame) => this.#progress.deliver(frame),
        signal,
      });
    } catch (error) {
      if (!signal.aborted) this.#countDeath(0);
      this.#to("down");
      throw error;
    }
    this.#live = live;
    this.#startMs = live.readyAtMs - beganMs;
    this.#to("ready");
    this.#watch(live);
    return live;
  }

  /** A worker that dies on its own takes the instance down until the next call starts another. */
  #watch(live: LiveWorker): void {
    void live.process.exited.then(() => {
      if (this.#live !== live) return;
      this.#live = null;
      this.#countDeath(this.#services.clock.monotonicMs() - live.readyAtMs);
      this.#to("down");
      // In its turn, so that neither an unload ends nor a start begins before this end is over.
      void this.#lifecycle.run(() =>
        endWorker(live, { spec: this.#spec, services: this.#services, phase: "died", reason: "it died by itself", graceMs: 0 }),
      );
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
