import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claimed, completed, ManualClock, runProgram, sampleComposition, sampleJob } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pruneJobs } from "../../src/index.ts";
import { ownIdentity } from "../../src/job-store/host-identity.ts";
import { JobStoreKit } from "./job-store-kit.ts";

let kit: JobStoreKit;
beforeEach(async () => {
  kit = await JobStoreKit.make();
});
afterEach(() => kit[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;
const LARGE = { text: "größe ".repeat(60_000) };

describe("a large result", () => {
  test("lies in a file of its own, and comes back with the job", async () => {
    const store = kit.open();
    await store.submit({ jobs: ["a", "b", "c"].map((id) => sampleJob(id, { compositionId: "k", nodeId: id })) });
    await store.settle(completed("a", await claimed(store, "a"), LARGE), []);
    await store.settle(completed("b", await claimed(store, "b"), "small"), []);
    await store.settle(completed("c", null, LARGE), []);
    const files = kit.resultFiles();
    expect(files).toHaveLength(2);
    expect(JSON.parse(readFileSync(join(kit.resultsFolder, files[0] ?? ""), "utf8"))).toEqual(LARGE);
    expect(await store.find("a")).toMatchObject({ status: "completed", result: LARGE });
    expect((await store.members("k")).map(({ job }) => job.result)).toEqual([LARGE, "small", LARGE]);
    expect((await store.list({})).map(({ result }) => result)).toEqual([null, null, null]);
  });

  test.each([
    ["just fits", 10, 0],
    ["is one byte too long", 9, 1],
  ])("a text that %s", async (_, maxInlineBytes, files) => {
    const store = kit.open({ maxInlineBytes });
    await store.submit({ jobs: [sampleJob("a")] });
    await store.settle(completed("a", null, "größe1"), []);
    expect(kit.resultFiles()).toHaveLength(files);
    expect(await store.find("a")).toMatchObject({ result: "größe1" });
  });

  test("that is refused leaves no file", async () => {
    const store = kit.open();
    await store.submit({ jobs: [sampleJob("a")] });
    const lease = await claimed(store, "a");
    expect(await store.settle(completed("a", { ...lease, token: "0.0" }, LARGE), [])).toBe(false);
    expect(kit.resultFiles()).toEqual([]);
    expect(await store.settle(completed("a", lease, LARGE), [])).toBe(true);
  });

  test("that cannot be written does not end the job", async () => {
    const store = kit.open();
    writeFileSync(kit.resultsFolder, "a file where the folder should be");
    await store.submit({ jobs: [sampleJob("a")] });
    const lease = await claimed(store, "a");
    const failure = { code: "CJM_STORE_FAILED", message: expect.stringContaining(kit.resultsFolder) };
    await expect(store.settle(completed("a", lease, LARGE), [])).rejects.toMatchObject(failure);
    rmSync(kit.resultsFolder);
    expect(await store.settle(completed("a", lease, LARGE), [])).toBe(true);
  });

  test("whose file is gone is said to be", async () => {
    const store = kit.open();
    await store.submit({ jobs: [sampleJob("a")] });
    await store.settle(completed("a", null, LARGE), []);
    rmSync(kit.resultsFolder, { recursive: true });
    await expect(store.find("a")).rejects.toMatchObject({ code: "CJM_STORE_FAILED", message: expect.stringContaining("job a") });
  });
});

describe("pruning", () => {
  test("forgets what ended long ago, with its files; keeps what is younger, open, or part of what is open", async () => {
    const clock = new ManualClock();
    const store = kit.open({ clock, maxInlineBytes: 100 });
    expect(await store.firstEndedAt()).toBeNull();
    const startedAt = clock.now();
    const member = (id: string, compositionId: string) => sampleJob(id, { compositionId, nodeId: id, submittedAt: clock.now() });
    const compositions = ["over", "open"].map((id) => sampleComposition(id, { submittedAt: clock.now() }));
    await store.submit({ jobs: [], compositions });
    const old = ["large", "small", "cancelled"].map((id) => sampleJob(id, { submittedAt: clock.now() }));
    await store.submit({ jobs: [...old, member("m", "over"), member("n", "open"), sampleJob("waiting", { submittedAt: clock.now() })] });
    for (const id of ["large", "m", "n"]) await store.settle(completed(id, await claimed(store, id), "x".repeat(200)), []);
    await store.settle(completed("small", null, 1), []);
    await store.settle({ jobId: "cancelled", lease: null, status: "cancelled", result: null, error: null }, []);
    await store.updateComposition("over", { status: "completed" });
    clock.advance(HOUR_MS);
    await store.submit({ jobs: [sampleJob("young", { submittedAt: clock.now() })] });
    await store.settle(completed("young", null, "x".repeat(200)), []);

    expect(await store.firstEndedAt()).toBe(startedAt);
    expect(await store.prune({ olderThanMs: HOUR_MS + 1 })).toEqual({ jobs: 0, compositions: 0, ledgerRows: 0, files: 0 });
    expect(await store.prune({ olderThanMs: HOUR_MS / 2 })).toEqual({ jobs: 4, compositions: 1, ledgerRows: 0, files: 2 });
    expect((await store.list({})).map(({ spec }) => spec.jobId)).toEqual(["young", "waiting", "n"]);
    expect((await store.listCompositions({})).map(({ compositionId }) => compositionId)).toEqual(["open"]);
    expect(await store.find("large")).toBeNull();
    expect(await store.find("n")).toMatchObject({ result: "x".repeat(200) });
    expect(kit.resultFiles()).toHaveLength(2);
  });

  test("forgets rows of extensions only when everything that is open is younger", async () => {
    const clock = new ManualClock();
    const store = kit.open({ clock });
    const submitAt = (id: string) => sampleJob(id, { submittedAt: clock.now() });
    await store.submit({ jobs: [submitAt("first")], rows: [{ kind: "k", data: { of: "first" } }] });
    clock.advance(HOUR_MS);
    await store.submit({ jobs: [submitAt("second")], rows: [{ kind: "k", data: { of: "second" } }] });
    clock.advance(HOUR_MS);
    await store.settle(completed("second", null), []);
    expect(await store.prune({ olderThanMs: 0 })).toMatchObject({ ledgerRows: 0 });
    await store.settle(completed("first", null), []);
    clock.advance(HOUR_MS);
    expect(await store.prune({ olderThanMs: HOUR_MS * 1.5 })).toMatchObject({ jobs: 0, ledgerRows: 2 });
    expect(await store.ledger()).toEqual([]);
  });

  test("does not take a composition while one of its members is open", async () => {
    const clock = new ManualClock();
    const store = kit.open({ clock });
    await store.submit({ jobs: [sampleJob("m", { compositionId: "k", nodeId: "m" })], compositions: [sampleComposition("k")] });
    await store.updateComposition("k", { status: "failed" });
    clock.advance(HOUR_MS);
    expect(await store.prune({ olderThanMs: 1 })).toMatchObject({ jobs: 0, compositions: 0 });
    await store.settle(completed("m", null), []);
    clock.advance(HOUR_MS);
    expect(await store.prune({ olderThanMs: 1 })).toMatchObject({ jobs: 1, compositions: 1 });
  });

  test("sweeps what a dead host left in the folder, and nothing of who is there or of others", async () => {
    const { stdout } = await runProgram("sh", ["-c", "echo $$"]);
    const dead = kit.open({ identity: { ...ownIdentity(), pid: Number(stdout), startTicks: 1 }, clock: new ManualClock(Date.now()) });
    await dead.submit({ jobs: [sampleJob("a")] });
    await dead.settle(completed("a", null, LARGE), []);
    const store = kit.open();
    await store.adopt([]);
    for (const name of ["1-98.json", "1-99.json.tmp", "2-7.json", "2-8.json.tmp", "notes.txt"])
      writeFileSync(join(kit.resultsFolder, name), "");
    expect(await store.prune({ olderThanMs: HOUR_MS })).toMatchObject({ jobs: 0, files: 2 });
    expect(kit.resultFiles()).toEqual(["1-1.json", "2-7.json", "2-8.json.tmp", "notes.txt"]);
    expect(await store.find("a")).toMatchObject({ result: LARGE });
  });

  test("of many jobs works in small steps on a thread, beside a store that writes", async () => {
    const clock = new ManualClock();
    const store = kit.open({ clock });
    const ids = Array.from({ length: 2400 }, (_, index) => `j${index}`);
    await store.submit({ jobs: ids.map((id) => sampleJob(id)) });
    await Promise.all(ids.filter((_, index) => index % 4 !== 0).map((id) => store.settle(completed(id, null), [])));
    clock.advance(HOUR_MS);
    let isPruned = false;
    const pruned = store.prune({ olderThanMs: 1 }).finally(() => {
      isPruned = true;
    });
    let written = 0;
    while (!isPruned) {
      await store.submit({ jobs: [sampleJob(`later${written++}`)] });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await pruned).toMatchObject({ jobs: 1800 });
    expect(await store.list({ limit: 100_000 })).toHaveLength(600 + written);
  });

  test("says when it cannot", async () => {
    writeFileSync(kit.at("text"), "no database, and long enough to be looked at as the header of a database file, or so one hopes");
    await expect(pruneJobs({ path: kit.at("text"), resultsFolder: kit.resultsFolder, endedBeforeMs: 0 })).rejects.toMatchObject({
      code: "CJM_STORE_FAILED",
    });
    const store = kit.open();
    const database = kit.database();
    await store.submit({ jobs: [sampleJob("a")] });
    await store.settle(completed("a", null), []);
    database.exec("CREATE TRIGGER refuse BEFORE DELETE ON jobs BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
    database.close();
    await expect(store.prune({ olderThanMs: -HOUR_MS })).rejects.toMatchObject({
      code: "CJM_STORE_FAILED",
      message: expect.stringContaining("refused by the test"),
    });
  });
});
