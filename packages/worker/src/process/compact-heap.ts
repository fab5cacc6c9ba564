/** So long after its start a worker has answered what a host asks first. */
const SETTLED_MS = 500;

/**
 * Gives back, once, what V8 holds after loading code: garbage, and room for young objects that it took while nearly all of them
 * stayed. V8 itself does so only under pressure, and an idle worker has none. Together the two threads hold 15 MB too much;
 * finding that out takes each some 20 ms. Call it on every thread.
 */
export function compactHeapSoon(): void {
  // Where there is no inspector, or none is allowed, nothing is given back.
  setTimeout(() => void compactHeap().catch(() => {}), SETTLED_MS).unref();
}

/** Collects everything that nobody refers to, and lets the heap of this thread shrink to what is left. */
export async function compactHeap(): Promise<void> {
  // Loaded only now: no worker needs it to start. Of what Node offers, the inspector alone asks V8 to return memory.
  const { Session } = process.getBuiltinModule("node:inspector");
  const session = new Session();
  session.connect();
  const collected = Promise.withResolvers<void>();
  session.post("HeapProfiler.collectGarbage", () => collected.resolve());
  await collected.promise;
  session.disconnect();
}
