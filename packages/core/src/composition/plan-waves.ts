import type { CompositionPlan, PlannedNode } from "./plan.ts";

interface Progress {
  readonly planned: PlannedNode;
  readonly dependents: Progress[];
  readonly parts: Progress[];
  readonly parent: Progress | null;
  unmet: number;
  openParts: number;
  begin: number;
  end: number;
}

/** Ids of nodes by wave, in the order of the plan. */
export function planWaves(plan: CompositionPlan): readonly (readonly string[])[] {
  const numbers = waveNumbers(plan);
  let count = 0;
  for (const wave of numbers.values()) count = Math.max(count, wave);
  const waves = Array.from({ length: count }, (): string[] => []);
  for (const [id, wave] of numbers) waves[wave - 1]?.push(id);
  return waves;
}

/**
 * The wave of every node, from 1: one more than the latest of the nodes that it waits for. Nodes of one wave can run at the
 * same time. A composition inside has the wave of its first parts, and ends with the last of them.
 */
export function waveNumbers(plan: CompositionPlan): ReadonlyMap<string, number> {
  const all = new Map<string, Progress>();
  for (const planned of plan.nodes) {
    const parent = planned.parent === null ? null : (all.get(planned.parent) ?? null);
    const unmet = planned.wholeDependencies.length + planned.itemDependencies.length + (parent === null ? 0 : 1);
    const progress: Progress = { planned, dependents: [], parts: [], parent, unmet, openParts: 0, begin: 1, end: 1 };
    all.set(planned.node.id, progress);
    if (parent === null) continue;
    parent.parts.push(progress);
    parent.openParts += 1;
  }
  for (const progress of all.values()) {
    const { wholeDependencies, itemDependencies } = progress.planned;
    for (const id of [...wholeDependencies, ...itemDependencies]) all.get(id)?.dependents.push(progress);
  }
  const open = [...all.values()].filter(({ unmet }) => unmet === 0);
  const meet = (progress: Progress, wave: number): void => {
    progress.begin = Math.max(progress.begin, wave);
    progress.unmet -= 1;
    if (progress.unmet === 0) open.push(progress);
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const part of next.parts) meet(part, next.begin);
    if (next.parts.length > 0) continue;
    next.end = next.begin;
    for (let ended: Progress | null = next; ended !== null; ended = parentThatEnds(ended)) {
      for (const dependent of ended.dependents) meet(dependent, ended.end + 1);
    }
  }
  return new Map([...all].map(([id, { begin }]) => [id, begin]));
}

/** The composition that ends with this part of it; null when others are open, or it is part of none. */
function parentThatEnds({ parent, end }: Progress): Progress | null {
  if (parent === null) return null;
  parent.end = Math.max(parent.end, end);
  parent.openParts -= 1;
  return parent.openParts === 0 ? parent : null;
}
