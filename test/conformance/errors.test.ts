import { decodeStreamFrame, jobErrorOfBody } from "@cjm/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const none = { retry_after_seconds: null, fields_invalid: null, resource_shortfall: null };

describe.each(WORKER_KINDS)("$language worker, errors", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  /** The error of the same call on both channels; they must tell the same. */
  async function errorOf(kwargs: Readonly<Record<string, unknown>>) {
    const unary = await worker.post("/execute", { kwargs });
    const streamed = await worker.post("/execute_stream", { kwargs });
    const frame = decodeStreamFrame(streamed.text);
    const error = jobErrorOfBody(unary.json);
    expect([unary.status, streamed.status, frame?.kind]).toEqual([500, 200, "error"]);
    expect({ ...(frame?.kind === "error" ? frame.error : null), traceback: "", occurred_at: "" }).toEqual({
      ...error,
      traceback: "",
      occurred_at: "",
    });
    return error;
  }

  test.each([
    ["missing_file", "user_input"],
    ["no_permission", "user_input"],
    ["wrong_type", "user_input"],
    ["wrong_value", "user_input"],
    ["bad_json", "user_input"],
    ["refused_connection", "transient"],
    ["timeout", "transient"],
    ["full_disk", "transient"],
    ["memory", "resource"],
    ["anything_else", "fatal"],
  ])("%s, which nobody typed, is %s", async (failure, category) => {
    const error = await errorOf({ action: "raise_untyped", kind: failure });
    expect(error).toMatchObject({
      ...none,
      category,
      retriable: category !== "fatal",
      fields_invalid: category === "user_input" ? [] : null,
      traceback: expect.stringContaining("\n"),
      original_exc_repr: expect.stringMatching(/^\w+\(/),
      capability_name: "probe",
    });
  });

  test.each([
    ["config", { ...none, category: "user_input", fields_invalid: ["model"] }, /^CapabilityConfigError\(/],
    ["timeout", { ...none, category: "transient" }, /^CapabilityTimeoutError\(/],
    ["resource_unknown", { ...none, category: "resource" }, /^CapabilityResourceError\(/],
  ])("the typed error %s keeps its class and fields", async (category, expected, repr) => {
    const error = await errorOf({ action: "fail", category, message: "told so" });
    expect(error).toMatchObject({ ...expected, retriable: true, message: "told so", original_exc_repr: expect.stringMatching(repr) });
  });

  test.each([["a quote ' and a line\nbreak"], ["größe \u2028 \u{1f600}"], [""]])("the message %j arrives as it is", async (message) => {
    expect((await errorOf({ action: "fail", category: "fatal", message }))?.message).toBe(message);
  });

  test("a cancelled call ends a stream with the error that hosts know it by", async () => {
    const kwargs = { action: "fail", category: "cancelled", message: "stopped" };
    const frame = decodeStreamFrame((await worker.post("/execute_stream", { kwargs })).text);
    expect(frame).toMatchObject({
      kind: "error",
      error: { category: "transient", retriable: false, original_exc_repr: expect.stringMatching(/^CapabilityCancelledError/) },
    });
  });

  test("what is printed while a call fails still comes out, and the worker goes on", async () => {
    await worker.execute("raise_plain");
    expect((await worker.execute("echo", { value: 1 })).json).toBe(1);
  });
});
