/**
 * Cycles of a graph, each as a path that ends where it begins. Every node on or between cycles is visited once, so that
 * each knot is reported and no knot twice. Takes time in proportion to the graph.
 */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const graph = new Remainder(edges);
  const cycles: string[][] = [];
  const path: number[] = [];
  const place = new Map<number, number>();
  for (let start = 0; start < graph.size; start++) {
    for (let node: number | undefined = start; node !== undefined; node = path.at(-1)) {
      if (!graph.has(node)) {
        // Nodes of the way here that are gone stand at its end.
        if (node === path.at(-1)) path.pop();
        place.delete(node);
        continue;
      }
      if (!place.has(node)) place.set(node, path.push(node) - 1);
      const target = graph.firstTarget(node);
      const repeated = place.get(target);
      if (repeated === undefined) {
        place.set(target, path.push(target) - 1);
      } else {
        const cycle = path.slice(repeated);
        cycles.push([...cycle, target].map((index) => graph.nameOf(index)));
        graph.remove(cycle);
      }
    }
  }
  return cycles;
}

/** What is left of a graph once whatever leads nowhere is gone: every node has a way onward. Nodes are numbers here. */
class Remainder {
  readonly size: number;
  readonly #names: readonly string[];
  readonly #targets: readonly (readonly number[])[];
  readonly #sources: number[][] = [];
  /** Ways onward; -1: gone. */
  readonly #ways: Int32Array;
  /** Targets before this place are gone. */
  readonly #next: Int32Array;

  constructor(edges: ReadonlyMap<string, readonly string[]>) {
    this.#names = [...edges.keys()];
    this.size = this.#names.length;
    const numbers = new Map(this.#names.map((name, index) => [name, index]));
    this.#targets = Array.from(edges.values(), (names) => names.flatMap((name) => numbers.get(name) ?? []));
    this.#ways = new Int32Array(this.size);
    this.#next = new Int32Array(this.size);
    for (let node = 0; node < this.size; node++) this.#sources.push([]);
    const loose: number[] = [];
    for (const [node, targets] of this.#targets.entries()) {
      this.#ways[node] = targets.length;
      if (targets.length === 0) loose.push(node);
      for (const target of targets) this.#sources[target]?.push(node);
    }
    this.remove(loose);
  }

  nameOf(node: number): string {
    return this.#names[node] ?? "";
  }

  has(node: number): boolean {
    return (this.#ways[node] ?? -1) >= 0;
  }

  /** Takes nodes away, and with them every one that leads nowhere without them. */
  remove(nodes: readonly number[]): void {
    const open = [...nodes];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (!this.has(node)) continue;
      this.#ways[node] = -1;
      for (const source of this.#sources[node] ?? []) {
        const ways = this.#ways[source] ?? -1;
        if (ways < 0) continue;
        this.#ways[source] = ways - 1;
        if (ways === 1) open.push(source);
      }
    }
  }

  /** Where a node that is left leads to. */
  firstTarget(node: number): number {
    const targets = this.#targets[node] ?? [];
    let next = this.#next[node] ?? 0;
    while (next < targets.length && !this.has(targets[next] ?? -1)) next += 1;
    this.#next[node] = next;
    return targets[next] ?? node;
  }
}
