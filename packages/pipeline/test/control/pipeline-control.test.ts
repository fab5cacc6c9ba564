import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { configAt, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectHosts, createPipeline } from "../../src/index.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder("cjm-c-");
});
afterEach(() => folder[Symbol.asyncDispose]());

const create = (options: Parameters<typeof createPipeline>[0] = {}) =>
  createPipeline({ config: configAt(folder.path), capabilities: [], ...options });

test("a pipeline can be asked from its first moment to its last, and leaves nothing", async () => {
  {
    await using pipeline = await create({ actor: "app:test" });
    using connected = await connectHosts(folder.path);
    const [host] = connected.hosts;
    expect(host?.info).toMatchObject({ pid: process.pid, runId: pipeline.runId, actor: "app:test" });
    expect(pipeline.controlPath).toContain(`/control/${process.pid}-`);
    expect(await host?.jobs()).toEqual({ jobs: [], unlisted: 0, compositions: [] });
    expect(await host?.status()).toMatchObject({ lanes: { total: 4, inUse: 0 }, pending: 0, workers: [], journalFailure: null });
    await expect(host?.explain("unknown")).rejects.toMatchObject({ code: "CJM_JOB_NOT_FOUND" });
    expect(await host?.cancel("unknown", { wait: true })).toEqual({ kind: null, requested: false, status: null });
  }
  expect(readdirSync(`${folder.path}/control`)).toEqual([]);
});

test("one that is to have none has none", async () => {
  await using pipeline = await create({ control: false });
  expect([pipeline.controlPath, existsSync(`${folder.path}/control`)]).toEqual([null, false]);
});

test("one that cannot have any works all the same", async () => {
  writeFileSync(`${folder.path}/control`, "in the way");
  await using pipeline = await create({ jobs: "memory" });
  expect(pipeline.controlPath).toBeNull();
  expect(pipeline.queue.stats().pending).toBe(0);
});
