import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const whole = {
  job_id: "j1",
  run_id: "r1",
  composition_id: "c1",
  node_id: "n1",
  actor: "ann",
  control: { force: true, depth: { a: [1] } },
};
const empty = { job_id: null, run_id: null, composition_id: null, node_id: null, actor: null, control: {} };

describe.each(WORKER_KINDS)("$language worker, call envelope", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const withEnvelope = (envelope: unknown) => ({ kwargs: { action: "envelope" }, envelope });

  test.each([
    ["is whole", whole, whole],
    ["has one field", { node_id: "n7" }, { ...empty, node_id: "n7" }],
    ["has fields that are null", { job_id: null, control: null, actor: "ann" }, { ...empty, actor: "ann" }],
    ["has fields that nobody knows", { job_id: "j", later: { a: 1 } }, { ...empty, job_id: "j" }],
    ["has fields that are no text", { job_id: 7, run_id: ["r"], control: "force" }, empty],
    ["is empty", {}, empty],
    ["is missing", undefined, empty],
  ])("that %s reaches the capability", async (_name, envelope, expected) => {
    expect((await worker.post("/execute", withEnvelope(envelope))).json).toEqual(expected);
  });

  test("reaches a task and work that a call has started, with its log lines", async () => {
    const task = await worker.post("/task", { task: "probing", method: "whose", kwargs: {}, envelope: whole });
    expect(task.json).toEqual(whole);
    expect((await worker.execute("envelope_elsewhere", {}, { ...whole, job_id: "elsewhere" })).json).toEqual({
      ...whole,
      job_id: "elsewhere",
    });
    expect(await worker.frame("log", (frame) => frame.message === "from elsewhere")).toMatchObject({ job_id: "elsewhere" });
  });

  test("is there in every chunk of a stream, also while another call runs", async () => {
    const response = await worker.request("POST", "/execute_stream", {
      body: JSON.stringify({ kwargs: { action: "stream_envelope", gate: "envelope" }, envelope: whole }),
    });
    const text = response.body.text();
    expect((await worker.execute("envelope", {}, { job_id: "other" })).json).toEqual({ ...empty, job_id: "other" });
    await worker.execute("open_gate", { name: "envelope" });
    expect(
      (await text)
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([whole, whole]);
  });

  test("does not outlive its call", async () => {
    await worker.execute("envelope", {}, whole);
    expect((await worker.execute("envelope")).json).toEqual(empty);
  });
});
