/**
 * Cycles of a graph, each as a path that ends where it begins. Every node on or between cycles is visited once, so that
 * each knot is reported and no knot twice. Takes time in proportion to the graph.
 */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const graph = new Remainder(edges);
  const cycles: string[][] = [];
  const path: string[] = [];
  const position = new Map<string, number>();
  for (const start of edges.keys()) {
    for (let id: string | undefined = start; id !== undefined; id = path.at(-1)) {
      if (!graph.has(id)) {
        // Nodes of the way here that are gone stand at its end.
        if (id === path.at(-1)) path.pop();
        position.delete(id);
        continue;
      }
      if (!position.has(id)) position.set(id, path.push(id) - 1);
      const target = graph.firstTarget(id);
      const repeated = position.get(target);
      if (repeated === undefined) {
        position.set(target, path.push(target) - 1);
      } else {
        const cycle = path.slice(repeated);
        cycles.push([...cycle, target]);
        graph.remove(cycle);
      }
    }
  }
  return cycles;
}

/** What is left of a graph once whatever leads nowhere is gone: every node has a way onward. */
class Remainder {
  readonly #targets: ReadonlyMap<string, readonly string[]>;
  readonly #sources = new Map<string, string[]>();
  /** Ways onward of those that are left. */
  readonly #ways = new Map<string, number>();
  /** Targets before this place are gone. */
  readonly #next = new Map<string, number>();

  constructor(edges: ReadonlyMap<string, readonly string[]>) {
    this.#targets = edges;
    for (const [id, targets] of edges) {
      let ways = 0;
      for (const target of targets) {
        if (!edges.has(target)) continue;
        ways += 1;
        const sources = this.#sources.get(target);
        if (sources === undefined) this.#sources.set(target, [id]);
        else sources.push(id);
      }
      this.#ways.set(id, ways);
    }
    this.remove([...edges.keys()].filter((id) => this.#ways.get(id) === 0));
  }

  has(id: string): boolean {
    return this.#ways.has(id);
  }

  /** Takes nodes away, and with them every one that leads nowhere without them. */
  remove(ids: readonly string[]): void {
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (!this.#ways.delete(id)) continue;
      for (const source of this.#sources.get(id) ?? []) {
        const ways = this.#ways.get(source);
        if (ways === undefined) continue;
        this.#ways.set(source, ways - 1);
        if (ways === 1) open.push(source);
      }
    }
  }

  /** Where a node that is left leads to. */
  firstTarget(id: string): string {
    const targets = this.#targets.get(id) ?? [];
    let next = this.#next.get(id) ?? 0;
    while (next < targets.length && !this.has(targets[next] ?? "")) next += 1;
    this.#next.set(id, next);
    return targets[next] ?? id;
  }
}
