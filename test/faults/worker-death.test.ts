import { createPipeline, type Pipeline } from "@cjm/pipeline";
import { configAt, descendants, type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeProbeManifests } from "../probe-manifests.ts";

let folder: TemporaryFolder;
let pipeline: Pipeline;
beforeEach(async () => {
  folder = await temporaryFolder();
  writeProbeManifests(folder.path);
  pipeline = await createPipeline({ config: configAt(folder.path), capabilities: ["node", "python"] });
});
afterEach(async () => {
  await pipeline.destroy();
  await folder[Symbol.asyncDispose]();
});

const computing = (): number => pipeline.diagnostics.queryChunks({}).filter(({ content }) => content.startsWith("computing ")).length;
const pidOf = (instance: string): number => pipeline.manager.instances().find(({ instanceId }) => instanceId === instance)?.pid ?? 0;
const crashOf = (instance: string) => ({ capability: instance, action: "crash", args: { code: 7 } });
const echoOf = (instance: string, more: object = {}) => ({ capability: instance, action: "echo", args: { value: 1 }, ...more });

describe.each(["node", "python"])("a %s worker that dies", (instance) => {
  test("on its own fails that job with a typed error and its last output, and the next job has a new worker", async () => {
    const before = pidOf(instance);
    await expect(pipeline.run({ instance, action: "crash", args: { code: 7 } })).rejects.toMatchObject({
      code: "CJM_WORKER_DIED",
      message: expect.stringContaining("about to crash"),
      details: expect.objectContaining({ exitCode: 7 }),
    });
    await expect(pipeline.run({ instance, action: "echo", args: { value: "again" } })).resolves.toBe("again");
    expect(pidOf(instance)).not.toBe(before);
  });

  test("by kill -9 is tried once more on a new worker, and fails with a typed error when that is killed too", async () => {
    const busy = pipeline.run({ instance, action: "busy", args: { seconds: 60 } });
    const outcome = expect(busy).rejects.toMatchObject({
      code: "CJM_WORKER_OUT_OF_MEMORY",
      details: expect.objectContaining({ signal: "SIGKILL" }),
    });
    // Killed before its call had begun, a worker would cost the job none of its attempts.
    const begun = (times: number) => until(`it has begun ${times} times`, () => computing() === times);
    await begun(1);
    process.kill(pidOf(instance), "SIGKILL");
    await begun(2);
    process.kill(pidOf(instance), "SIGKILL");
    await outcome;
  });

  test("ends a fail-fast composition as failed and skips what depends on it", async () => {
    const outcome = await pipeline.runComposition({
      name: "fast",
      fail_fast: true,
      nodes: { crash: crashOf(instance), after: echoOf(instance, { after: ["crash"] }) },
    });
    expect(outcome.status).toBe("failed");
    expect(outcome.nodes.map(({ id, state }) => [id, state])).toEqual([
      ["crash", "failed"],
      ["after", "skipped"],
    ]);
    expect(outcome.nodes[0]?.error).toMatchObject({ code: "CJM_WORKER_DIED", message: expect.stringContaining("about to crash") });
  });

  test("costs a collecting fan-out just its own item", async () => {
    const outcome = await pipeline.runComposition({
      name: "collect",
      fail_fast: false,
      nodes: {
        all: {
          capability: instance,
          action: "add",
          for_each: [{ b: 1 }, { b: "text" }, { b: 3 }],
          on_item_error: "collect",
          args: { a: 1, b: "${item.b}" },
        },
        crashes: { ...crashOf(instance), for_each: [1, 2], on_item_error: "collect" },
        independent: echoOf(instance, { after: ["all", "crashes"] }),
      },
    });
    expect(outcome.nodes.map(({ id, state, items }) => [id, state, items.failed])).toEqual([
      ["all", "completed", 1],
      ["crashes", "completed", 2],
      ["independent", "completed", 0],
    ]);
    expect(outcome.results["all"]).toEqual([2, 4]);
    expect(outcome.failures["crashes"]?.map(({ error }) => error.code)).toEqual(["CJM_WORKER_DIED", "CJM_WORKER_DIED"]);
  });
});

test("after close nothing of the pipeline's tree is left", async () => {
  await pipeline.run({ instance: "node", action: "spawn_child", args: { setsid: true } });
  await pipeline.run({ instance: "python", action: "spawn_child", args: { setsid: true } });
  const tree = descendants(process.pid);
  expect(tree.length).toBeGreaterThanOrEqual(4);
  await pipeline.close();
  await until("all are gone", () => descendants(process.pid).length === 0);
});
