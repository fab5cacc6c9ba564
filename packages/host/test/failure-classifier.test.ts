import { describe, expect, test } from "vitest";
import { errorOfAnswer, errorOfDeath } from "../src/workers/failure-classifier.ts";

const subject = { instanceId: "tool", capabilityName: "tool" };

describe("the end of a worker", () => {
  test.each([
    ["an exit code", { code: 7, signal: null, endedBy: null }, [], "CJM_WORKER_DIED", "exit code 7"],
    ["a crash", { code: null, signal: "SIGSEGV", endedBy: null }, [], "CJM_WORKER_DIED", "signal SIGSEGV"],
    ["the kernel's SIGKILL", { code: null, signal: "SIGKILL", endedBy: null }, [], "CJM_WORKER_OUT_OF_MEMORY", "for want of memory"],
    ["our own SIGKILL", { code: null, signal: "SIGKILL", endedBy: "it was unloaded" }, [], "CJM_WORKER_DIED", "it was unloaded"],
    [
      "V8 out of memory",
      { code: null, signal: "SIGABRT", endedBy: null },
      ["FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory"],
      "CJM_WORKER_OUT_OF_MEMORY",
      "heap out of memory",
    ],
  ] as const)("%s", (_name, exit, lastOutput, code, text) => {
    const error = errorOfDeath({ ...subject, exit, lastOutput, when: "during the call" });
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  test("quotes the last output, or says that there was none", () => {
    const exit = { code: 1, signal: null, endedBy: null };
    expect(errorOfDeath({ ...subject, exit, lastOutput: ["no model"], when: "x" }).message).toContain("  | no model");
    expect(errorOfDeath({ ...subject, exit, lastOutput: [], when: "x" }).message).toContain("It printed nothing");
  });
});

describe("an answer that is not 200", () => {
  test.each([
    [409, { detail: "stopped" }, "CJM_CANCELLED"],
    [404, { detail: "no adapter is bound" }, "CJM_TASK_NOT_SUPPORTED"],
    [500, { _job_error: { category: "transient", message: "busy" } }, "CJM_CALL_TRANSIENT"],
    [500, "Internal Server Error", "CJM_PROTOCOL_VIOLATION"],
    [418, { detail: ["teapot"] }, "CJM_PROTOCOL_VIOLATION"],
  ])("%i %j", (status, body, code) => {
    expect(errorOfAnswer(status, body, subject).code).toBe(code);
  });
});
