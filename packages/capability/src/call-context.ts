/**
 * Writes structured log lines that carry the job they belong to. `fields` are appended
 * to the message as JSON; an error among them gives the line its stack.
 */
export interface CallLogger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warning: LogMethod;
  readonly error: LogMethod;
}

type LogMethod = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface HeartbeatOptions {
  /** Between two beats. @default 500 */
  readonly intervalMs?: number;
  /** Progress to begin with, as in `progress`. @default what was reported last, or 0.5 */
  readonly fraction?: number;
}

/** What a running call knows of itself and can say to its host. One per call; calls may run at the same time. */
export interface CallContext {
  readonly jobId: string | null;
  readonly runId: string | null;
  readonly compositionId: string | null;
  readonly nodeId: string | null;
  /** Who asked for the job. */
  readonly actor: string | null;
  /** Free-form flags of the caller for this call, such as `force`. */
  readonly control: Readonly<Record<string, unknown>>;
  /** Aborts when the call is cancelled. `signal.aborted` is up to date also inside a synchronous loop. */
  readonly signal: AbortSignal;
  readonly cancelled: boolean;
  /** @throws CapabilityCancelledError when the call was cancelled */
  throwIfCancelled(): void;
  /** `fraction` is 0 to 1, or -1 for work of unknown length. Cheap enough for an inner loop. */
  progress(fraction: number, message?: string): void;
  /**
   * Shows a long silent step, such as a download, as alive: while `work` runs, the progress message counts its seconds,
   * `<base> (<elapsed>s)`. The base is `phase`, or what `work` itself has last reported with `progress`; the fraction stays
   * what was reported. Stops when `work` ends, whichever way, and passes on its result or error. Of several at a time the
   * innermost beats.
   *
   * Only work that awaits can be shown so: plain synchronous code holds the thread that would beat. Call `progress` inside
   * its loop instead, or move it to a thread or process of its own and await that.
   */
  heartbeat<Result>(phase: string, work: () => Result | PromiseLike<Result>, options?: HeartbeatOptions): Promise<Result>;
  readonly log: CallLogger;
  /**
   * Reports what the call consumed, unit by unit, such as `{ input_tokens: 812 }`; a unit reported again is replaced. Amounts
   * that are no finite numbers, and units beyond 8 KiB in all, are left out with a warning in the log.
   */
  reportUsage(usage: Readonly<Record<string, number>>): void;
  /** Leaves a row in the host's journal once the call has ended. */
  account(eventType: string, payload: Readonly<Record<string, unknown>>): void;
  /** Folder of this capability's own data. Exists; shared by all its instances. */
  readonly dataDir: string;
}
