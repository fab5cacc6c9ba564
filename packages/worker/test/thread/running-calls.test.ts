import { expect, test } from "vitest";
import { RunningCalls } from "../../src/thread/running-calls.ts";

function began(calls: RunningCalls, jobId: string | null) {
  const call = calls.add(jobId);
  calls.begin(call.id, jobId);
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

test("whose call it is may be learned later", () => {
  const calls = new RunningCalls();
  const { id } = calls.add(null);
  calls.begin(id, "late");
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
