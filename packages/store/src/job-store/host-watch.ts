import type { Clock } from "@cjm/core";
import { type HostIdentity, type ProcessState, shareProcessTable, stateOfProcess } from "./host-identity.ts";

export interface HostRow extends HostIdentity {
  readonly hostId: number;
  /** Goes up by one with every heartbeat. */
  readonly beat: number;
  /** Unix milliseconds of the latest heartbeat, by that host's clock. */
  readonly beatAt: number;
}

interface HostFacts {
  readonly row: HostRow;
  readonly self: HostIdentity;
  /** What the process table says; null when it is not ours. */
  readonly process: ProcessState | null;
  /** How long its heartbeat was watched standing still. */
  readonly stillMs: number;
  readonly nowMs: number;
  readonly expiryMs: number;
}

/**
 * Whether a host is gone, so that others may take its work.
 *
 * - Its heartbeat was watched standing still for `expiryMs`: it is gone, even if its process is there (stopped, hung, blocked).
 * - Its pid means the same here as there: it is gone when no such process runs.
 * - It beat under another boot: its process cannot run any more, as all who have one file open share one kernel. Were it a
 *   virtual machine that shares the file all the same, its clock would be ours, so a `beatAt` near now saves it.
 * - Otherwise (another container, a system that tells nothing) nobody knows, and the heartbeat decides.
 */
export function isHostGone({ row, self, process, stillMs, nowMs, expiryMs }: HostFacts): boolean {
  if (stillMs >= expiryMs) return true;
  if (process !== null) return process === "gone";
  if (row.bootId !== null && self.bootId !== null && row.bootId !== self.bootId) return Math.abs(nowMs - row.beatAt) > expiryMs;
  return false;
}

interface WatchOptions {
  readonly clock: Clock;
  readonly self: HostIdentity;
  readonly heartbeatMs: number;
  readonly expiryMs: number;
}

interface Watched {
  readonly beat: number;
  readonly stillMs: number;
  readonly seenAtMs: number;
}

/**
 * Watches the heartbeats of other hosts. What counts is how long a counter was *seen* standing still, by this process's
 * monotonic clock; nobody compares one host's wall clock with another's. So a wall clock that is set forward makes nobody look
 * dead, and one that is set back keeps nobody alive for ever. The price: a host that cannot be judged by its process is known
 * to be gone only after it was watched for `expiryMs`, also when it died long before.
 *
 * Time between two looks counts for two heartbeats at most: when the whole machine slept, every counter stood still meanwhile,
 * and each host gets the chance to beat before it is judged.
 */
export class HostWatch {
  readonly #options: WatchOptions;
  #watched: ReadonlyMap<number, Watched> = new Map();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Looks at all hosts there are and tells who of them is gone. */
  goneAmong(rows: readonly HostRow[]): readonly HostRow[] {
    const { clock, self, heartbeatMs, expiryMs } = this.#options;
    const seenAtMs = clock.monotonicMs();
    const watched = new Map<number, Watched>();
    for (const { hostId, beat } of rows) {
      const before = this.#watched.get(hostId);
      const stood = before?.beat === beat ? before.stillMs + Math.min(seenAtMs - before.seenAtMs, 2 * heartbeatMs) : 0;
      watched.set(hostId, { beat, stillMs: stood, seenAtMs });
    }
    this.#watched = watched;
    return rows.filter((row) =>
      isHostGone({
        row,
        self,
        process: shareProcessTable(row, self) ? stateOfProcess(row) : null,
        stillMs: watched.get(row.hostId)?.stillMs ?? 0,
        nowMs: clock.now(),
        expiryMs,
      }),
    );
  }
}
