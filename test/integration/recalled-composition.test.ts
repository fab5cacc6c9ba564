import { join } from "node:path";
import { criticalPath, JournalWriter, planComposition, toMermaid, validateComposition } from "@cjm/core";
import { JobQueue } from "@cjm/queue";
import { SqliteJobStore, SqliteJournal } from "@cjm/store";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { FakeRuntime } from "../../packages/queue/test/fake-runtime.ts";

const DOCUMENT = {
  name: "remembered",
  outputs: { sum: "${nodes.join}" },
  nodes: {
    find: { capability: "a", args: { give: [1, 2, 3] } },
    each: { capability: "a", for_each: "${nodes.find}", on_item_error: "collect", args: { give: "${item}" } },
    join: { capability: "a", args: { give: "${nodes.each}" } },
    never: { capability: "a", when: { ref: "${nodes.find[0]}", equals: 2 } },
  },
};

test("what a database remembers of a composition is what its handle said, and can be drawn", async () => {
  await using folder = await temporaryFolder();
  const script = async ({ give = null }: { readonly give?: unknown }) => {
    if (give === 2) throw new TypeError("even");
    return give as null;
  };
  const open = () => {
    const journal = SqliteJournal.open(join(folder.path, "journal.db"));
    const store = SqliteJobStore.open(join(folder.path, "jobs.db"), { resultsFolder: join(folder.path, "results") });
    const runtime = new FakeRuntime({ a: { profile: {}, cap: 3, script } });
    return { journal, store, queue: new JobQueue({ runtime, journal: new JournalWriter(journal), store, machineMemoryMb: 64_000 }) };
  };
  const close = async ({ queue, store, journal }: ReturnType<typeof open>): Promise<void> => {
    await queue.destroy();
    await store[Symbol.asyncDispose]();
    journal[Symbol.dispose]();
  };
  const before = open();
  const handle = await before.queue.submitComposition(DOCUMENT);
  const outcome = await handle.wait();
  await close(before);

  const after = open();
  const recalled = await after.queue.recallComposition(handle.compositionId);
  await close(after);
  expect(recalled).toMatchObject({ status: "completed", outputs: { sum: [1, 3] }, results: outcome.results });
  expect(recalled?.nodes.map(({ id, state, items }) => ({ id, state, items }))).toEqual(
    outcome.nodes.map(({ id, state, items }) => ({ id, state, items })),
  );
  const plan = planComposition(validateComposition(DOCUMENT));
  if (recalled === null) expect.fail("it is not remembered");
  expect(criticalPath(plan, recalled).steps.map(({ nodeId }) => nodeId)).toEqual(["find", "each", "join"]);
  expect(toMermaid(plan, recalled)).toContain("completed, 2 of 3, 1 failed");
});
