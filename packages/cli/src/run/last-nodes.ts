import { type Composition, planComposition } from "@cjm/core";

/** Nodes that no other node waits for: what they give is what the composition was run for. */
export function lastNodes(composition: Composition): readonly string[] {
  const { nodes } = planComposition(composition);
  const awaited = new Set(nodes.flatMap(({ wholeDependencies, itemDependencies }) => [...wholeDependencies, ...itemDependencies]));
  return nodes.map(({ node }) => node.id).filter((id) => !awaited.has(id));
}
