import type { Clock } from "@cjm/core";
import type { HostRows } from "./host-rows.ts";
import type { HostRow, HostWatch } from "./host-watch.ts";
import type { TurnTransactions } from "./turn-transactions.ts";

interface HeartbeatParts {
  readonly hosts: HostRows;
  readonly watch: HostWatch;
  readonly turns: TurnTransactions;
  readonly clock: Clock;
  readonly heartbeatMs: number;
}

interface Seen {
  readonly rows: readonly HostRow[];
  readonly lastId: number;
}

interface Beaten extends Seen {
  readonly hostId: number;
}

/**
 * Beats for this host, and looks at the others with every beat: whoever listens is called when one of them left or is gone, once
 * for each. That is all the polling there is.
 */
export class HostHeartbeat {
  readonly #parts: HeartbeatParts;
  readonly #listeners = new Set<() => void>();
  #present: ReadonlySet<number>;
  #announced: ReadonlySet<number> = new Set();
  #lastId: number;
  /** Of hosts that this one removed before any beat saw them. */
  #unseenRemoved = 0;
  #cancelTimer = (): void => {};
  #ended = false;

  constructor(parts: HeartbeatParts, { rows, lastId }: Seen) {
    this.#parts = parts;
    this.#present = new Set(rows.map(({ hostId }) => hostId));
    this.#lastId = lastId;
    this.#schedule();
  }

  /** The returned function takes it back. */
  onWake(fn: () => void): () => void {
    // Wrapped, so that one function given twice is called twice and taken back one by one.
    const listener = (): void => fn();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  /** What this host removed itself is no news to it. */
  forget(hostIds: readonly number[]): void {
    this.#present = new Set([...this.#present].filter((id) => !hostIds.includes(id)));
    this.#unseenRemoved += hostIds.filter((id) => id > this.#lastId).length;
  }

  end(): void {
    this.#ended = true;
    this.#cancelTimer();
  }

  #schedule(): void {
    if (!this.#ended) this.#cancelTimer = this.#parts.clock.schedule(this.#parts.heartbeatMs, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const seen = await this.#write();
    this.#schedule();
    if (seen === null || this.#ended) return;
    if (this.#isNews(seen)) this.wake();
  }

  /** Null when the store cannot be written: it says so to whoever works with it, and the next beat tries again. */
  async #write(): Promise<Beaten | null> {
    const { hosts, turns, clock } = this.#parts;
    const beat = (hostId: number): Beaten => {
      hosts.beat(hostId, clock.now());
      return { hostId, rows: hosts.all(), lastId: hosts.lastId() };
    };
    return await turns.add(beat).catch(() => null);
  }

  #isNews({ rows, lastId, hostId }: Beaten): boolean {
    const present = new Set(rows.map((row) => row.hostId));
    const left = [...this.#present].some((id) => !present.has(id));
    const arrived = rows.filter((row) => row.hostId > this.#lastId).length;
    const cameAndLeft = lastId - this.#lastId > arrived + this.#unseenRemoved;
    const others = rows.filter((row) => row.hostId !== hostId);
    const gone = this.#parts.watch.goneAmong(others).map((row) => row.hostId);
    const isNewlyGone = gone.some((id) => !this.#announced.has(id));
    this.#present = present;
    this.#announced = new Set(gone);
    this.#lastId = lastId;
    this.#unseenRemoved = 0;
    return left || cameAndLeft || isNewlyGone;
  }
}
