import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { JournalWriter } from "@cjm/core";
import { JobQueue } from "@cjm/queue";
import { SqliteJobStore, SqliteJournal } from "@cjm/store";
import { runProgram, skip, temporaryFolder, until } from "@cjm/testing";
import { expect, test } from "vitest";
import { FakeRuntime } from "../../packages/queue/test/fake-runtime.ts";

const PROBE = { eventId: "", occurredAt: 0, eventType: "probe", payload: { text: "x".repeat(4000) } };
const transitions = (journal: SqliteJournal, jobId: string) =>
  journal.query({ jobId, eventType: "state_transition" }).map(({ payload }) => payload["to"]);

/** A real queue over the stores of two folders; calls of its runtime end when the test says so. */
class StoredQueue implements AsyncDisposable {
  readonly runtime = new FakeRuntime({ a: { profile: {} }, b: { profile: {} } });
  readonly journal: SqliteJournal;
  readonly writer: JournalWriter;
  readonly store: SqliteJobStore;
  readonly queue: JobQueue;
  readonly reported: unknown[] = [];

  constructor(folders: { readonly journal: string; readonly jobs: string }) {
    this.journal = SqliteJournal.open(`${folders.journal}/journal.db`, { waits: false });
    this.writer = new JournalWriter(this.journal);
    this.store = SqliteJobStore.open(`${folders.jobs}/jobs.db`, { resultsFolder: `${folders.jobs}/results` });
    const { runtime, writer: journal, store, reported } = this;
    this.queue = new JobQueue({ runtime, journal, store, lanes: 1, onInternalError: (error) => reported.push(error) });
  }

  /** One that runs, and one that waits behind it. */
  async runningAndWaiting() {
    const running = await this.queue.submit({ instanceId: "a" });
    const call = await this.runtime.call("a");
    const waiting = await this.queue.submit({ instanceId: "b" });
    return { running, call, waiting };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const call of this.runtime.running) call.resolve();
    await this.queue.destroy();
    await this.store[Symbol.asyncDispose]();
    this.journal[Symbol.dispose]();
  }
}

/** A disk of two MiB. */
async function smallDisk(folder: string, context: Parameters<typeof skip>[0]): Promise<AsyncDisposable & { readonly path: string }> {
  const path = `${folder}/disk`;
  mkdirSync(path);
  const mount = await runProgram("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", path]);
  if (mount.code !== 0) skip(context, `cannot mount a disk here: ${mount.stderr.trim()}`);
  return { path, [Symbol.asyncDispose]: async () => void (await runProgram("umount", ["-l", path])) };
}

/** Takes all that is left of a disk. */
function fill(path: string): void {
  const file = openSync(`${path}/ballast`, "w");
  try {
    for (const block = Buffer.alloc(4096); ; ) writeSync(file, block);
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(file);
  }
}

async function expectFailStopAndReset(
  stored: StoredQueue,
  work: Awaited<ReturnType<StoredQueue["runningAndWaiting"]>>,
  mend: () => Promise<void>,
  hint: RegExp,
) {
  const { journal, queue, runtime } = stored;
  work.call.resolve("done all the same");
  expect(await work.running.result()).toBe("done all the same");
  const refusal = await queue.submit({ instanceId: "a" }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    code: "CJM_JOURNAL_FAILED",
    message: expect.stringContaining("WEDGED"),
    cause: { code: "CJM_STORE_FAILED", hint: expect.stringMatching(hint) },
  });
  // It may have been chosen when the journal failed; its call is not made all the same.
  expect(["pending", "running"]).toContain(work.waiting.view().status);
  expect(runtime.calls).toHaveLength(1);
  await mend();
  queue.resetJournal();
  (await runtime.call("b")).resolve("its turn");
  expect(await work.waiting.result()).toBe("its turn");
  const later = await queue.submit({ instanceId: "a" });
  (await runtime.call("a")).resolve("later");
  expect(await later.result()).toBe("later");
  await queue.close();
  for (const { jobId } of [work.running, work.waiting, later]) expect(transitions(journal, jobId)).toEqual(["running", "completed"]);
  const seqs = journal.query({}).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  expect(stored.reported).toEqual([]);
}

test("a journal on a full disk stops the queue, not what runs; made room and reset, it goes on and every row is there", async (context) => {
  await using folder = await temporaryFolder();
  await using disk = await smallDisk(folder.path, context);
  await using stored = new StoredQueue({ journal: disk.path, jobs: folder.path });
  const work = await stored.runningAndWaiting();
  fill(disk.path);
  // Room that the file has already taken is used up first.
  for (let row = 0; row < 1000 && stored.writer.failure === null; row++) {
    stored.writer.emit({ ...PROBE, eventId: `probe-${row}` });
    await stored.writer.flushed().catch(() => {});
  }
  await expectFailStopAndReset(stored, work, async () => rmSync(`${disk.path}/ballast`), /disk is full/);
});

/** Another process that holds the journal in that folder until it is released. */
async function holdJournal(folder: string): Promise<AsyncDisposable & { readonly release: () => Promise<void> }> {
  const program =
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()";
  const holder = spawn("python3", ["-c", program, `${folder}/journal.db`], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(holder, "exit");
  await once(holder.stdout, "data");
  const release = async (): Promise<void> => {
    holder.stdin.end();
    await gone;
  };
  return {
    release,
    [Symbol.asyncDispose]: async () => {
      holder.kill("SIGKILL");
      await gone;
    },
  };
}

test("a journal that another process locks for long stops the queue in the same way, and is free again after it", async () => {
  await using folder = await temporaryFolder();
  await using stored = new StoredQueue({ journal: folder.path, jobs: folder.path });
  const work = await stored.runningAndWaiting();
  await using holder = await holdJournal(folder.path);
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 10);
  await expectFailStopAndReset(stored, work, holder.release, /Another process/).finally(() => clearInterval(counting));
  // Nobody was held up meanwhile.
  expect(turns).toBeGreaterThan(100);
});

test("a journal that another process locks for a moment stops nothing: its rows wait, and no call is made before they are there", async () => {
  await using folder = await temporaryFolder();
  await using stored = new StoredQueue({ journal: folder.path, jobs: folder.path });
  const { runtime, writer, journal } = stored;
  const work = await stored.runningAndWaiting();
  await using holder = await holdJournal(folder.path);
  work.call.resolve("done");
  const later = await stored.queue.submit({ instanceId: "a" });
  await until("the next job is chosen", () => work.waiting.view().status === "running");
  expect([runtime.calls.length, work.running.view().status, writer.failure]).toEqual([1, "completed", null]);
  await holder.release();
  expect(await work.running.result()).toBe("done");
  (await runtime.call("b")).resolve("its turn");
  expect(await work.waiting.result()).toBe("its turn");
  (await runtime.call("a")).resolve("later");
  expect(await later.result()).toBe("later");
  for (const { jobId } of [work.running, work.waiting, later]) expect(transitions(journal, jobId)).toEqual(["running", "completed"]);
  expect(stored.reported).toEqual([]);
});

test("a job store on a full disk refuses what it cannot keep, loses nothing that it took, and goes on when there is room", async (context) => {
  await using folder = await temporaryFolder();
  await using disk = await smallDisk(folder.path, context);
  await using stored = new StoredQueue({ journal: folder.path, jobs: disk.path });
  const { queue, store, runtime } = stored;
  const work = await stored.runningAndWaiting();
  fill(disk.path);
  const kwargs = { text: "x".repeat(4000) };
  const accepted = [work.waiting];
  let refusal: unknown = null;
  while (refusal === null && accepted.length < 1000) {
    await queue.submit({ instanceId: "b", kwargs }).then(
      (job) => accepted.push(job),
      (error: unknown) => (refusal = error),
    );
  }
  expect(refusal).toMatchObject({ code: "CJM_STORE_FAILED", hint: expect.stringMatching(/disk is full/) });
  rmSync(`${disk.path}/ballast`);
  const pending = await store.list({ status: "pending", limit: 2000 });
  expect(pending.map(({ spec }) => spec.jobId).sort()).toEqual(accepted.map(({ jobId }) => jobId).sort());
  runtime.onCall = (call) => call.resolve("done");
  work.call.resolve("done");
  for (const job of [work.running, ...accepted]) expect(await job.result()).toBe("done");
  expect(await store.list({ status: "pending" })).toEqual([]);
});
