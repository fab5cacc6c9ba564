import { Worker } from "node:worker_threads";
import { systemErrorCode } from "@cjm/core/plain";
import type { ErrorFacts } from "../capability/error-facts.ts";
import { RunningCalls } from "./running-calls.ts";
import { transferOf } from "./thread-json.ts";
import {
  FOLLOWED,
  type FromThread,
  type LoadedCapability,
  type OperationName,
  type Outcome,
  type ThreadData,
  type ThreadOptions,
  type ToThread,
} from "./thread-messages.ts";

type DoneMessage = Extract<FromThread, { type: "done" }>;
type LogMessage = Extract<FromThread, { type: "log" }>;
type ProgressMessage = Extract<FromThread, { type: "progress" }>;

export interface CapabilityThreadEvents {
  readonly onLog: (message: LogMessage) => void;
  readonly onProgress: (message: ProgressMessage) => void;
  /** The thread has ended by itself: the process must follow. */
  readonly onDeath: (death: ThreadDeath) => void;
}

export interface ThreadDeath {
  /** Null when the thread's code called `process.exit`. */
  readonly error: Error | null;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
}

/** How a stream's reader is told what comes. */
export interface StreamReader {
  readonly onBegun: () => void;
  readonly onChunk: (line: string) => void;
}

interface Waiting {
  readonly operation: OperationName;
  readonly resolve: (done: DoneMessage) => void;
  readonly reader: StreamReader | null;
}

const CANCELLED_BEFORE_BEGIN: ErrorFacts = {
  name: "CapabilityCancelledError",
  builtin: null,
  message: "The call was cancelled before it began.",
  stack: null,
  code: null,
  declared: { category: "transient", retriable: false, retryAfterSeconds: null, fieldsInvalid: null, resourceShortfall: null },
};

/** The thread could not load the capability. */
export class CapabilityLoadError extends Error {
  override readonly name = "CapabilityLoadError";
  readonly facts: ErrorFacts;
  readonly hint: string;

  constructor(facts: ErrorFacts, hint: string) {
    super(facts.message);
    this.facts = facts;
    this.hint = hint;
  }
}

/** The capability as the server sees it: a thread of its own that may be busy, and what is known of it without asking. */
export class CapabilityThread {
  /** Resolves when the class is loaded and its instance made. @throws CapabilityLoadError */
  readonly loaded: Promise<LoadedCapability>;
  readonly calls = new RunningCalls();
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** What happened before anybody observed. */
  readonly #early: ((events: CapabilityThreadEvents) => void)[] = [];
  #events: CapabilityThreadEvents | null = null;
  #capability: LoadedCapability | null = null;
  #config: Readonly<Record<string, unknown>> = {};
  #usage: Readonly<Record<string, number>> | null = null;

  /** Starts at once; what the rest of the program needs is loaded beside it. */
  constructor(options: ThreadOptions) {
    const loaded = Promise.withResolvers<LoadedCapability>();
    this.loaded = loaded.promise;
    // Awaited later; a failure must not count as unhandled until then.
    loaded.promise.catch(() => undefined);
    this.#worker = new Worker(new URL("../start.mjs", import.meta.url), {
      workerData: { ...options, memories: this.calls.memories.buffer } satisfies ThreadData,
      name: "capability",
    });
    this.#worker.on("message", (message: FromThread) => {
      if (message.type === "loaded") {
        this.#capability = message.capability;
        loaded.resolve(message.capability);
      } else if (message.type === "failed") {
        failed = true;
        loaded.reject(new CapabilityLoadError(message.error, message.hint));
      } else this.#receive(message);
    });
    let error: Error | null = null;
    // A thread that could not load has nothing left to do and ends: that is no death of its own.
    let failed = false;
    this.#worker.on("error", (thrown: unknown) => {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    });
    this.#worker.on("exit", (exitCode) => {
      const outOfMemory = systemErrorCode(error) === "ERR_WORKER_OUT_OF_MEMORY";
      if (!failed) this.#tell((events) => events.onDeath({ error, exitCode, outOfMemory }));
    });
  }

  /** What is known of the capability. @throws Error before it is loaded */
  get capability(): LoadedCapability {
    if (this.#capability === null) throw new Error("The capability is not loaded yet.");
    return this.#capability;
  }

  /** Hands on what the thread has to say, from its beginning. */
  observe(events: CapabilityThreadEvents): void {
    this.#events = events;
    for (const happened of this.#early.splice(0)) happened(events);
  }

  /** The effective configuration; `{}` before the first. */
  get config(): Readonly<Record<string, unknown>> {
    return this.#config;
  }

  /** What the latest call has reported so far, or null. */
  get usage(): Readonly<Record<string, number>> | null {
    return this.#usage;
  }

  /** Starts an operation, on behalf of a job if that is known, and resolves with how it ended; it never rejects. */
  run(
    operation: OperationName,
    body: string | Uint8Array,
    jobId: string | null = null,
    reader: StreamReader | null = null,
  ): { id: number; done: Promise<DoneMessage> } {
    const { id, place } = this.calls.add(jobId);
    const { promise, resolve } = Promise.withResolvers<DoneMessage>();
    this.#waiting.set(id, { operation, resolve, reader });
    // A copy of its own that can be handed over: small buffers of Node are parts of a shared pool.
    const owned = typeof body === "string" ? body : new Uint8Array(body);
    this.#worker.postMessage({ type: "start", id, operation, jobId, body: owned, memory: place } satisfies ToThread, transferOf(owned));
    return { id, done: promise };
  }

  /** Cancels one job's operations, or with null all. Those that wait for a busy thread end at once. */
  cancel(jobId: string | null): void {
    for (const id of this.calls.cancel(jobId)) {
      this.#post({ type: "cancel", id });
      if (this.#canTakeBack(id)) this.#settle(id, { kind: "cancelled", error: CANCELLED_BEFORE_BEGIN });
    }
  }

  /** The thread has not taken it up, and what it will find then is the flag. */
  #canTakeBack(id: number): boolean {
    const waiting = this.#waiting.get(id);
    return waiting !== undefined && FOLLOWED.has(waiting.operation) && !this.calls.hasBegun(id);
  }

  credit(id: number, chunks: number): void {
    this.#post({ type: "credit", id, chunks });
  }

  abandon(id: number): void {
    this.#post({ type: "abandon", id });
  }

  /** Settles every call that waits, when the thread can no longer. */
  settleAll(error: ErrorFacts): void {
    for (const id of this.#waiting.keys()) this.#settle(id, { kind: "error", error });
  }

  #settle(id: number, outcome: Outcome): void {
    this.calls.end(id);
    this.#resolve({ type: "done", id, outcome, report: { accounts: [], usage: null, taskRun: null } });
  }

  #resolve(message: DoneMessage): void {
    this.#waiting.get(message.id)?.resolve(message);
    this.#waiting.delete(message.id);
  }

  #receive(message: Exclude<FromThread, { type: "loaded" | "failed" }>): void {
    switch (message.type) {
      case "begun":
        this.calls.learn(message.id, message.jobId);
        this.#waiting.get(message.id)?.reader?.onBegun();
        return;
      case "chunk":
        this.#waiting.get(message.id)?.reader?.onChunk(message.line);
        return;
      case "done":
        this.calls.release(message.id);
        this.#resolve(message);
        return;
      case "config":
        this.#config = message.config;
        return;
      case "usage":
        this.#usage = message.usage;
        return;
      case "log":
        this.#tell((events) => events.onLog(message));
        return;
      case "progress":
        this.#tell((events) => events.onProgress(message));
        return;
      default:
        message satisfies never;
    }
  }

  #tell(happened: (events: CapabilityThreadEvents) => void): void {
    if (this.#events === null) this.#early.push(happened);
    else happened(this.#events);
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}
