export interface BurstResult {
  /** Of every call, in the order in which they ended. */
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
}

/** Makes `calls` calls with always `inFlight` of them under way. */
export async function burst(call: () => Promise<unknown>, calls: number, inFlight: number): Promise<BurstResult> {
  const latenciesMs: number[] = [];
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun < calls) {
      begun += 1;
      const startedMs = performance.now();
      await call();
      latenciesMs.push(performance.now() - startedMs);
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { latenciesMs, perSecond: (calls / (performance.now() - startedMs)) * 1000 };
}
