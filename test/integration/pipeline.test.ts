import { createPipeline, type PipelineOptions } from "@cjm/pipeline";
import { SqliteJournal } from "@cjm/store";
import { configAt, descendants, type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeProbeManifests } from "../probe-manifests.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
  writeProbeManifests(folder.path);
});
afterEach(() => folder[Symbol.asyncDispose]());

const create = (options: PipelineOptions = {}) => createPipeline({ config: configAt(folder.path), ...options });

describe("a pipeline", () => {
  test("loads everything that is installed unless it is told what, and calls across languages", async () => {
    await using pipeline = await create();
    expect(pipeline.manager.instances().map(({ instanceId }) => instanceId)).toEqual(expect.arrayContaining(["node", "python"]));
    const calls = ["node", "python"].map((instance) => pipeline.run({ instance, action: "add", args: { a: 20, b: 22 } }));
    expect(await Promise.all(calls)).toEqual([42, 42]);
  });

  test("gives every job its run and actor, in the worker and in the journal", async () => {
    let runId: string;
    {
      await using pipeline = await create({ capabilities: ["python"], actor: "test:me" });
      runId = pipeline.runId;
      expect(await pipeline.run({ instance: "python", action: "envelope" })).toMatchObject({
        run_id: runId,
        actor: "test:me",
        job_id: expect.any(String),
      });
    }
    using journal = SqliteJournal.open(`${folder.path}/journal.db`);
    const rows = journal.query({ runId });
    expect(rows.map(({ eventType }) => eventType)).toEqual(expect.arrayContaining(["admission_decided", "state_transition"]));
    expect(rows.every(({ actor }) => actor === "test:me")).toBe(true);
  });

  test("keeps instances of one capability apart by configuration", async () => {
    const capabilities = [
      { name: "python", instanceId: "polite", config: { greeting: "good day" } },
      { name: "python", instanceId: "casual", config: { greeting: "hi" } },
    ];
    await using pipeline = await create({ capabilities });
    expect(pipeline.manager.instances().map(({ instanceId, config }) => [instanceId, config["greeting"]])).toEqual(
      expect.arrayContaining([
        ["polite", "good day"],
        ["casual", "hi"],
      ]),
    );
  });

  test("that cannot be made lists what there is, and leaves no process", async () => {
    await expect(create({ capabilities: ["node", "pyhton"] })).rejects.toMatchObject({
      code: "CJM_CAPABILITY_NOT_FOUND",
      message: expect.stringContaining("Did you mean 'python'?"),
      hint: expect.stringContaining("Installed are node, python"),
    });
    await until("nothing is left", () => descendants(process.pid).length === 0);
  });

  test("cancels a job when its caller gives up, and works on", async () => {
    await using pipeline = await create({ capabilities: ["node"] });
    const controller = new AbortController();
    const busy = pipeline.run({ instance: "node", action: "busy", args: { seconds: 60 }, signal: controller.signal });
    const outcome = expect(busy).rejects.toMatchObject({ code: "CJM_CANCELLED" });
    await until("it runs", () => pipeline.queue.stats().running === 1);
    controller.abort();
    await outcome;
    await expect(pipeline.run({ instance: "node", action: "echo", args: { value: 1 } })).resolves.toBe(1);
  });

  test("fails a job that takes longer than it may", async () => {
    await using pipeline = await create({ capabilities: ["python"] });
    await expect(pipeline.run({ instance: "python", action: "busy", args: { seconds: 60 }, timeoutMs: 300 })).rejects.toMatchObject({
      code: "CJM_DEADLINE_EXCEEDED",
    });
  });
});
