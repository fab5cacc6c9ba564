import type { CallContext, CallLogger, HeartbeatOptions } from "@cjm/capability";
import type { CallMemory } from "../thread/call-memory.ts";
import type { AccountRecord, FromThread, LogLevel } from "../thread/thread-messages.ts";
import type { CallEnvelopeFields } from "./call-request.ts";
import { mergeUsage } from "./usage-report.ts";

// Not imported: an import reads every export of the module, and some of them load parts of Node that a start does not need.
const { inspect } = process.getBuiltinModule("node:util");

/** What one call needs of the thread that it runs in. */
export interface CallScopeOptions {
  readonly id: number;
  readonly envelope: CallEnvelopeFields;
  readonly memory: CallMemory;
  readonly dataDir: string;
  readonly loggerName: string;
  readonly minimumLevel: LogLevel;
  readonly post: (message: FromThread) => void;
  /** Makes the cancellation error of the capability's own copy of `@cjm/capability`. */
  readonly cancelledError: () => Error;
}

const LEVELS: readonly LogLevel[] = ["DEBUG", "INFO", "WARNING", "ERROR"];
/** Progress is pushed no more often than this; between pushes it can be read from the shared memory at any time. */
const PUSH_INTERVAL_MS = 100;
const HEARTBEAT_INTERVAL_MS = 500;
/** Where a heartbeat stands when nothing was reported before it. Source: the original's. */
const HEARTBEAT_FRACTION = 0.5;

/** The context of one call, as the capability sees it. */
export class CallScope implements CallContext {
  readonly accounts: AccountRecord[] = [];
  readonly #options: CallScopeOptions;
  /** Null until somebody asks for the signal: most calls do not, and making one costs as much as a small call. */
  #controller: AbortController | null = null;
  #log: CallLogger | null = null;
  /** Null as soon as the call has ended: the memory may be another call's from then on. */
  #memory: CallMemory | null;
  #cancelledAtEnd = false;
  #usage: Readonly<Record<string, number>> | null = null;
  #pushedAtMs = Number.NEGATIVE_INFINITY;
  #unpushed: { readonly progress: number; readonly message: string } | null = null;
  /** What the capability itself has reported last; heartbeats count on top of it. */
  #reported: { readonly progress: number; readonly message: string } | null = null;
  readonly #beating: symbol[] = [];

  constructor(options: CallScopeOptions) {
    this.#options = options;
    this.#memory = options.memory;
  }

  get jobId(): string | null {
    return this.#options.envelope.jobId;
  }
  get runId(): string | null {
    return this.#options.envelope.runId;
  }
  get compositionId(): string | null {
    return this.#options.envelope.compositionId;
  }
  get nodeId(): string | null {
    return this.#options.envelope.nodeId;
  }
  get actor(): string | null {
    return this.#options.envelope.actor;
  }
  get control(): Readonly<Record<string, unknown>> {
    return this.#options.envelope.control;
  }
  get dataDir(): string {
    return this.#options.dataDir;
  }

  get log(): CallLogger {
    if (this.#log !== null) return this.#log;
    const write = (level: LogLevel) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
      this.#writeFields(level, message, fields);
    this.#log = { debug: write("DEBUG"), info: write("INFO"), warning: write("WARNING"), error: write("ERROR") };
    return this.#log;
  }

  get cancelled(): boolean {
    if (!this.#isFlagged()) return false;
    this.abort();
    return true;
  }

  get signal(): AbortSignal {
    if (this.#isFlagged()) this.abort();
    return this.#abortController().signal;
  }

  throwIfCancelled(): void {
    if (this.cancelled) throw this.signal.reason;
  }

  /** Wakes whoever listens to the signal. The flag in the shared memory is set already. */
  abort(): void {
    const controller = this.#abortController();
    if (!controller.signal.aborted) controller.abort(this.#options.cancelledError());
  }

  progress(fraction: number, message = ""): void {
    const progress = fraction === -1 ? -1 : Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0));
    this.#reported = { progress, message: String(message) };
    this.#show(this.#reported);
  }

  async heartbeat<Result>(phase: string, work: () => Result | PromiseLike<Result>, options: HeartbeatOptions = {}): Promise<Result> {
    const { intervalMs = HEARTBEAT_INTERVAL_MS, fraction = this.#reported?.progress ?? HEARTBEAT_FRACTION } = options;
    this.progress(fraction, phase);
    const startedMs = performance.now();
    const beat = Symbol(phase);
    this.#beating.push(beat);
    const timer = setInterval(() => {
      if (this.#beating.at(-1) === beat) this.#beat(performance.now() - startedMs);
    }, intervalMs);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#beating.splice(this.#beating.indexOf(beat), 1);
    }
  }

  /** The call has ended. What its code does later is still told, but touches no shared memory. */
  end(): void {
    this.flush();
    this.#cancelledAtEnd = this.#isFlagged();
    this.#memory = null;
  }

  #isFlagged(): boolean {
    return this.#memory?.cancelled ?? this.#cancelledAtEnd;
  }

  /** Pushes the last progress, if it has not been. */
  flush(): void {
    if (this.#unpushed === null) return;
    this.#options.post({ type: "progress", id: this.#options.id, jobId: this.jobId, ...this.#unpushed });
    this.#unpushed = null;
    this.#pushedAtMs = performance.now();
  }

  /** What the call has reported to have used, or null. */
  get usage(): Readonly<Record<string, number>> | null {
    return this.#usage;
  }

  reportUsage(report: Readonly<Record<string, number>>): void {
    const { usage, refused } = mergeUsage(this.#usage ?? {}, report);
    this.#usage = Object.keys(usage).length === 0 ? null : usage;
    if (refused.length > 0) this.log.warning("Usage is left out: no finite number, or too many units.", { units: refused });
    if (this.#usage !== null) this.#options.post({ type: "usage", id: this.#options.id, usage: this.#usage });
  }

  account(eventType: string, payload: Readonly<Record<string, unknown>>): void {
    this.accounts.push({ event_type: String(eventType), payload: plainPayload(payload) });
  }

  /** A log line from the worker itself about this call. */
  writeLog(level: LogLevel, message: string, excText: string | null): void {
    const { post, loggerName, minimumLevel } = this.#options;
    if (LEVELS.indexOf(level) < LEVELS.indexOf(minimumLevel)) return;
    post({ type: "log", atMs: Date.now(), level, logger: loggerName, message, jobId: this.jobId, excText });
  }

  #beat(elapsedMs: number): void {
    const { progress, message } = this.#reported ?? { progress: HEARTBEAT_FRACTION, message: "" };
    const elapsed = `(${(elapsedMs / 1000).toFixed(1)}s)`;
    this.#show({ progress, message: message === "" ? elapsed : `${message} ${elapsed}` });
  }

  #show(progress: { readonly progress: number; readonly message: string }): void {
    this.#memory?.writeProgress(progress.progress, progress.message);
    this.#unpushed = progress;
    if (performance.now() - this.#pushedAtMs >= PUSH_INTERVAL_MS) this.flush();
  }

  #writeFields(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const errors = Object.values(fields).filter((value) => value instanceof Error);
    const rest = Object.fromEntries(Object.entries(fields).filter(([, value]) => !(value instanceof Error)));
    const suffix = Object.keys(rest).length === 0 ? "" : ` ${JSON.stringify(plainPayload(rest))}`;
    this.writeLog(level, `${String(message)}${suffix}`, errors.map((error) => error.stack ?? String(error)).join("\n") || null);
  }

  #abortController(): AbortController {
    this.#controller ??= this.#watchingController();
    return this.#controller;
  }

  /** Code that keeps the signal and asks it in a synchronous loop must see what the other thread wrote meanwhile. */
  #watchingController(): AbortController {
    const controller = new AbortController();
    const { signal } = controller;
    const inherited = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted");
    Object.defineProperty(signal, "aborted", {
      configurable: true,
      get: () => {
        const already = inherited?.get?.call(signal) === true;
        if (already || !this.#isFlagged()) return already;
        controller.abort(this.#options.cancelledError());
        return true;
      },
    });
    return controller;
  }
}

/** As JSON would carry it; what it cannot carry becomes text, since a call must not fail over its own account. */
function plainPayload(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(payload, (_key, value: unknown) => (isUnlikeJson(value) ? textOf(value) : value))) as Record<
      string,
      unknown
    >;
  } catch {
    return { text: inspect(payload) };
  }
}

function isUnlikeJson(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") return true;
  return value instanceof Map || value instanceof Set || value instanceof Error || ArrayBuffer.isView(value);
}

function textOf(value: unknown): string {
  if (value instanceof Error) return String(value);
  return typeof value === "number" || typeof value === "bigint" ? `${value}` : inspect(value);
}
