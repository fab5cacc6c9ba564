import { expect, test } from "vitest";
import { ProgressListeners } from "../../src/instances/progress-listeners.ts";

const frame = (job_id: string | null, progress = 0.5) => ({ type: "progress", job_id, progress, message: "" }) as const;

test("each hears of its job, several may listen to one, and who has gone hears nothing", () => {
  const listeners = new ProgressListeners();
  const heard: string[] = [];
  const stop = listeners.listen("a", () => heard.push("a1"));
  listeners.listen("a", () => heard.push("a2"));
  listeners.listen("b", () => heard.push("b"));
  listeners.deliver(frame("a"));
  listeners.deliver(frame("c"));
  listeners.deliver(frame(null));
  expect(heard).toEqual(["a1", "a2"]);
  stop();
  stop();
  listeners.deliver(frame("a"));
  listeners.deliver(frame("b"));
  expect(heard).toEqual(["a1", "a2", "a2", "b"]);
});

test("one that fails does not keep it from the others", () => {
  const listeners = new ProgressListeners();
  let heard = 0;
  listeners.listen("a", () => {
    throw new Error("a listener's own");
  });
  listeners.listen("a", () => {
    heard += 1;
  });
  listeners.deliver(frame("a"));
  expect(heard).toBe(1);
});
