import { readdir } from "node:fs/promises";
import { dataLayout } from "@cjm/core";
import { SqliteJobStore } from "@cjm/store";
import { claimed, completed, configAt, sampleComposition, sampleJob, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IdSource } from "../../src/completion/value-sources.ts";
import { workIds } from "../../src/completion/work-ids.ts";

const NODES = { a: { capability: "i" } };
const WAITS = "0199c1d2-0000-7000-8000-00000000aaaa";
const DONE = "0199c1d2-0000-7000-8000-00000000bbbb";

let folder: TemporaryFolder;
const stores = new AsyncDisposableStack();
beforeAll(async () => {
  folder = await temporaryFolder();
  const layout = dataLayout(folder.path);
  const open = (): SqliteJobStore => SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults });
  {
    await using gone = open();
    await gone.submit({ jobs: [], compositions: [sampleComposition("left-behind", { document: { name: "flow", nodes: NODES } })] });
  }
  const living = stores.use(open());
  await living.submit({
    jobs: [sampleJob(WAITS, { runId: "run_1" }), sampleJob(DONE, { runId: "run_2" })],
    compositions: [sampleComposition("goes-on", { runId: "run_2", document: { name: "other", nodes: NODES } })],
  });
  await living.settle(completed(DONE, await claimed(living, DONE), 1), []);
});
afterAll(async () => {
  await stores.disposeAsync();
  await folder[Symbol.asyncDispose]();
});

test.each<[IdSource, readonly string[]]>([
  ["open-work", ["left-beh", "goes-on", "0000aaaa"]],
  ["open-jobs", ["0000aaaa"]],
  ["work", ["left-beh", "goes-on", "0000aaaa", "0000bbbb"]],
  ["interrupted", ["left-behind"]],
  ["whole-jobs", [WAITS, DONE]],
  ["runs", ["run_1", "run_2"]],
])("%s", async (source, expected) => {
  expect((await workIds(source, configAt(folder.path))).map(({ value }) => value)).toEqual(expected);
});

test("each says what it is and how it stands", async () => {
  expect(await workIds("work", configAt(folder.path))).toEqual([
    { value: "left-beh", description: "interrupted: composition flow" },
    { value: "goes-on", description: "running: composition other" },
    { value: "0000aaaa", description: expect.stringMatching(/^waiting: i/) },
    { value: "0000bbbb", description: expect.stringMatching(/^completed: i/) },
  ]);
});

test("where nothing was ever run there is nothing, and nothing is made", async () => {
  await using empty = await temporaryFolder();
  expect(await workIds("work", configAt(empty.path))).toEqual([]);
  expect(await readdir(empty.path)).toEqual([]);
});
