import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Duplex, Readable } from "node:stream";
import { type CjmError, type Clock, type DiagnosticsStore, type Manifest, parseTimestamp, type WorkerSessionId } from "@cjm/core";
import { CONTROL_FD, type WorkerFrame } from "@cjm/protocol";
import { ControlChannel, type ProgressFrame } from "./control-channel.ts";
import { DiagnosticsPump } from "./diagnostics-pump.ts";
import { killProcesses, killSession, signalGroup } from "./end-processes.ts";
import { errorOfDeath, errorOfTransport, type FailureSubject } from "./failure-classifier.ts";
import { type ProcessUse, readProcessTree } from "./process-tree.ts";
import { cannotRun, diedBeforeReady, reportedFailure, startTimeout } from "./start-errors.ts";
import { transportFault } from "./transport-fault.ts";
import type { WorkerEndpoint } from "./worker-endpoint.ts";
import type { WorkerExit } from "./worker-exit.ts";
import { workerLaunch } from "./worker-launch.ts";

export interface WorkerProcessOptions {
  readonly instanceId: string;
  readonly manifest: Manifest;
  readonly sessionId: WorkerSessionId;
  readonly socketPath: string;
  /** `module:Class` of the task adapters to bind. */
  readonly adapters: readonly string[];
  /** The whole environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly diagnostics: DiagnosticsStore;
  readonly clock: Clock;
  readonly onProgress: (frame: ProgressFrame) => void;
  /** The diagnostics store failed; told once. */
  readonly onDiagnosticsLost: (error: unknown) => void;
}

/** Longer than our workers allow themselves for their last answers and the capability's cleanup together. */
export const TERMINATION_GRACE_MS = 7_000;
/** How long the end of a process may take to be known after its connection or its control channel was closed. */
const EXIT_NEWS_MS = 1_000;
/** How long output may still come after the end: a process of another user may hold the pipe open for ever. */
const LAST_OUTPUT_MS = 500;

/**
 * One worker process with everything that belongs to it: control channel, output, token, exit. It knows nothing of HTTP.
 * It is ended by `terminate()`, and by the end of this process: the kernel then closes the control channel.
 */
export class WorkerProcess implements AsyncDisposable {
  readonly sessionId: WorkerSessionId;
  /** Resolves when the process has ended, everything it had started is killed, and its output has been read. */
  readonly exited: Promise<WorkerExit>;
  readonly #options: WorkerProcessOptions;
  readonly #subject: FailureSubject;
  readonly #child: ChildProcess;
  readonly #channel: ControlChannel | null;
  readonly #output: DiagnosticsPump;
  readonly #token = randomBytes(32).toString("hex");
  readonly #ready = Promise.withResolvers<WorkerEndpoint>();
  #exit: WorkerExit | null = null;
  #endedBy: string | null = null;
  /** Its descendants when it was first told to end. */
  #tree: readonly ProcessUse[] = [];

  /** Spawns at once. @throws CjmError CJM_MANIFEST_INVALID, CJM_WORKER_START_FAILED */
  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.#subject = { instanceId: options.instanceId, capabilityName: options.manifest.code.name };
    this.sessionId = options.sessionId;
    const { command, args } = workerLaunch(options.manifest, options.socketPath, options.adapters);
    this.#child = this.#spawn(command, args);
    const { diagnostics: store, clock, sessionId, onDiagnosticsLost: onLoss } = options;
    this.#output = new DiagnosticsPump({ store, clock, sessionId, onLoss });
    this.exited = this.#watchExit(command);
    // Whoever waits for readiness sees the failure; nobody else has to.
    this.#ready.promise.catch(() => {});
    // Without a descriptor left there are no streams, and the failure is an event that comes later.
    const { stdout, stderr, stdio } = this.#child as { stdout?: Readable; stderr?: Readable; stdio?: readonly unknown[] };
    if (stdout != null) this.#output.attach(stdout, "stdout");
    if (stderr != null) this.#output.attach(stderr, "stderr");
    const control = stdio?.[CONTROL_FD];
    this.#channel =
      control == null
        ? null
        : new ControlChannel(control as Duplex, { onFrame: (frame) => this.#take(frame), onClosed: () => this.#channelClosed() });
    this.#channel?.hello(this.#token, sessionId);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get exit(): WorkerExit | null {
    return this.#exit;
  }

  get lastOutput(): readonly string[] {
    return this.#output.lastLines;
  }

  /**
   * Resolves when the worker serves, with where. Whatever comes first decides: its ready frame, its own report of a failure, its end,
   * the deadline, the signal. On failure the process and its tree are gone when this rejects.
   * @throws CjmError CJM_WORKER_START_FAILED, CJM_WORKER_START_TIMEOUT, or the signal's reason
   */
  async ready(timeoutMs: number, signal?: AbortSignal): Promise<WorkerEndpoint> {
    const interrupted = Promise.withResolvers<never>();
    const cancelTimer = this.#options.clock.schedule(timeoutMs, () =>
      interrupted.reject(startTimeout(this.#subject, timeoutMs, this.lastOutput)),
    );
    const onAbort = (): void => interrupted.reject(signal?.reason);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([this.#ready.promise, interrupted.promise]);
    } catch (error) {
      // It serves nobody: nothing is lost by killing it.
      await this.terminate("it did not become ready", 0);
      throw error;
    } finally {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Ends the worker and every descendant it had, also those in other sessions and those that ignore SIGTERM. Idempotent;
   * the shortest grace of several calls counts.
   * @param reason of the first call, for whoever waits on it
   * @param graceMs how long it may take to end after SIGTERM; with zero it is killed at once
   */
  terminate(reason: string, graceMs: number = TERMINATION_GRACE_MS): Promise<WorkerExit> {
    if (this.#exit !== null) return this.exited;
    if (this.#endedBy === null) {
      this.#endedBy = reason;
      // Found before the signal: once the worker is gone, its descendants are nobody's children any more.
      this.#tree = readProcessTree(this.pid);
      if (graceMs > 0) signalGroup(this.pid, "SIGTERM");
    }
    if (graceMs > 0) {
      const timer = setTimeout(() => this.#kill(), graceMs);
      void this.exited.then(() => clearTimeout(timer));
    } else {
      this.#kill();
    }
    return this.exited;
  }

  /** The error for whoever waited on this worker when it died. */
  deathError(when: string): CjmError {
    const exit = this.#exit ?? { code: null, signal: null, endedBy: this.#endedBy };
    return errorOfDeath({ ...this.#subject, exit, lastOutput: this.lastOutput, when });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate("its owner was closed");
  }

  /** What a failed request to this worker means: its death explains a broken connection. Anything else stays what it is. */
  async explain(error: unknown, when: string): Promise<unknown> {
    const fault = transportFault(error);
    if (fault === null) return error;
    const death = fault === "broke" || this.#exit !== null ? await this.newsOfDeath(when) : null;
    return death ?? errorOfTransport(error, fault, this.#subject);
  }

  /** Its death, if it has ended or ends within the moment in which that would become known; null: it lives. */
  async newsOfDeath(when: string): Promise<CjmError | null> {
    await within(EXIT_NEWS_MS, this.exited);
    return this.#exit === null ? null : this.deathError(when);
  }

  /** A worker without its channel would not notice the end of this process; most often its own end closed it. */
  #channelClosed(): void {
    if (this.#exit !== null) return;
    void this.newsOfDeath("after it closed its control channel").then((death) => {
      if (death === null) void this.terminate("it closed its control channel", 0);
    });
  }

  #kill(): void {
    signalGroup(this.pid, "SIGKILL");
    killProcesses(this.#tree);
  }

  #spawn(command: string, args: readonly string[]): ChildProcess {
    try {
      return spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"], env: { ...this.#options.environment } });
    } catch (error) {
      throw cannotRun(this.#subject, command, error);
    }
  }

  #take(frame: WorkerFrame): void {
    switch (frame.type) {
      case "ready":
        this.#ready.resolve(
          frame.port == null ? { kind: "socket", path: this.#options.socketPath, token: this.#token } : { kind: "port", port: frame.port },
        );
        return;
      case "failed":
        this.#ready.reject(reportedFailure(this.#subject, frame.error));
        return;
      case "progress":
        this.#options.onProgress(frame);
        return;
      case "log":
        this.#output.record({
          occurredAt: parseTimestamp(frame.ts) ?? this.#options.clock.now(),
          workerSessionId: this.sessionId,
          jobId: frame.job_id ?? null,
          level: frame.level,
          loggerName: frame.logger,
          message: frame.message,
          excText: frame.exc_text ?? null,
        });
        return;
      default:
        frame satisfies never;
    }
  }

  #watchExit(command: string): Promise<WorkerExit> {
    const { promise, resolve } = Promise.withResolvers<WorkerExit>();
    const drained = new Promise<void>((done) => this.#child.once("close", () => done()));
    const end = async (code: number | null, signal: NodeJS.Signals | null): Promise<void> => {
      if (this.#exit !== null) return;
      const exit = { code, signal, endedBy: this.#endedBy };
      this.#exit = exit;
      this.#kill();
      killSession(this.sessionId);
      await within(LAST_OUTPUT_MS, drained);
      this.#output.flush();
      this.#channel?.close();
      this.#ready.reject(diedBeforeReady(this.deathError("before it was ready")));
      resolve(exit);
    };
    this.#child.once("error", (error) => {
      this.#ready.reject(cannotRun(this.#subject, command, error));
      void end(null, null);
    });
    this.#child.once("exit", (code, signal) => void end(code, signal));
    return promise;
  }
}

/** Resolves with the promise, at the latest after `ms`. What came while this process itself was held up is heard before that. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => setImmediate(late.resolve), ms);
  await Promise.race([promise, late.promise]);
  clearTimeout(timer);
}
