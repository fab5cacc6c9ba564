import type { Clock, SystemStatus } from "@cjm/core";
import type { CapabilityRuntime } from "../capability-runtime.ts";

interface TelemetryParts {
  readonly runtime: Pick<CapabilityRuntime, "systemStatus">;
  readonly clock: Clock;
  /** Called when the machine is asked; what it returns, when the answer is in. */
  readonly onAsked: () => () => void;
  /** Called when an answer came that nobody waited for. */
  readonly onRefreshed: () => void;
  readonly report: (error: unknown) => void;
}

/** Younger than this, an answer is taken as it is. */
const FRESH_MS = 1000;
const RENEW_MS = 100;
/** Younger than this, it is taken while the next one is on its way: what started since is in the ledger anyway. */
const USABLE_MS = 10_000;
const TIMEOUT_MS = 2000;

/** What the machine has free, asked for at most once a second however many jobs start, and never waited for while an older answer will do. */
export class AdmissionTelemetry {
  readonly #parts: TelemetryParts;
  #last: { readonly status: SystemStatus | null; readonly atMs: number } | null = null;
  #request: Promise<void> | null = null;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
  }

  /** The last answer without asking; null: none, or too old. */
  get known(): SystemStatus | null {
    return this.#ageMs() < USABLE_MS ? (this.#last?.status ?? null) : null;
  }

  /** An answer that will do, asking if there is none. Null: nobody measures this machine. */
  async current(): Promise<SystemStatus | null> {
    const age = this.#ageMs();
    if (age >= USABLE_MS) await this.refresh();
    else if (age >= FRESH_MS) void this.refresh().then(this.#parts.onRefreshed);
    return this.#last?.status ?? null;
  }

  /** A new answer; one request at a time. */
  refresh(): Promise<void> {
    this.#request ??= this.#ask().finally(() => {
      this.#request = null;
    });
    return this.#request;
  }

  /** When a job that resources hold up may have it asked again; however many jobs end meanwhile, it is ten times a second at most. */
  renewableInMs(): number {
    return Math.max(0, RENEW_MS - this.#ageMs());
  }

  #ageMs(): number {
    return this.#last === null ? Number.POSITIVE_INFINITY : this.#parts.clock.monotonicMs() - this.#last.atMs;
  }

  async #ask(): Promise<void> {
    const { runtime, clock, onAsked, report } = this.#parts;
    const onAnswered = onAsked();
    const abort = new AbortController();
    const late = Promise.withResolvers<null>();
    const cancelTimer = clock.schedule(TIMEOUT_MS, () => {
      abort.abort();
      late.resolve(null);
    });
    let status: SystemStatus | null = null;
    try {
      status = await Promise.race([runtime.systemStatus(abort.signal), late.promise]);
    } catch (error) {
      report(error);
    } finally {
      cancelTimer();
    }
    this.#last = { status, atMs: clock.monotonicMs() };
    onAnswered();
  }
}
