/**
 * Cycles of a graph, each as a path that ends where it begins. Every node on or between cycles is visited once, so that
 * each knot is reported and no knot twice.
 */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const remaining = new Map([...edges].map(([id, targets]) => [id, targets.filter((target) => edges.has(target))]));
  const cycles: string[][] = [];
  for (;;) {
    dropLooseEnds(remaining);
    const start = remaining.keys().next();
    if (start.done === true) return cycles;
    const cycle = walkUntilRepeat(remaining, start.value);
    cycles.push(cycle);
    for (const id of cycle) remaining.delete(id);
  }
}

/** Removes whatever leads nowhere, until only nodes with a way onward are left. */
function dropLooseEnds(graph: Map<string, string[]>): void {
  const sources = new Map<string, string[]>();
  const degree = new Map<string, number>();
  for (const [id, targets] of graph) {
    const inside = targets.filter((target) => graph.has(target));
    degree.set(id, inside.length);
    for (const target of inside) {
      const list = sources.get(target);
      if (list === undefined) sources.set(target, [id]);
      else list.push(id);
    }
  }
  const loose = [...graph.keys()].filter((id) => degree.get(id) === 0);
  for (let id = loose.pop(); id !== undefined; id = loose.pop()) {
    graph.delete(id);
    for (const source of sources.get(id) ?? []) {
      const left = (degree.get(source) ?? 0) - 1;
      degree.set(source, left);
      if (left === 0) loose.push(source);
    }
  }
}

function walkUntilRepeat(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] {
  const path: string[] = [];
  const position = new Map<string, number>();
  let id: string | undefined = start;
  while (id !== undefined && !position.has(id)) {
    position.set(id, path.length);
    path.push(id);
    id = graph.get(id)?.find((target) => graph.has(target));
  }
  return id === undefined ? path : [...path.slice(position.get(id)), id];
}
