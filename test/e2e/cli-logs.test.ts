import { dataLayout, type JournalEvent, systemClock } from "@cjm/core";
import { openStores, resolveConfig, type Stores } from "@cjm/pipeline";
import { SqliteJobStore } from "@cjm/store";
import { claimed, completed, sampleJob } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

const JOB = "01990000-0000-7000-8000-00000000cafe";
const AT = Date.UTC(2026, 10, 20, 12, 30, 5);
let counter = 0;
const event = (fields: Partial<JournalEvent>): JournalEvent => ({
  eventId: `e${counter++}`,
  occurredAt: AT,
  eventType: "state_transition",
  payload: {},
  ...fields,
});

async function stores(): Promise<Stores> {
  return await openStores((await resolveConfig({ cwd: workspace.path, env: {} })).config);
}

async function writeJournal(...events: JournalEvent[]): Promise<void> {
  using opened = await stores();
  opened.journal.append(events);
}

async function writeDiagnostics(): Promise<void> {
  using opened = await stores();
  const base = { occurredAt: AT, workerSessionId: "abcdefgh-1", jobId: JOB, loggerName: "probe", excText: null };
  opened.diagnostics.appendRecords([
    { ...base, level: "INFO", message: "one" },
    { ...base, level: "WARNING", message: "two" },
    { ...base, level: "ERROR", message: "three", jobId: null, excText: "Traceback\n  at x" },
  ]);
  opened.diagnostics.appendChunks([{ occurredAt: AT, workerSessionId: "abcdefgh-1", stream: "stdout", content: "printed\n" }]);
}

test("journal lines have the original's shape", async () => {
  await writeJournal(
    event({ jobId: JOB, runId: "r1", instanceId: "graph", payload: { to: "completed", from: "running", job_snapshot: { id: JOB } } }),
    event({ eventType: "task_account", capabilityName: "graph", workerReported: true, payload: { text: "x".repeat(300) } }),
  );
  const { code, stdout } = await workspace.cjm(["logs", "--journal"]);
  expect(code).toBe(0);
  expect(stdout.split("\n")).toEqual([
    '2026-11-20 12:30:05 state_transition       [job=0000cafe run=r1] graph {"from":"running","job_snapshot":"...","to":"completed"}',
    `2026-11-20 12:30:05 task_account           [job=- run=-] graph (worker) {"text":"${"x".repeat(151)}…`,
    "",
  ]);
});

test("records and chunks have the original's shape, the traceback indented", async () => {
  await writeDiagnostics();
  expect((await workspace.cjm(["logs"])).stdout.split("\n")).toEqual([
    "2026-11-20 12:30:05 INFO     [abcdefgh|0000cafe] probe: one",
    "2026-11-20 12:30:05 WARNING  [abcdefgh|0000cafe] probe: two",
    "2026-11-20 12:30:05 ERROR    [abcdefgh|-] probe: three",
    "    Traceback",
    "      at x",
    "",
  ]);
  expect((await workspace.cjm(["logs", "--chunks"])).stdout).toBe("2026-11-20 12:30:05 [abcdefgh] printed\n");
});

test("filters narrow; a level means that and above", async () => {
  await writeDiagnostics();
  expect((await workspace.cjm(["logs", "--level", "warning"])).stdout).toMatch(/two[\s\S]*three/);
  expect((await workspace.cjm(["logs", "--level", "warning"])).stdout).not.toContain("one");
  expect((await workspace.cjm(["logs", "--job", JOB])).stdout).not.toContain("three");
  const newest = await workspace.cjm(["logs", "--limit", "1", "--level", "info"]);
  expect(newest.stdout).toMatch(/^\S+ \S+ ERROR/);
  const { stderr } = await workspace.cjm(["logs", "--session", "other"]);
  expect(stderr).toContain("Nothing fits.");
});

test("a short job id stands for the job it fits; one that fits none is named", async () => {
  await writeJournal(event({ jobId: JOB }), event({ jobId: "other" }));
  expect((await workspace.cjm(["logs", "--journal", "--job", "0000cafe"])).stdout.trim().split("\n")).toHaveLength(1);
  const { code, stderr } = await workspace.cjm(["logs", "--journal", "--job", "beef"]);
  expect([code, stderr.includes("knows no job 'beef'")]).toEqual([1, true]);
});

test("as JSON, one object per line", async () => {
  await writeJournal(event({ jobId: JOB, payload: { from: "pending", to: "running" } }));
  const { stdout } = await workspace.cjm(["logs", "--journal", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    seq: 1,
    occurredAt: "2026-11-20T12:30:05.000Z",
    eventType: "state_transition",
    jobId: JOB,
    runId: null,
    payload: { from: "pending", to: "running" },
  });
});

test("nothing yet is no error, and looking makes no file", async () => {
  const { code, stdout, stderr } = await workspace.cjm(["logs", "--journal"]);
  expect([code, stdout, stderr.includes("Nothing was logged yet")]).toEqual([0, "", true]);
  const again = await workspace.cjm(["logs", "--journal"]);
  expect(again.stderr).toContain("Nothing was logged yet");
});

test("--follow shows rows of another process as they come, also from a file that is not there yet", async () => {
  await using program = workspace.start(["logs", "--journal", "--follow"]);
  await writeJournal(event({ eventType: "first_event" }));
  await program.line(/first_event/);
  await writeJournal(event({ eventType: "second_event" }));
  await program.line(/second_event/);
  program.kill("SIGTERM");
  const { code, stdout } = await program.result;
  expect(code).toBe(143);
  expect(stdout.match(/first_event/g)).toHaveLength(1);
});

test("a reader that goes away is no failure", async () => {
  await writeJournal(...Array.from({ length: 5000 }, () => event({ payload: { text: "x".repeat(200) } })));
  const { code, stdout, stderr } = await workspace.shell("$CJM logs --journal --limit 0 | head -n 1");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.trim().split("\n")).toHaveLength(1);
});

test("following ends with the first row that nobody reads any more", async () => {
  await writeJournal(event({}));
  await using followed = workspace.startShell("$CJM logs --journal --follow | (head -n 1; exec <&-; echo gone)");
  // As with any writer of a pipe, it is the next write that finds the reader gone, once the shell has let go of it as well.
  await followed.line(/^gone$/);
  await writeJournal(event({}));
  const { code, stderr } = await followed.result;
  expect([code, stderr]).toEqual([0, ""]);
});

test("retention forgets what is too old and says how much", async () => {
  const chunk = { workerSessionId: null, stream: "stdout", content: "x" };
  {
    using opened = await stores();
    const tenDaysAgo = Date.now() - 10 * 24 * 3600 * 1000;
    opened.diagnostics.appendChunks([
      { ...chunk, occurredAt: tenDaysAgo },
      { ...chunk, occurredAt: Date.now() },
    ]);
  }
  {
    let nowMs = Date.now() - 100 * 24 * 3600 * 1000;
    const clock = { ...systemClock, now: () => nowMs };
    const layout = dataLayout((await resolveConfig({ cwd: workspace.path, env: {} })).config.dataDir);
    await using jobs = SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults, clock });
    for (const jobId of ["old", "young"]) {
      await jobs.submit({ jobs: [sampleJob(jobId)] });
      await jobs.settle(completed(jobId, await claimed(jobs, jobId)), []);
      nowMs = Date.now() - 10 * 24 * 3600 * 1000;
    }
  }
  expect(JSON.parse((await workspace.cjm(["retention", "--json"])).stdout)).toEqual({
    recordsDeleted: 0,
    chunksDeleted: 0,
    jobsDeleted: 1,
  });
  expect(JSON.parse((await workspace.cjm(["retention", "--max-age-days", "7", "--json"])).stdout)).toEqual({
    recordsDeleted: 0,
    chunksDeleted: 1,
    jobsDeleted: 0,
  });
  expect((await workspace.cjm(["retention", "--jobs-max-age-days", "1"])).stdout).toBe(
    "Forgot 0 log records, 0 pieces of output and 1 jobs. The journal keeps everything.\n",
  );
});

test("a file that is no database is refused with the way out", async () => {
  await workspace.write(
    "data/journal.db",
    "this is text and long enough to be taken for the header of a database, or so one hopes".repeat(20),
  );
  const { code, stderr } = await workspace.cjm(["logs", "--journal"]);
  expect(code).toBe(1);
  expect(stderr).toContain("Move");
  expect(stderr).not.toMatch(/^\s+at /m);
});
