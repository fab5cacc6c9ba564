import { chmodSync, closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { claimed, completed, runProgram, sampleJob, skip } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SqliteJobStore } from "../../src/index.ts";
import { JobStoreKit } from "./job-store-kit.ts";

let kit: JobStoreKit;
beforeEach(async () => {
  kit = await JobStoreKit.make();
});
afterEach(() => kit[Symbol.asyncDispose]());

const failedWith = (hint: RegExp) => expect.objectContaining({ code: "CJM_STORE_FAILED", hint: expect.stringMatching(hint) });

/** Keeps one store of another folder while `use` runs, and closes it before the folder goes. */
async function withDisk(options: string, context: Parameters<typeof skip>[0], use: (folder: string) => Promise<void>): Promise<void> {
  const folder = kit.at("disk");
  mkdirSync(folder);
  const mount = await runProgram("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  if (mount.code !== 0) skip(context, `cannot mount a disk here: ${mount.stderr.trim()}`);
  try {
    await use(folder);
  } finally {
    await runProgram("umount", ["-l", folder]);
  }
}

describe("a file that another connection holds", () => {
  test("is waited for while the event loop goes on", async () => {
    const store = kit.open();
    const other = kit.database();
    other.exec("BEGIN IMMEDIATE");
    let isDone = false;
    const submitted = Promise.all([store.submit({ jobs: [sampleJob("a")] }), store.claim(["a"])]).then(([, leases]) => {
      isDone = true;
      return leases;
    });
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(isDone).toBe(false);
    const later = store.submit({ jobs: [sampleJob("b")] });
    expect(await store.find("a")).toBeNull();
    other.exec("COMMIT");
    expect(await submitted).toHaveLength(1);
    await later;
    expect((await store.list({})).map(({ spec }) => spec.jobId)).toEqual(["b", "a"]);
    other.close();
  });

  test("fails the call after the busy timeout, and works again when it is free", async () => {
    const store = kit.open({ busyTimeoutMs: 60 });
    const other = kit.database();
    other.exec("BEGIN IMMEDIATE");
    const outcomes = await Promise.allSettled([store.submit({ jobs: [sampleJob("a")] }), store.claim(["a"])]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: failedWith(/Another process/) });
    other.exec("COMMIT");
    await store.submit({ jobs: [sampleJob("b")] });
    expect((await store.list({})).map(({ spec }) => spec.jobId)).toEqual(["b"]);
    other.close();
  });
});

describe("a disk", () => {
  test("that is full refuses what does not fit, keeps what was acknowledged, and goes on when there is room", async (context) => {
    await withDisk("size=2m", context, async (folder) => {
      const ballast = `${folder}/ballast`;
      writeFileSync(ballast, Buffer.alloc(1024 * 1024));
      await using store = SqliteJobStore.open(`${folder}/jobs.db`, { resultsFolder: `${folder}/results`, maxInlineBytes: 10_000 });
      await store.submit({ jobs: [sampleJob("running")] });
      const lease = await claimed(store, "running");
      await expect(store.settle(completed("running", lease, "x".repeat(2_000_000)), [])).rejects.toEqual(failedWith(/room/));
      const kept: string[] = [];
      const kwargs = { text: "x".repeat(3000) };
      let failure: unknown = null;
      for (let index = 0; failure === null && index < 1000; index++) {
        try {
          await store.submit({ jobs: [sampleJob(`j${index}`, { target: { channel: "execute", args: [], kwargs } })] });
          kept.push(`j${index}`);
        } catch (error) {
          failure = error;
        }
      }
      expect(failure).toEqual(failedWith(/disk is full/));
      expect(kept.length).toBeGreaterThan(10);
      const newestFirst = [...kept].reverse();
      expect((await store.list({ limit: 1000 })).map(({ spec }) => spec.jobId)).toEqual([...newestFirst, "running"]);
      rmSync(ballast);
      await store.submit({ jobs: [sampleJob("later")] });
      expect(await store.settle(completed("running", lease, "fine"), [])).toBe(true);
      expect(await store.find("running")).toMatchObject({ status: "completed", result: "fine" });
    });
  });

  test("that cannot be written refuses to be opened", async (context) => {
    if (process.getuid?.() === 0) {
      await withDisk("size=2m", context, async (folder) => {
        await SqliteJobStore.open(`${folder}/jobs.db`, { resultsFolder: folder })[Symbol.asyncDispose]();
        await runProgram("mount", ["-o", "remount,ro", folder]);
        expect(() => SqliteJobStore.open(`${folder}/jobs.db`, { resultsFolder: folder })).toThrow(failedWith(/may write/));
      });
      return;
    }
    await kit.open()[Symbol.asyncDispose]();
    chmodSync(kit.path, 0o444);
    expect(() => kit.open()).toThrow(failedWith(/may write/));
  });
});

describe("a file", () => {
  test("of a later version is refused and left as it is", async () => {
    await kit.open()[Symbol.asyncDispose]();
    const database = kit.database();
    database.pragma("user_version = 2");
    database.close();
    const before = statSync(kit.path);
    expect(() => kit.open()).toThrow(
      expect.objectContaining({ code: "CJM_STORE_FAILED", retriable: false, hint: expect.stringContaining("Update cjm") }),
    );
    const after = kit.database();
    expect(after.pragma("user_version", { simple: true })).toBe(2);
    expect(after.prepare("SELECT count(*) AS hosts FROM hosts").get()).toEqual({ hosts: 0 });
    after.close();
    expect(statSync(kit.path).size).toBe(before.size);
  });

  test("that is no database is refused, and left as it is", () => {
    writeFileSync(kit.path, "this is text, and long enough to be looked at as the header of a database file, or so one hopes");
    expect(() => kit.open()).toThrow(failedWith(/aside/));
  });

  test("that was damaged fails what touches the damage", async () => {
    const store = kit.open();
    await store.submit({ jobs: Array.from({ length: 500 }, (_, index) => sampleJob(`j${index}`)) });
    await store[Symbol.asyncDispose]();
    const { size } = statSync(kit.path);
    const file = openSync(kit.path, "r+");
    // Everything but the first page, which holds the schema.
    writeSync(file, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
    closeSync(file);
    const work = async (): Promise<unknown> => await kit.open().find("j7");
    await expect(work()).rejects.toEqual(failedWith(/aside/));
  });

  test("whose rows were damaged names the job, and nothing of an adoption is committed", async () => {
    const first = kit.open();
    await first.submit({ jobs: [sampleJob("good"), sampleJob("bad")] });
    await first[Symbol.asyncDispose]();
    const database = kit.database();
    database.prepare("UPDATE jobs SET spec = '{half' WHERE job_id = 'bad'").run();
    const store = kit.open();
    await expect(store.find("bad")).rejects.toMatchObject({ code: "CJM_STORE_FAILED", message: expect.stringContaining("bad") });
    await expect(store.adopt(["i"])).rejects.toMatchObject({ code: "CJM_STORE_FAILED", message: expect.stringContaining("bad") });
    expect(await store.claim(["good"])).toEqual([]);
    database.prepare("UPDATE jobs SET spec = ? WHERE job_id = 'bad'").run(JSON.stringify(sampleJob("bad")));
    database.close();
    expect((await store.adopt(["i"])).jobs).toHaveLength(2);
  });
});
