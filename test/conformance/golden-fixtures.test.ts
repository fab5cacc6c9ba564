import { readFileSync } from "node:fs";
import { errorFromJobError } from "@cjm/core";
import { jobErrorOfBody, ROUTES } from "@cjm/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

function fixture<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../packages/protocol/fixtures/${name}.json`, import.meta.url), "utf8")) as T[];
}

const requests = fixture<{ name: string; route: "execute" | "task" | "cancel" | "reconfigure"; valid: boolean; body: unknown }>("requests");
const errors = fixture<{ name: string; body: { _job_error: { category: string; message: string } }; code: string }>("job-errors");
const frames = fixture<{ name: string; from: "host" | "worker"; valid: boolean; frame: unknown }>("control-frames");

describe.each(WORKER_KINDS)("$language worker and the golden fixtures", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  test.each(requests.filter(({ valid }) => valid))("understands $name", async ({ route, body }) => {
    const reply = await worker.post(ROUTES[route].path, body);
    expect(reply.headers["content-type"]).toMatch(/^application\/json/);
    // Understood is not agreed with: the probe has no such action, adapter or field.
    expect([200, 404, 500]).toContain(reply.status);
    if (route === "execute" && reply.status === 500) expect(jobErrorOfBody(reply.json)?.category).toBe("user_input");
  });

  test.each(requests.filter(({ valid }) => !valid))("refuses $name", async ({ route, body }) => {
    const reply = await worker.post(ROUTES[route].path, body);
    // The original answers every cancel with 200.
    if (route === "cancel") expect(reply).toMatchObject({ status: 200, json: { status: "error" } });
    else expect(reply.status).toBe(500);
  });

  test.each(errors.filter(({ body }) => ["user_input", "transient", "resource"].includes(body._job_error.category)))(
    "reports $name so that a host raises the same",
    async ({ body, code }) => {
      const { category, message } = body._job_error;
      const reply = await worker.execute("fail", { category: code === "CJM_CANCELLED" ? "cancelled" : category, message });
      if (code === "CJM_CANCELLED") {
        expect(reply.status).toBe(409);
        return;
      }
      const error = jobErrorOfBody(reply.json);
      expect(error === null ? null : errorFromJobError(error, { capabilityName: "probe" })).toMatchObject({ code, message, category });
    },
  );

  test.each(frames.filter(({ from, valid }) => from === "host" && !valid))("does not serve after $name", async ({ frame }) => {
    await using refused = await WorkerUnderTest.launch(kind, { hello: `${JSON.stringify(frame)}\n` });
    const { code } = await refused.exited;
    expect(code).not.toBe(0);
    expect(refused.frames.some(({ type }) => type === "ready")).toBe(false);
  });
});
