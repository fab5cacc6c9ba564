import { expect, test } from "vitest";
import { SharedPasses } from "../src/shared-passes.ts";

/** Work that ends when the test says so, and counts how often it was begun. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const run = (signal: AbortSignal): Promise<string> => {
    signals.push(signal);
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise;
  };
  return { run, resolve, reject, signals };
}

test("one pass per key, and keys side by side", async () => {
  const passes = new SharedPasses<string>();
  const [a, b] = [work(), work()];
  const results = [passes.join("a", a.run), passes.join("a", a.run), passes.join("b", b.run)];
  expect([a.signals.length, b.signals.length]).toEqual([1, 1]);
  b.resolve("of b");
  expect(await results[2]).toBe("of b");
  a.resolve("of a");
  expect(await Promise.all(results)).toEqual(["of a", "of a", "of b"]);
});

test("what comes after the end is a new pass", async () => {
  const passes = new SharedPasses<string>();
  const [first, second] = [work(), work()];
  first.resolve("first");
  second.resolve("second");
  expect(await passes.join("a", first.run)).toBe("first");
  expect(await passes.join("a", second.run)).toBe("second");
});

test("a failure reaches everyone, and is not kept", async () => {
  const passes = new SharedPasses<string>();
  const failing = work();
  const results = [passes.join("a", failing.run), passes.join("a", failing.run)];
  failing.reject(new Error("broken"));
  expect((await Promise.allSettled(results)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await passes.join("a", () => Promise.resolve("again"))).toBe("again");
});

test("one who gives up leaves the pass to the others; the last takes it along", async () => {
  const passes = new SharedPasses<string>();
  const [shared, later] = [work(), work()];
  const [one, two] = [new AbortController(), new AbortController()];
  const results = [passes.join("a", shared.run, one.signal), passes.join("a", shared.run, two.signal)];
  const settled = Promise.allSettled(results);
  one.abort(new Error("one gave up"));
  await expect(results[0]).rejects.toThrow("one gave up");
  expect(shared.signals[0]?.aborted).toBe(false);
  two.abort(new Error("two gave up"));
  await expect(results[1]).rejects.toThrow("two gave up");
  expect(shared.signals[0]?.aborted).toBe(true);
  await settled;
  const next = passes.join("a", later.run);
  later.resolve("new");
  expect(await next).toBe("new");
});

test("who has given up already begins nothing", async () => {
  const never = work();
  await expect(new SharedPasses<string>().join("a", never.run, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  expect(never.signals).toEqual([]);
});
