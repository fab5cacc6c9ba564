import { dataLayout } from "@cjm/core";
import { SqliteJobStore, SqliteJournal } from "@cjm/store";
import { claimed, completed, sampleComposition, sampleJob, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cancelLeftBehind, recallComposition } from "../../src/index.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const DOCUMENT = {
  name: "flow",
  nodes: { a: { capability: "i" }, b: { capability: "i", after: "a" }, c: { capability: "i", after: "b" } },
};
const open = (): SqliteJobStore => SqliteJobStore.open(dataLayout(folder.path).jobs, { resultsFolder: dataLayout(folder.path).jobResults });
const journal = (): SqliteJournal => SqliteJournal.open(dataLayout(folder.path).journal);

/** A host that did one node of three, began the next, and is gone. */
async function leaveComposition(store: SqliteJobStore): Promise<void> {
  const member = (nodeId: string) => sampleJob(nodeId, { compositionId: "flow-1", nodeId, runId: "run_1" });
  await store.submit({
    jobs: [member("a"), member("b"), sampleJob("other")],
    compositions: [sampleComposition("flow-1", { document: DOCUMENT })],
  });
  await store.settle(completed("a", await claimed(store, "a"), 1), []);
  await claimed(store, "b");
}

test("a composition: what was done stays done, the rest is cancelled, and nobody adopts it any more", async () => {
  {
    await using gone = open();
    await leaveComposition(gone);
  }
  {
    await using store = open();
    using rows = journal();
    expect(await cancelLeftBehind({ kind: "composition", id: "flow-1" }, { store, journal: rows })).toBe(true);
    expect(await cancelLeftBehind({ kind: "composition", id: "flow-1" }, { store, journal: rows })).toBe(false);
    expect(
      rows.query({ compositionId: "flow-1" }).map(({ eventType, jobId, payload }) => [eventType, jobId, payload["to"] ?? payload["nodes"]]),
    ).toEqual([
      ["state_transition", "b", "cancelled"],
      ["run_finished", null, { a: "completed", b: "cancelled", c: "cancelled" }],
    ]);
    const outcome = await recallComposition(store, "flow-1");
    expect(outcome).toMatchObject({ status: "cancelled", results: { a: 1 } });
  }
  await using next = open();
  const { jobs, compositions } = await next.adopt(["i"]);
  expect(compositions).toEqual([]);
  // What it did not ask for is as it was, for whoever takes it over.
  expect(jobs.map(({ job }) => job.spec.jobId)).toEqual(["other"]);
});

test("a job: cancelled, with a row; the journal of a job that ran keeps that it did", async () => {
  {
    await using gone = open();
    await gone.submit({ jobs: [sampleJob("j")] });
    await claimed(gone, "j");
  }
  await using store = open();
  using rows = journal();
  expect(await cancelLeftBehind({ kind: "job", id: "j" }, { store, journal: rows })).toBe(true);
  expect(await store.find("j")).toMatchObject({ status: "cancelled", interruptions: 1 });
  expect(rows.query({ jobId: "j" })).toMatchObject([
    { eventType: "state_transition", payload: { to: "cancelled", job_snapshot: { id: "j" } } },
  ]);
});

test("what a host that lives has, what is over, and what nobody knows stay as they are", async () => {
  await using living = open();
  await leaveComposition(living);
  await using store = open();
  using rows = journal();
  for (const target of [
    { kind: "composition", id: "flow-1" },
    { kind: "job", id: "other" },
    { kind: "job", id: "a" },
    { kind: "job", id: "unknown" },
    { kind: "composition", id: "unknown" },
  ] as const) {
    expect(await cancelLeftBehind(target, { store, journal: rows })).toBe(false);
  }
  expect(rows.query({})).toEqual([]);
  expect(await living.findComposition("flow-1")).toMatchObject({ status: "running", cancelRequested: false });
});
