import { statSync } from "node:fs";
import { completed, sampleComposition, sampleJob, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SqliteJobStore } from "../../src/index.ts";
import { JobStoreKit } from "./job-store-kit.ts";

let kit: JobStoreKit;
let store: SqliteJobStore;
beforeEach(async () => {
  kit = await JobStoreKit.make();
  store = kit.open();
});
afterEach(() => kit[Symbol.asyncDispose]());

/** Makes every insert of a job of that id fail, as a broken disk would. */
function refuse(jobId: string): void {
  const database = kit.database();
  database.exec(
    `CREATE TRIGGER refuse BEFORE INSERT ON jobs WHEN new.job_id = '${jobId}' BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`,
  );
  database.close();
}

describe("writes of one turn", () => {
  test("are one transaction, in order", async () => {
    const database = kit.database();
    const version = (): number => Number(database.pragma("data_version", { simple: true }));
    const before = version();
    const order: string[] = [];
    const note = (name: string) => (): number => order.push(name);
    await Promise.all([
      store.submit({ jobs: [sampleJob("a")] }).then(note("submit a")),
      store.claim(["a"]).then((leases) => order.push(`claimed ${leases.length}`)),
      store.submit({ jobs: [sampleJob("b")] }).then(note("submit b")),
      store.settle(completed("b", null), []).then((isTaken) => order.push(`settled ${isTaken}`)),
      store.setPriority("a", 3).then(note("priority")),
    ]);
    expect(order).toEqual(["submit a", "claimed 1", "submit b", "settled true", "priority"]);
    expect(version()).toBe(before + 1);
    database.close();
  });

  test("fail together when one of them cannot be committed, and leave nothing", async () => {
    await store.submit({ jobs: [sampleJob("before")] });
    refuse("bad");
    const outcomes = await Promise.allSettled([
      store.submit({ jobs: [sampleJob("good")], rows: [{ kind: "k", data: {} }], compositions: [sampleComposition("k")] }),
      store.claim(["before"]),
      store.submit({ jobs: [sampleJob("bad")] }),
      store.settle(completed("before", null), [{ kind: "k", data: {} }]),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "CJM_STORE_FAILED", message: expect.stringContaining("refused") },
      });
    }
    expect(await store.find("good")).toBeNull();
    expect(await store.findComposition("k")).toBeNull();
    expect(await store.ledger()).toEqual([]);
    expect(await store.claim(["before"])).toHaveLength(1);
  });

  test("do not hold up the next turn when they fail", async () => {
    refuse("bad");
    const bad = store.submit({ jobs: [sampleJob("bad")] });
    await expect(bad).rejects.toMatchObject({ code: "CJM_STORE_FAILED" });
    await store.submit({ jobs: [sampleJob("good")] });
    expect(await store.find("good")).not.toBeNull();
  });
});

describe("rows of extensions", () => {
  test("are committed with what they belong to, and only then", async () => {
    await store.submit({ jobs: [sampleJob("a")], rows: [{ kind: "reserved", data: { amount: 3, tags: ["x"] } }] });
    await store.submit({ jobs: [sampleJob("a")], rows: [{ kind: "reserved", data: { amount: 4 } }] });
    const [lease] = await store.claim(["a"]);
    await store.settle(completed("a", null), [{ kind: "spent", data: { amount: 9 } }]);
    await store.settle(completed("a", lease ?? null), [{ kind: "spent", data: { amount: 2 } }]);
    await store.submit({ jobs: [], rows: [{ kind: "note", data: {} }] });
    const rows = await store.ledger();
    expect(rows.map(({ kind, data }) => [kind, data])).toEqual([
      ["reserved", { amount: 3, tags: ["x"] }],
      ["spent", { amount: 2 }],
      ["note", {}],
    ]);
    expect(await store.ledger({ kind: "spent" })).toEqual([rows[1]]);
    expect(await store.ledger({ afterSeq: rows[0]?.seq ?? 0, limit: 1 })).toEqual([rows[1]]);
    expect(rows[0]?.writtenAt).toBeCloseTo(Date.now(), -5);
  });

  test("of a job that comes with a new one are kept", async () => {
    await store.submit({ jobs: [sampleJob("a")] });
    await store.submit({ jobs: [sampleJob("a"), sampleJob("b")], rows: [{ kind: "reserved", data: {} }] });
    expect(await store.ledger()).toHaveLength(1);
  });
});

test("what has no JSON text is refused by itself", async () => {
  let deep: readonly unknown[] = [];
  for (let level = 0; level < 50_000; level++) deep = [deep];
  const good = store.submit({ jobs: [sampleJob("good")] });
  const kwargs = { deep: deep as never };
  await expect(store.submit({ jobs: [sampleJob("bad", { target: { channel: "execute", args: [], kwargs } })] })).rejects.toMatchObject({
    code: "CJM_STORE_FAILED",
    message: expect.stringContaining("Job bad"),
  });
  await expect(store.settle(completed("good", null, kwargs.deep), [])).rejects.toMatchObject({ code: "CJM_STORE_FAILED" });
  await good;
  expect(await store.find("good")).toMatchObject({ status: "pending" });
});

test("lists far back without a limit of what it walks through", async () => {
  const jobs = Array.from({ length: 3500 }, (_, index) => sampleJob(`j${index}`, { runId: index % 1000 === 0 ? "rare" : null }));
  await store.submit({ jobs });
  expect((await store.list({ runId: "rare" })).map(({ spec }) => spec.jobId)).toEqual(["j3000", "j2000", "j1000", "j0"]);
  expect(await store.list({})).toHaveLength(100);
  expect((await store.list({ limit: 2000 })).at(-1)?.spec.jobId).toBe("j1500");
  await store.claim(["j7"]);
  expect((await store.list({ status: "running" })).map(({ spec }) => spec.jobId)).toEqual(["j7"]);
});

test("what was logged is brought into the file under load", async () => {
  const before = statSync(kit.path).size;
  for (let turn = 0; turn < 300; turn += 1) await store.submit({ jobs: [sampleJob(`j${turn}`)] });
  await until("the log is copied", () => statSync(kit.path).size > before + 50_000);
});

test("what was closed says so", async () => {
  await store[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await expect(store.submit({ jobs: [sampleJob("a")] })).rejects.toMatchObject({ code: "CJM_STORE_FAILED" });
  await expect(store.find("a")).rejects.toMatchObject({ code: "CJM_STORE_FAILED" });
});

test("what is under way when it is closed is still written", async () => {
  const submitted = store.submit({ jobs: [sampleJob("a")] });
  await store[Symbol.asyncDispose]();
  await submitted;
  expect(await kit.open().adopt(["i"])).toMatchObject({ jobs: [{ job: { spec: { jobId: "a" } } }] });
});
