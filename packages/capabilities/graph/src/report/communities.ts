interface Link {
  readonly source: string;
  readonly target: string;
}

const MAX_ROUNDS = 50;

/**
 * Which of the linked things belong together, as a number for each: the largest community is 0. Label propagation in a fixed
 * order (Raghavan, Albert and Kumara, 2007), so that the same links give the same communities.
 */
export function communities(links: readonly Link[]): ReadonlyMap<string, number> {
  const neighbours = new Map<string, string[]>();
  for (const { source, target } of links) {
    if (source === target) continue;
    neighbours.set(source, [...(neighbours.get(source) ?? []), target]);
    neighbours.set(target, [...(neighbours.get(target) ?? []), source]);
  }
  // Those with few links first: they join their hub before the hubs grow into one another.
  const order = [...neighbours].sort(([a, left], [b, right]) => left.length - right.length || (a < b ? -1 : 1));
  const labels = new Map(order.map(([id]) => [id, id]));
  let hasChanged = true;
  for (let round = 0; hasChanged && round < MAX_ROUNDS; round++) {
    hasChanged = false;
    for (const [id, around] of order) {
      const label = mostCommon(
        around.map((other) => labels.get(other) ?? other),
        labels.get(id) ?? id,
      );
      if (label !== labels.get(id)) hasChanged = true;
      labels.set(id, label);
    }
  }
  return ranked(labels);
}

/** The one of its own wins a tie, then the first by name. */
function mostCommon(labels: readonly string[], own: string): string {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const most = Math.max(...counts.values());
  if (counts.get(own) === most) return own;
  return (
    [...counts]
      .filter(([, count]) => count === most)
      .map(([label]) => label)
      .sort()[0] ?? own
  );
}

function ranked(labels: ReadonlyMap<string, string>): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const label of labels.values()) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const order = [...sizes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([label]) => label);
  const rank = new Map(order.map((label, index) => [label, index]));
  return new Map([...labels].map(([id, label]) => [id, rank.get(label) ?? 0]));
}
