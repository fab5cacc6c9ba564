import { type Composition, planComposition } from "@cjm/core";

/** Nodes of the document that no other node waits for: what they give is what the composition was run for. */
export function lastNodes(composition: Composition): readonly string[] {
  const { nodes } = planComposition(composition);
  const awaited = new Set(nodes.flatMap(({ wholeDependencies, itemDependencies }) => [...wholeDependencies, ...itemDependencies]));
  return nodes.flatMap(({ node: { id }, parent }) => (parent !== null || awaited.has(id) ? [] : [id]));
}
