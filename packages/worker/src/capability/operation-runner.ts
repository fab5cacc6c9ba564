import type { CallMemories } from "../thread/call-memories.ts";
import type { CallMemory } from "../thread/call-memory.ts";
import { type ThreadJson, threadJson, transferOf } from "../thread/thread-json.ts";
import type { FromThread, LogLevel, OperationName, Outcome, TaskRun, ToThread } from "../thread/thread-messages.ts";
import { FOLLOWED, STREAM_WINDOW } from "../thread/thread-messages.ts";
import {
  type CallEnvelopeFields,
  type CallRequest,
  callRequestOf,
  NO_ENVELOPE,
  parseLenientObject,
  readCallRequest,
} from "./call-request.ts";
import { CallScope } from "./call-scope.ts";
import { CapabilityLife } from "./capability-life.ts";
import { errorFacts, isCancellation } from "./error-facts.ts";
import { HOOKS } from "./hooks.ts";
import { LatestUsage } from "./latest-usage.ts";
import type { CapabilityInHand } from "./load-capability.ts";
import { resultJson } from "./result-json.ts";
import { StreamSender } from "./stream-sender.ts";
import type { TaskAdapters, TaskMethod } from "./task-adapters.ts";

export interface OperationRunnerOptions {
  readonly capability: CapabilityInHand;
  readonly adapters: TaskAdapters;
  readonly memories: CallMemories;
  readonly dataDir: string;
  readonly minimumLevel: LogLevel;
  readonly post: (message: FromThread, transfer?: ArrayBuffer[]) => void;
}

interface Operation {
  readonly id: number;
  readonly name: OperationName;
  readonly jobId: string | null;
  readonly body: ThreadJson;
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
  readonly #usage: LatestUsage;
  #begunCalls = 0;
  readonly #running = new Map<number, { readonly scope: CallScope; readonly stream: StreamSender | null }>();

  constructor(options: OperationRunnerOptions) {
    this.#options = options;
    this.#usage = new LatestUsage(options.post);
    this.#life = new CapabilityLife(options.capability, (config) => options.post({ type: "config", config }));
  }

  async start({ id, operation: name, jobId, body, memory }: Extract<ToThread, { type: "start" }>): Promise<void> {
    const operation: Operation = { id, name, jobId, body, memory: this.#options.memories.at(memory) };
    if (name !== "execute" && name !== "task" && name !== "stream") return this.#runHook(operation, name);
    const request = readCallRequest(body) ?? callRequestOf(await parseLenientObject(body));
    if (request === null) return this.#refuse(id, { kind: "malformed" });
    if (name !== "task") return this.#runCall(operation, request, null);
    const found = this.#options.adapters.find(request.task, request.method);
    if ("absent" in found) return this.#refuse(id, { kind: "absent", detail: found.absent });
    await this.#runCall(operation, request, found.call);
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

  /** There is no call to begin. */
  #refuse(id: number, outcome: Outcome): void {
    this.#options.post({ type: "done", id, outcome, report: { accounts: [], usage: null, taskRun: null } });
  }

  async #runCall(operation: Operation, request: CallRequest, taskMethod: TaskMethod | null): Promise<void> {
    const scope = this.#scope(operation, request.envelope);
    const stream =
      operation.name === "stream"
        ? new StreamSender(STREAM_WINDOW, (line) => this.#options.post({ type: "chunk", id: operation.id, line }))
        : null;
    this.#running.set(operation.id, { scope, stream });
    operation.memory.begin(++this.#begunCalls);
    this.#usage.begin(operation.id);
    const { jobId } = request.envelope;
    if (stream !== null || jobId !== operation.jobId) this.#options.post({ type: "begun", id: operation.id, jobId });
    let ended: Ended;
    try {
      scope.throwIfCancelled();
      ended = await (taskMethod === null
        ? this.#perform(request, scope, stream)
        : this.#performTask(operation, request, scope, taskMethod));
    } catch (error) {
      ended = { outcome: failure(error, operation.memory.cancelled), taskRun: null };
    }
    if (stream !== null) warnOfLostAccounts(scope, "a stream, whose headers went out first");
    this.#running.delete(operation.id);
    this.#finish(operation.id, ended.outcome, scope, ended.taskRun);
  }

  async #perform(request: CallRequest, scope: CallScope, stream: StreamSender | null): Promise<Ended> {
    const { instance } = this.#options.capability;
    if (request.badArguments !== null) throw new TypeError(request.badArguments);
    await this.#ready(scope);
    if (stream === null) {
      const result = await instance.execute(request.kwargs, scope, request.args);
      return { outcome: valueOutcome(result), taskRun: null };
    }
    await stream.send(instance.executeStream(request.kwargs, scope, request.args));
    return { outcome: { kind: "end" }, taskRun: null };
  }

  async #performTask(operation: Operation, request: CallRequest, scope: CallScope, run: TaskMethod): Promise<Ended> {
    const { task, method, kwargs } = request;
    const startedMs = performance.now();
    let outcome: Outcome;
    try {
      if (request.badArguments !== null) throw new TypeError(request.badArguments);
      await this.#ready(scope);
      outcome = valueOutcome(await run(kwargs, scope));
    } catch (error) {
      outcome = failure(error, operation.memory.cancelled);
    }
    return { outcome, taskRun: { task, method, durationMs: performance.now() - startedMs } };
  }

  /** Waits until the capability is ready, or the call cancelled, which it may be while the other initialises. */
  async #ready(scope: CallScope): Promise<void> {
    if (this.#life.isReady) return;
    const cancelled = Promise.withResolvers<void>();
    const onAbort = (): void => cancelled.resolve();
    scope.signal.addEventListener("abort", onAbort);
    try {
      await Promise.race([this.#life.ready(scope), cancelled.promise]);
    } finally {
      scope.signal.removeEventListener("abort", onAbort);
    }
    scope.throwIfCancelled();
  }

  async #runHook(operation: Operation, name: keyof typeof HOOKS): Promise<void> {
    const scope = this.#scope(operation, { ...NO_ENVELOPE, jobId: operation.jobId });
    this.#running.set(operation.id, { scope, stream: null });
    if (FOLLOWED.has(name)) operation.memory.begin(++this.#begunCalls);
    let outcome: Outcome;
    try {
      scope.throwIfCancelled();
      const result = await HOOKS[name]({
        capability: this.#options.capability,
        life: this.#life,
        body: await parseLenientObject(operation.body),
        scope,
      });
      outcome = valueOutcome(result);
    } catch (error) {
      outcome = failure(error, operation.memory.cancelled);
      if (outcome.kind === "error") scope.writeLog("ERROR", `${name} failed: ${outcome.error.message}`, outcome.error.stack);
    }
    warnOfLostAccounts(scope, `${name}, whose answer cannot carry any`);
    this.#running.delete(operation.id);
    this.#finish(operation.id, outcome, scope, null);
  }

  #finish(id: number, outcome: Outcome, scope: CallScope, taskRun: TaskRun | null): void {
    scope.end();
    const transfer = outcome.kind === "value" ? transferOf(outcome.json) : [];
    this.#options.post({ type: "done", id, outcome, report: { accounts: scope.accounts, usage: scope.usage, taskRun } }, transfer);
  }

  #scope(operation: Operation, envelope: CallEnvelopeFields): CallScope {
    const { capability, dataDir, minimumLevel, post } = this.#options;
    return new CallScope({
      id: operation.id,
      envelope,
      memory: operation.memory,
      dataDir,
      loggerName: capability.identity.name,
      minimumLevel,
      post: (message) => (message.type === "usage" ? this.#usage.report(message) : post(message)),
      cancelledError: () => capability.port.cancelledError(),
    });
  }
}

function warnOfLostAccounts(scope: CallScope, whose: string): void {
  if (scope.accounts.length === 0) return;
  scope.log.warning(`Accounts are lost that were recorded by ${whose}.`, {
    event_types: scope.accounts.map((account) => account.event_type),
  });
}

function valueOutcome(result: unknown): Outcome {
  return { kind: "value", json: threadJson(resultJson(result)) };
}

function failure(error: unknown, cancelled: boolean): Outcome {
  return { kind: isCancellation(error, cancelled) ? "cancelled" : "error", error: errorFacts(error) };
}
