import type { Clock } from "@cjm/core";
import { RecentMap } from "../internal/recent-map.ts";
import { type ProcessUse, readProcess, readProcessTree } from "../workers/process-tree.ts";

/** What a process tree used when it was read. */
export interface TreeUse {
  readonly memoryMb: number;
  /** Processor time so far. */
  readonly cpuMs: number;
}

interface KnownTree {
  readonly readMs: number;
  readonly walkedMs: number;
  readonly members: readonly ProcessUse[];
  readonly use: TreeUse;
}

/** Members found this long ago are read again without a walk, which costs ten times as much as reading one process. */
const WALK_MS = 250;
const MOST_TREES = 256;

/** The process trees of workers: who belongs to them, and what they use. Who began and ended within a moment is not seen. */
export class ProcessTrees {
  readonly #clock: Clock;
  /** Of the last trees only: workers come and go. */
  readonly #known = new RecentMap<number, KnownTree>(MOST_TREES);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Read now. Null when the process is gone, or where there is no `/proc`. */
  read(root: number): TreeUse | null {
    return this.#read(root)?.use ?? null;
  }

  /** By a reading that is younger than that, or read now. */
  recent(root: number, maxAgeMs: number): TreeUse | null {
    const known = this.#known.get(root);
    return known !== undefined && this.#clock.monotonicMs() - known.readMs < maxAgeMs ? known.use : this.read(root);
  }

  /** By the last reading. Null for a tree that was never read. */
  last(root: number): TreeUse | null {
    return this.#known.get(root)?.use ?? null;
  }

  /** Who belongs to it, as of a moment ago. */
  pids(root: number): ReadonlySet<number> {
    const known = this.#known.get(root);
    const members = known !== undefined && this.#isYoung(known) ? known.members : (this.#read(root)?.members ?? []);
    return new Set(members.map(({ pid }) => pid));
  }

  #read(root: number): KnownTree | null {
    const known = this.#known.get(root);
    const walks = known === undefined || !this.#isYoung(known);
    const members = walks ? readProcessTree(root) : known.members.flatMap(again);
    if (members[0]?.pid !== root) return null;
    const readMs = this.#clock.monotonicMs();
    const tree = { readMs, walkedMs: walks ? readMs : known.walkedMs, members, use: totals(members) };
    this.#known.set(root, tree);
    return tree;
  }

  #isYoung({ walkedMs }: KnownTree): boolean {
    return this.#clock.monotonicMs() - walkedMs < WALK_MS;
  }
}

/** Pids come round again: only the process that was meant counts. */
function again({ pid, startTicks }: ProcessUse): readonly ProcessUse[] {
  const use = readProcess(pid);
  return use?.startTicks === startTicks ? [use] : [];
}

function totals(members: readonly ProcessUse[]): TreeUse {
  return members.reduce((sum, use) => ({ memoryMb: sum.memoryMb + use.residentMb, cpuMs: sum.cpuMs + use.cpuMs }), {
    memoryMb: 0,
    cpuMs: 0,
  });
}
