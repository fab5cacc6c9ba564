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
  readonly log: CallLogger;
  /** Reports what the call consumed, unit by unit; a unit reported again is replaced. */
  reportUsage(usage: Readonly<Record<string, number>>): void;
  /** Leaves a row in the host's journal once the call has ended. */
  account(eventType: string, payload: Readonly<Record<string, unknown>>): void;
  /** Folder of this capability's own data. Exists; shared by all its instances. */
  readonly dataDir: string;
}
