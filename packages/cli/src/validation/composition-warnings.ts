import { type Composition, callsOf, didYouMean, planComposition } from "@cjm/core";

export interface InstalledCapability {
  readonly name: string;
  /** Names of its actions; null when its manifest lists none, as those of the original. */
  readonly actions: readonly string[] | null;
}

/** What would go wrong at the start of a composition on this machine, although its file is sound. */
export function compositionWarnings(composition: Composition, installed: readonly InstalledCapability[]): readonly string[] {
  const names = installed.map(({ name }) => name);
  return callsOf(planComposition(composition)).flatMap(({ id, capability, call }) => {
    const found = installed.find(({ name }) => name === capability);
    if (found === undefined) return [`nodes.${id}.capability: '${capability}' is not installed.${didYouMean(capability, names)}`];
    if (call.channel !== "execute" || call.action === null || found.actions === null || found.actions.includes(call.action)) return [];
    return [`nodes.${id}.action: ${capability} has no action '${call.action}'.${didYouMean(call.action, found.actions)}`];
  });
}
