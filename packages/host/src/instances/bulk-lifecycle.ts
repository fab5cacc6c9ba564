import { availableParallelism } from "node:os";
import { boundedMap } from "../internal/bounded-map.ts";
import type { BulkOptions, BulkOutcome } from "../manager-options.ts";

/**
 * Does one step for each name, at most so many at a time; the outcomes stand in the order of the names. With `failFast`
 * the signal that the steps get aborts at the first failure, and that failure is thrown when all have ended.
 */
export async function inBulk<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  step: (item: Item, signal: AbortSignal) => Promise<string>,
  { concurrency = availableParallelism(), failFast = false, signal }: BulkOptions,
): Promise<readonly BulkOutcome[]> {
  const stop = new AbortController();
  const combined = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let first: { readonly error: unknown } | null = null;
  const outcomes = await boundedMap(items, concurrency, async (item): Promise<BulkOutcome> => {
    try {
      combined.throwIfAborted();
      return { kind: "done", name: nameOf(item), instanceId: await step(item, combined) };
    } catch (error) {
      first ??= { error };
      if (failFast) stop.abort(error);
      return { kind: "failed", name: nameOf(item), error };
    }
  });
  if (failFast && first !== null) throw (first as { readonly error: unknown }).error;
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}
