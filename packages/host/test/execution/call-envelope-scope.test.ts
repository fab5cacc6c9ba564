import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { currentCallEnvelope, withCallEnvelope } from "../../src/execution/call-envelope-scope.ts";

test("outside of any it is empty", () => {
  expect(currentCallEnvelope()).toEqual({});
});

test("goes along with asynchronous work, and not beyond it", async () => {
  const inside = withCallEnvelope({ run_id: "r", actor: "a" }, async () => {
    await setImmediate();
    return currentCallEnvelope();
  });
  expect(currentCallEnvelope()).toEqual({});
  expect(await inside).toEqual({ run_id: "r", actor: "a" });
});

test("an inner one is laid over the outer one", () => {
  const seen = withCallEnvelope({ run_id: "r", actor: "outer" }, () =>
    withCallEnvelope({ actor: "inner", job_id: "j" }, () => currentCallEnvelope()),
  );
  expect(seen).toEqual({ run_id: "r", actor: "inner", job_id: "j" });
});

test("works side by side do not see each other's", async () => {
  const each = (job_id: string) =>
    withCallEnvelope({ job_id }, async () => {
      await setImmediate();
      return currentCallEnvelope().job_id;
    });
  expect(await Promise.all([each("a"), each("b")])).toEqual(["a", "b"]);
});
