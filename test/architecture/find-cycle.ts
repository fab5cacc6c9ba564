/** The first cycle found as a path that ends where it begins, or null. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>();
  for (const start of graph.keys()) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const frames: { node: string; next: number }[] = done.has(start) ? [] : [{ node: start, next: 0 }];
    while (frames.length > 0) {
      const frame = frames[frames.length - 1];
      if (frame === undefined) break;
      if (frame.next === 0) {
        path.push(frame.node);
        onPath.add(frame.node);
      }
      const target = graph.get(frame.node)?.[frame.next++];
      if (target === undefined) {
        done.add(frame.node);
        onPath.delete(frame.node);
        path.pop();
        frames.pop();
      } else if (onPath.has(target)) {
        return [...path.slice(path.indexOf(target)), target];
      } else if (!done.has(target) && graph.has(target)) {
        frames.push({ node: target, next: 0 });
      }
    }
  }
  return null;
}
