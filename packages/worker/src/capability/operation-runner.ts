import { CallMemory } from "../thread/call-memory.ts";
import type { LogLevel, OperationName } from "../thread/thread-messages.ts";
import { type FromThread, type Outcome, STREAM_WINDOW, type TaskRun } from "../thread/thread-messages.ts";
import { type CallRequest, NO_ENVELOPE, parseJsonObject, readCallRequest } from "./call-request.ts";
import { CallScope } from "./call-scope.ts";
import { CapabilityLife } from "./capability-life.ts";
import { errorFacts, isCancellation } from "./error-facts.ts";
import { HOOKS } from "./hooks.ts";
import type { CapabilityInHand } from "./load-capability.ts";
import { resultJson } from "./result-json.ts";
import { StreamSender } from "./stream-sender.ts";
import type { TaskAdapters } from "./task-adapters.ts";

export interface OperationRunnerOptions {
  readonly capability: CapabilityInHand;
  readonly adapters: TaskAdapters;
  readonly dataDir: string;
  readonly minimumLevel: LogLevel;
  readonly post: (message: FromThread, transfer?: ArrayBuffer[]) => void;
}

interface Operation {
  readonly id: number;
  readonly name: OperationName;
  readonly body: Uint8Array;
  readonly memory: CallMemory;
}

/** How a call ended, and for a task what was called. */
interface Ended {
  readonly outcome: Outcome;
  readonly taskRun: TaskRun | null;
}

/** Runs what the server thread asks for. Every operation ends with exactly one `done`. */
export class OperationRunner {
  readonly #options: OperationRunnerOptions;
  readonly #life: CapabilityLife;
  readonly #running = new Map<number, { readonly scope: CallScope; readonly stream: StreamSender | null }>();

  constructor(options: OperationRunnerOptions) {
    this.#options = options;
    this.#life = new CapabilityLife(options.capability, (config) => options.post({ type: "config", config }));
  }

  async start(id: number, name: OperationName, body: Uint8Array, buffer: SharedArrayBuffer): Promise<void> {
    const operation: Operation = { id, name, body, memory: new CallMemory(buffer) };
    if (name !== "execute" && name !== "task" && name !== "stream") return this.#runHook(operation, name);
    const request = readCallRequest(body);
    if (request === null) {
      this.#options.post({ type: "done", id, outcome: { kind: "malformed" }, report: { accounts: [], taskRun: null } });
      return;
    }
    await this.#runCall(operation, request);
  }

  cancel(id: number): void {
    this.#running.get(id)?.scope.abort();
  }

  credit(id: number, chunks: number): void {
    this.#running.get(id)?.stream?.credit(chunks);
  }

  abandon(id: number): void {
    this.#running.get(id)?.stream?.abandon();
  }

  async #runCall(operation: Operation, request: CallRequest): Promise<void> {
    const scope = this.#scope(operation, request);
    const stream =
      operation.name === "stream"
        ? new StreamSender(STREAM_WINDOW, (line) => this.#options.post({ type: "chunk", id: operation.id, line }))
        : null;
    this.#running.set(operation.id, { scope, stream });
    this.#options.post({ type: "begun", id: operation.id, jobId: request.envelope.jobId });
    let ended: Ended;
    try {
      ended = await this.#perform(operation, request, scope, stream);
    } catch (error) {
      ended = { outcome: failure(error, operation.memory.cancelled), taskRun: null };
    }
    this.#running.delete(operation.id);
    this.#finish(operation.id, ended.outcome, scope, ended.taskRun);
  }

  async #perform(operation: Operation, request: CallRequest, scope: CallScope, stream: StreamSender | null): Promise<Ended> {
    const { instance } = this.#options.capability;
    scope.throwIfCancelled();
    if (operation.name === "task") return this.#performTask(operation, request, scope);
    if (request.badArguments !== null) throw new TypeError(request.badArguments);
    await this.#life.ready(scope);
    // It may have been cancelled while the capability was still being initialised.
    scope.throwIfCancelled();
    if (stream === null) {
      const result = await instance.execute(request.kwargs, scope, request.args);
      return { outcome: valueOutcome(result), taskRun: null };
    }
    await stream.send(instance.executeStream(request.kwargs, scope, request.args));
    return { outcome: { kind: "end" }, taskRun: null };
  }

  async #performTask(operation: Operation, request: CallRequest, scope: CallScope): Promise<Ended> {
    const { task, method, kwargs } = request;
    const found = this.#options.adapters.find(task, method);
    if ("absent" in found) return { outcome: { kind: "absent", detail: found.absent }, taskRun: null };
    const startedMs = performance.now();
    let outcome: Outcome;
    try {
      if (request.badArguments !== null) throw new TypeError(request.badArguments);
      await this.#life.ready(scope);
      outcome = valueOutcome(await found.call(kwargs, scope));
    } catch (error) {
      outcome = failure(error, operation.memory.cancelled);
    }
    return { outcome, taskRun: { task, method, durationMs: performance.now() - startedMs } };
  }

  async #runHook(operation: Operation, name: keyof typeof HOOKS): Promise<void> {
    const scope = this.#scope(operation, null);
    this.#running.set(operation.id, { scope, stream: null });
    let outcome: Outcome;
    try {
      const result = await HOOKS[name]({
        capability: this.#options.capability,
        life: this.#life,
        body: parseJsonObject(operation.body),
        scope,
      });
      outcome = valueOutcome(result);
    } catch (error) {
      outcome = failure(error, operation.memory.cancelled);
      if (outcome.kind === "error") scope.writeLog("ERROR", `${name} failed: ${outcome.error.message}`, outcome.error.stack);
    }
    this.#running.delete(operation.id);
    this.#finish(operation.id, outcome, scope, null);
  }

  #finish(id: number, outcome: Outcome, scope: CallScope, taskRun: TaskRun | null): void {
    scope.flush();
    const transfer = outcome.kind === "value" ? [outcome.json.buffer as ArrayBuffer] : [];
    this.#options.post({ type: "done", id, outcome, report: { accounts: scope.accounts, taskRun } }, transfer);
  }

  #scope(operation: Operation, request: CallRequest | null): CallScope {
    const { capability, dataDir, minimumLevel, post } = this.#options;
    return new CallScope({
      id: operation.id,
      envelope: request?.envelope ?? NO_ENVELOPE,
      memory: operation.memory,
      dataDir,
      loggerName: capability.identity.name,
      minimumLevel,
      post,
      cancelledError: () => capability.port.cancelledError(),
    });
  }
}

function valueOutcome(result: unknown): Outcome {
  return { kind: "value", json: new TextEncoder().encode(resultJson(result)) };
}

function failure(error: unknown, cancelled: boolean): Outcome {
  return { kind: isCancellation(error, cancelled) ? "cancelled" : "error", error: errorFacts(error) };
}
