import { until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker, heartbeat", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const progressOf = async (job: string) => (await worker.get(`/progress?job_id=${job}`)).json as { progress: number; message: string };
  const framesOf = (job: string) => worker.frames.filter((frame) => frame.type === "progress" && frame.job_id === job);
  const beats = (job: string, message: RegExp) => framesOf(job).filter((frame) => frame.type === "progress" && message.test(frame.message));
  const open = (name: string) => worker.execute("open_gate", { name });

  test.each([
    ["where nothing was reported", undefined, 0.5],
    ["where it is told to begin", 0.1, 0.1],
    ["where the length is not known", -1, -1],
  ])("counts its seconds %s, on top of what is reported", async (name, fraction, expected) => {
    const job = `beat-${name.replaceAll(" ", "-")}`;
    const call = worker.execute("beat", { gate: job, ...(fraction === undefined ? {} : { fraction }) }, { job_id: job });
    await until("two beats", () => beats(job, /^loading \(\d+\.\ds\)$/).length >= 2);
    expect(framesOf(job)[0]).toMatchObject({ progress: expected, message: "loading" });
    expect((await progressOf(job)).progress).toBe(expected);
    await open(`${job}-1`);
    await until("a beat on the new base", () => beats(job, /^unpacking \(\d+\.\ds\)$/).length >= 1);
    await open(`${job}-2`);
    expect((await call).status).toBe(200);
    // The suffix stays, the fraction is what was reported.
    expect(await progressOf(job)).toEqual({ progress: 0.7, message: expect.stringMatching(/^unpacking( \(\d+\.\ds\))?$/) });
  });

  test.each([
    ["return", 200],
    ["fail", 500],
    ["cancel", 409],
  ])("ends with work that ends by %s", async (ending, status) => {
    const job = `end-${ending}`;
    await open(`${job}-1`);
    await open(`${job}-2`);
    expect((await worker.execute("beat", { gate: job, ending }, { job_id: job })).status).toBe(status);
    const said = framesOf(job).length;
    const last = await progressOf(job);
    const other = `after-${ending}`;
    const call = worker.execute("beat", { gate: other }, { job_id: other });
    await until("another beats", () => beats(other, /\(\d+\.\ds\)$/).length >= 2);
    expect([framesOf(job).length, await progressOf(job)]).toEqual([said, last]);
    await worker.post("/cancel", { job_id: other });
    expect((await call).status).toBe(409);
  });
});
