import { ProcessListSchema, SystemStatusSchema } from "@cjm/protocol";
import { describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker, system monitor", (kind) => {
  test("answers with what the capability says", async () => {
    await using worker = await WorkerUnderTest.start(kind, kind.probes.monitor);
    for (const body of [undefined, {}]) {
      const status = await worker.post("/get_system_status", body);
      expect([status.status, SystemStatusSchema.parse(status.json)]).toMatchObject([200, { memory_available_mb: 1024, gpu_type: "None" }]);
      const processes = await worker.post("/list_processes", body);
      expect([processes.status, ProcessListSchema.parse(processes.json)]).toMatchObject([
        200,
        [{ pid: 7, gpu_memory_mb: 100, gpu_index: 0 }],
      ]);
    }
  });

  test.each(["/get_system_status", "/list_processes"])("%s that fails is a plain 500", async (path) => {
    await using worker = await WorkerUnderTest.start(kind, kind.probes.monitor);
    await worker.execute("spoil");
    expect(await worker.post(path)).toMatchObject({ status: 500, text: "Internal Server Error" });
  });

  test("a method that it does not have is a 501", async () => {
    await using worker = await WorkerUnderTest.start(kind, kind.probes["half-monitor"]);
    expect(await worker.post("/get_system_status")).toMatchObject({ status: 200, json: { memory_available_mb: 1024 } });
    expect(await worker.post("/list_processes")).toMatchObject({ status: 501, json: { detail: expect.any(String) } });
  });
});
