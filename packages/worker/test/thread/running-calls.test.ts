import { expect, test } from "vitest";
import { RunningCalls } from "../../src/thread/running-calls.ts";

let begun = 0;

function began(calls: RunningCalls, jobId: string | null) {
  const call = calls.add(jobId);
  begun += 1;
  call.memory.begin(begun);
  return call;
}

test("cancels one job's calls, or all", () => {
  const calls = new RunningCalls();
  const [a1, a2, b, nobody] = [began(calls, "a"), began(calls, "a"), began(calls, "b"), began(calls, null)];
  expect(calls.cancel("a")).toEqual([a1.id, a2.id]);
  expect([a1, a2, b, nobody].map((call) => call.memory.cancelled)).toEqual([true, true, false, false]);
  expect(calls.cancel("unknown")).toEqual([]);
  expect(calls.cancel(null)).toEqual([a1.id, a2.id, b.id, nobody.id]);
});

test("a call that ended is not cancelled", () => {
  const calls = new RunningCalls();
  const { id, memory } = began(calls, "a");
  calls.end(id);
  expect([calls.cancel(null), memory.cancelled, calls.size]).toEqual([[], false, 0]);
});

test("progress is that of the job, also after its end, or of the call that began last", () => {
  const calls = new RunningCalls();
  const first = began(calls, "a");
  first.memory.writeProgress(0.3, "three");
  const second = began(calls, "b");
  second.memory.writeProgress(0.6, "six");
  expect(calls.progress("a")).toEqual({ progress: 0.3, message: "three" });
  expect(calls.progress(null)).toEqual({ progress: 0.6, message: "six" });
  calls.end(first.id);
  expect(calls.progress("a")).toEqual({ progress: 0.3, message: "three" });
  began(calls, "c");
  expect(calls.progress(null)).toEqual({ progress: 0, message: "" });
  expect(calls.progress("unknown")).toEqual({ progress: 0, message: "" });
});

test("a call that only waits does not hide how far the running one is", () => {
  const calls = new RunningCalls();
  began(calls, "a").memory.writeProgress(0.3, "three");
  calls.add("b");
  expect(calls.progress(null)).toEqual({ progress: 0.3, message: "three" });
});

test("the call that began last is so whatever it was asked for before, and stays so after its end", () => {
  const calls = new RunningCalls();
  const [first, second] = [calls.add("a"), calls.add("b")];
  second.memory.begin(1);
  second.memory.writeProgress(0.2, "second");
  expect([calls.hasBegun(first.id), calls.hasBegun(second.id)]).toEqual([false, true]);
  first.memory.begin(2);
  first.memory.writeProgress(0.1, "first");
  expect(calls.progress(null).message).toBe("first");
  calls.release(first.id);
  expect(calls.progress(null).message).toBe("first");
  calls.release(second.id);
  expect(calls.progress(null).message).toBe("first");
});

test("memory is another call's only when the thread has let go of it", () => {
  const calls = new RunningCalls();
  const given = began(calls, "given");
  given.memory.cancel();
  given.memory.writeProgress(0.5, "half");
  calls.end(given.id);
  const later = Array.from({ length: 200 }, () => calls.add("later"));
  expect(later.map((call) => call.place)).not.toContain(given.place);
  calls.release(given.id);
  calls.release(given.id);
  const next = [calls.add("next"), calls.add("next")];
  expect(next.map((call) => call.place).filter((place) => place === given.place)).toHaveLength(1);
  expect(next.map(({ memory }) => [memory.cancelled, memory.order])).toEqual([
    [false, 0],
    [false, 0],
  ]);
  expect([calls.progress("next"), calls.progress("given").message]).toEqual([{ progress: 0, message: "" }, "half"]);
});

test("whose call it is may be learned later", () => {
  const calls = new RunningCalls();
  const { id } = calls.add(null);
  calls.learn(id, "late");
  expect(calls.cancel("late")).toEqual([id]);
});

test("only so many ended calls are remembered", () => {
  const calls = new RunningCalls();
  for (let n = 0; n < 100; n += 1) {
    const { id, memory } = began(calls, `job-${n}`);
    memory.writeProgress(1, "done");
    calls.end(id);
  }
  expect([calls.progress("job-0").progress, calls.progress("job-99").progress]).toEqual([0, 1]);
});
