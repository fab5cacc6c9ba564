import { describe, expect, test } from "vitest";
import { CjmError, classifyBareError, ERROR_CODES, errorFromJobError, isCjmError, jobErrorFrom } from "../../src/index.ts";

const errno = (code: string): Error => Object.assign(new Error(code), { code });

describe("errors that no author typed", () => {
  test.each([
    [errno("ENOENT"), "user_input"],
    [errno("EACCES"), "user_input"],
    [errno("ECONNRESET"), "transient"],
    [errno("ENOSPC"), "transient"],
    [errno("ENOMEM"), "resource"],
    [new TypeError("x is not a function"), "user_input"],
    [new RangeError("Array buffer allocation failed"), "resource"],
    [new RangeError("radix"), "user_input"],
    [errno("ERR_ASSERTION"), "fatal"],
    [new Error("?"), "fatal"],
    ["text", "fatal"],
    [new CjmError("CJM_UNSCHEDULABLE", "too big"), "resource"],
  ])("%s", (thrown, category) => {
    expect(classifyBareError(thrown)).toBe(category);
  });
});

test("a worker's record survives the way to the host and into a snapshot", () => {
  const record = jobErrorFrom(errno("ENOENT"), { capabilityName: "probe", occurredAt: 0 });
  const raised = errorFromJobError({ ...record, traceback: "where it was", retry_after_seconds: 2 }, { capabilityName: "probe" });
  expect(raised).toMatchObject({ code: "CJM_INPUT_INVALID", category: "user_input", retryAfterMs: 2000 });
  expect(jobErrorFrom(raised, { instanceId: "probe-1", occurredAt: 5 })).toMatchObject({
    traceback: "where it was",
    capability_instance_id: "probe-1",
    occurred_at: record.occurred_at,
  });
});

test("a cancelled call is recognised by its repr, both ways", () => {
  const record = jobErrorFrom(new CjmError("CJM_CANCELLED", "stopped"), { occurredAt: 0 });
  expect(record).toMatchObject({ category: "transient", retriable: false });
  expect(errorFromJobError(record, { capabilityName: "probe" }).code).toBe("CJM_CANCELLED");
});

test("an error is recognised across copies of the package and matched by code", () => {
  const error = new CjmError("CJM_CANCELLED", "stopped");
  const foreign = { [Symbol.for("cjm.error")]: true, code: "CJM_CANCELLED" };
  expect(isCjmError(error, "CJM_CANCELLED")).toBe(true);
  expect(isCjmError(foreign, "CJM_CANCELLED")).toBe(true);
  expect(isCjmError(error, "CJM_INTERNAL")).toBe(false);
  expect(isCjmError(new Error("CJM_CANCELLED"))).toBe(false);
});

test("every code begins with CJM_ and says what it means", () => {
  for (const [code, facts] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^CJM_[A-Z_]+$/);
    expect(facts.meaning).toMatch(/\.$/);
  }
});

test("what has no text of its own is told all the same", () => {
  expect(jobErrorFrom(Object.create(null), { occurredAt: 0 })).toMatchObject({ category: "fatal", message: "a thrown object" });
  expect(jobErrorFrom(undefined, { occurredAt: 0 }).message).toBe("undefined");
});
