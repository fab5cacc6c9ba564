import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import {
  CjmError,
  type Clock,
  type DiagnosticsStore,
  errorFromJobError,
  type Manifest,
  parseTimestamp,
  type WorkerSessionId,
} from "@cjm/core";
import { CONTROL_FD, type WorkerFrame } from "@cjm/protocol";
import { ControlChannel, type ProgressFrame } from "./control-channel.ts";
import { killProcesses, killSession, signalGroup } from "./end-processes.ts";
import { errorOfDeath } from "./failure-classifier.ts";
import { OutputPump } from "./output-pump.ts";
import { readProcessTree } from "./process-tree.ts";
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
}

/** Longer than our workers allow themselves for their last answers and the capability's cleanup together. */
export const TERMINATION_GRACE_MS = 7_000;

/**
 * One worker process with everything that belongs to it: control channel, output, token, exit. It knows nothing of HTTP.
 * It is ended by `terminate()`, and by the end of this process: the kernel then closes the control channel.
 */
export class WorkerProcess implements AsyncDisposable {
  readonly sessionId: WorkerSessionId;
  /** Resolves when the process has ended and its output has been read. */
  readonly exited: Promise<WorkerExit>;
  readonly #options: WorkerProcessOptions;
  readonly #child: ChildProcess;
  readonly #channel: ControlChannel;
  readonly #output: OutputPump;
  readonly #token = randomBytes(32).toString("hex");
  readonly #ready = Promise.withResolvers<WorkerEndpoint>();
  #exit: WorkerExit | null = null;
  #endedBy: string | null = null;
  #termination: Promise<WorkerExit> | null = null;

  /** Spawns at once. @throws CjmError CJM_MANIFEST_INVALID, CJM_WORKER_START_FAILED */
  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.sessionId = options.sessionId;
    const { command, args } = workerLaunch(options.manifest, options.socketPath, options.adapters);
    this.#child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"], env: { ...options.environment } });
    this.#output = new OutputPump(options.diagnostics, options.clock, options.sessionId);
    if (this.#child.stdout !== null) this.#output.attach(this.#child.stdout, "stdout");
    if (this.#child.stderr !== null) this.#output.attach(this.#child.stderr, "stderr");
    this.#channel = new ControlChannel(this.#child.stdio[CONTROL_FD] as Duplex, (frame) => this.#take(frame));
    this.#channel.hello(this.#token, options.sessionId);
    this.exited = this.#watchExit(command);
    // Whoever waits for readiness sees the failure; nobody else has to.
    this.#ready.promise.catch(() => {});
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
    const cancelTimer = this.#options.clock.schedule(timeoutMs, () => interrupted.reject(this.#startTimeout(timeoutMs)));
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
   * concurrent calls share one end.
   * @param graceMs how long it may take to end after SIGTERM; with zero it is killed at once
   */
  terminate(reason: string, graceMs: number = TERMINATION_GRACE_MS): Promise<WorkerExit> {
    this.#termination ??= this.#terminate(reason, graceMs);
    return this.#termination;
  }

  /** The error for whoever waited on this worker when it died. */
  deathError(when: string): CjmError {
    const exit = this.#exit ?? { code: null, signal: null, endedBy: this.#endedBy };
    return errorOfDeath({
      instanceId: this.#options.instanceId,
      capabilityName: this.#options.manifest.code.name,
      exit,
      lastOutput: this.lastOutput,
      when,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate("its owner was closed");
  }

  async #terminate(reason: string, graceMs: number): Promise<WorkerExit> {
    if (this.#exit !== null) return this.exited;
    this.#endedBy = reason;
    // Found before the signal: once the worker is gone, its descendants are nobody's children any more.
    const tree = readProcessTree(this.pid);
    if (graceMs > 0) {
      signalGroup(this.pid, "SIGTERM");
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, graceMs);
      await Promise.race([this.exited, late.promise]);
      clearTimeout(timer);
    }
    signalGroup(this.pid, "SIGKILL");
    killProcesses(tree);
    return this.exited;
  }

  #take(frame: WorkerFrame): void {
    switch (frame.type) {
      case "ready":
        this.#ready.resolve(
          frame.port == null ? { kind: "socket", path: this.#options.socketPath, token: this.#token } : { kind: "port", port: frame.port },
        );
        return;
      case "failed": {
        const cause = errorFromJobError(frame.error, { capabilityName: this.#options.manifest.code.name });
        this.#ready.reject(
          new CjmError("CJM_WORKER_START_FAILED", `${this.#options.instanceId} could not be started: ${frame.error.message}`, {
            cause,
            jobError: frame.error,
            category: frame.error.category,
          }),
        );
        return;
      }
      case "progress":
        this.#options.onProgress(frame);
        return;
      case "log":
        this.#options.diagnostics.appendRecords([
          {
            occurredAt: parseTimestamp(frame.ts) ?? this.#options.clock.now(),
            workerSessionId: this.sessionId,
            jobId: frame.job_id ?? null,
            level: frame.level,
            loggerName: frame.logger,
            message: frame.message,
            excText: frame.exc_text ?? null,
          },
        ]);
        return;
      default:
        frame satisfies never;
    }
  }

  #watchExit(command: string): Promise<WorkerExit> {
    const { promise, resolve } = Promise.withResolvers<WorkerExit>();
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (this.#exit !== null) return;
      this.#exit = { code, signal, endedBy: this.#endedBy };
      killSession(this.sessionId);
      this.#output.flush();
      this.#channel.close();
      this.#ready.reject(this.#startFailure());
      resolve(this.#exit);
    };
    this.#child.once("error", (error) => {
      this.#ready.reject(
        new CjmError(
          "CJM_WORKER_START_FAILED",
          `${this.#options.instanceId} could not be started: ${command} cannot be run (${error.message}).`,
          {
            hint: "Run 'cjm-ctl install-all' to make its environment anew.",
            cause: error,
          },
        ),
      );
      end(null, null);
    });
    // 'exit' and not 'close': a descendant may hold the output open for ever.
    this.#child.once("exit", (code, signal) => setImmediate(end, code, signal));
    return promise;
  }

  #startFailure(): CjmError {
    const death = this.deathError("before it was ready");
    return new CjmError("CJM_WORKER_START_FAILED", death.message, { details: death.details, cause: death });
  }

  #startTimeout(timeoutMs: number): CjmError {
    const output = this.lastOutput.map((line) => `\n  | ${line}`).join("");
    return new CjmError(
      "CJM_WORKER_START_TIMEOUT",
      `${this.#options.instanceId} was not ready within ${timeoutMs / 1000} s.${output === "" ? " It printed nothing." : ` Its last output:${output}`}`,
      {
        details: { timeoutMs, lastOutput: this.lastOutput },
      },
    );
  }
}
