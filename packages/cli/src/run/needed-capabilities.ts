import { type Composition, callsOf, planComposition } from "@cjm/core";

export interface NeededCapability {
  readonly name: string;
  readonly instanceId: string;
  /** As many as the node that wants most at the same time says. */
  readonly maxConcurrentCalls: number;
}

/** The instances that the nodes of a composition run on, in the order of the document. */
export function neededCapabilities(composition: Composition): readonly NeededCapability[] {
  const needed = new Map<string, NeededCapability>();
  for (const { capability, instanceId, maxConcurrent } of callsOf(planComposition(composition))) {
    const most = Math.max(needed.get(instanceId)?.maxConcurrentCalls ?? 1, maxConcurrent ?? 1);
    needed.set(instanceId, { name: capability, instanceId, maxConcurrentCalls: most });
  }
  return [...needed.values()];
}
