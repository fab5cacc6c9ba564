import { MemoryDiagnostics } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { breakJournal, queueKit, turns } from "../../packages/queue/test/queue-kit.ts";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { AcceptanceQueue, steps } from "./kit/acceptance-queue.ts";
import { LANGUAGES } from "./kit/real-workers.ts";

const add = (instanceId: string, rest: object = {}) => ({ instanceId, kwargs: { action: "add", a: 1, b: 2 }, ...rest });

describe("the rows of a job", () => {
  test.each(LANGUAGES)("are its admission, its start and its end, and no progress (13, %s)", async (instanceId) => {
    await using real = await AcceptanceQueue.create();
    const job = await real.queue.submit({ instanceId, kwargs: { action: "progress_steps", steps: 5 } });
    await job.wait();
    const rows = real.rowsOf(job.jobId);
    expect(steps(rows)).toEqual(["admission_decided", "pending->running", "running->completed"]);
    expect(rows[0]?.payload["exclusive"]).toBe(true);
    const second = await real.queue.submit(add(instanceId));
    await second.wait();
    expect(real.rowsOf(second.jobId)[0]?.payload["exclusive"]).toBe(false);
  });

  test("the last has a snapshot, and the history is read from the journal (14)", async () => {
    await using real = await AcceptanceQueue.create();
    const job = await real.queue.submit(add("node", { runId: "run", actor: "me" }));
    const { startedAt, endedAt } = await job.wait();
    expect(real.rowsOf(job.jobId).at(-1)?.payload["job_snapshot"]).toMatchObject({ id: job.jobId, status: "completed", run_id: "run" });
    expect(real.queue.history({ limit: 1 })).toEqual([
      expect.objectContaining({ jobId: job.jobId, instanceId: "node", status: "completed", runId: "run", actor: "me" }),
    ]);
    const [past] = real.queue.history();
    // The file keeps microseconds.
    expect(past?.startedAt).toBeCloseTo(startedAt ?? 0, 2);
    expect(past?.endedAt).toBeCloseTo(endedAt ?? 0, 2);
  });
});

test("each subscriber gets every event of what it follows (15)", async () => {
  await using kit = queueKit({ instances: { a: { profile: {} } } });
  const everything = kit.queue.events();
  const composition = await kit.queue.submitComposition({ name: "c", nodes: { one: { capability: "a" } } });
  const ofComposition = composition.events();
  const call = await kit.runtime.call("a");
  const [first, second] = [kit.queue.events({ jobId: call.jobId }), kit.queue.events({ jobId: call.jobId })];
  call.options.onProgress?.({ fraction: 0.5, message: "half" });
  await turns();
  call.resolve();
  await composition.wait();
  const types = (stream: AsyncIterable<{ readonly eventType: string }>) => Array.fromAsync(stream, ({ eventType }) => eventType);
  const ofJob = ["progress_changed", "state_transition"];
  expect((await types(first)).slice(-2)).toEqual(ofJob);
  expect((await types(second)).slice(-2)).toEqual(ofJob);
  await kit.queue.close();
  for (const stream of [ofComposition, everything]) {
    expect((await types(stream)).filter((type) => type !== "composition_node_changed").slice(-3)).toEqual([...ofJob, "run_finished"]);
  }
});

describe("whose a job is", () => {
  test.each(LANGUAGES)("its worker and every row are told, its arguments are not (16, %s)", async (instanceId) => {
    await using real = await AcceptanceQueue.create();
    const envelope = { instanceId, kwargs: { action: "envelope" } };
    const untagged = await real.queue.submit(envelope);
    real.queue.setRunContext({ runId: "run", actor: "me" });
    const inherited = await real.queue.submit({ ...envelope, control: { force: true } });
    const explicit = await real.queue.submit({ ...envelope, runId: "other", actor: "you" });
    expect(await untagged.result()).toMatchObject({ job_id: untagged.jobId, run_id: null, actor: null });
    expect(await inherited.result()).toMatchObject({ job_id: inherited.jobId, run_id: "run", actor: "me", control: { force: true } });
    expect(await explicit.result()).toMatchObject({ run_id: "other", actor: "you" });
    expect(await real.queue.run({ instanceId, kwargs: { action: "echo", value: { run_id: "kept" } } })).toEqual({ run_id: "kept" });
    const tags = (jobId: string) => [...new Set(real.rowsOf(jobId).map(({ runId, actor }) => `${runId} ${actor}`))];
    expect([untagged, inherited, explicit].map(({ jobId }) => tags(jobId))).toEqual([["null null"], ["run me"], ["other you"]]);
  });

  test("members of a composition have it from the composition (17)", async () => {
    await using real = await AcceptanceQueue.create();
    const run = await real.queue.submitComposition(
      {
        name: "c",
        nodes: { one: { capability: "node", action: "envelope" }, two: { capability: "python", action: "envelope", after: ["one"] } },
      },
      { runId: "run", actor: "me" },
    );
    const { status, results } = await run.wait();
    expect(status).toBe("completed");
    for (const node of ["one", "two"]) {
      expect(results[node]).toMatchObject({ run_id: "run", actor: "me", node_id: node, composition_id: run.compositionId });
    }
    const members = real.host.allRows().filter(({ compositionId }) => compositionId === run.compositionId);
    expect(members.length).toBeGreaterThan(8);
    expect(new Set(members.map(({ runId, actor }) => `${runId} ${actor}`))).toEqual(new Set(["run me"]));
  });
});

test("a journal that cannot be written: what runs keeps its result, and the next job is refused with WEDGED (18)", async () => {
  await using kit = queueKit({ instances: { a: { profile: {} } } });
  const job = await kit.queue.submit({ instanceId: "a" });
  const call = await kit.runtime.call("a");
  await turns();
  await breakJournal(kit);
  call.resolve("kept");
  expect(await job.result()).toBe("kept");
  await expect(kit.queue.submit({ instanceId: "a" })).rejects.toThrow("WEDGED");
});

test("the journal replays what subscribers saw live, over two sessions, from any row on (19)", async () => {
  await using host = await AcceptanceHost.create();
  const live: [seq: number | null, type: string, jobId: string | null][] = [];
  for (const _session of [1, 2]) {
    await using real = await AcceptanceQueue.create({ host });
    const stream = real.queue.events({ eventTypes: ["state_transition"] });
    for (let job = 0; job < 10; job++) await real.queue.run(add(job % 2 === 0 ? "node" : "python"));
    await real.queue.close();
    for await (const { seq, eventType, jobId } of stream) live.push([seq, eventType, jobId]);
    await host.restart();
  }
  expect(live).toHaveLength(40);
  await using real = await AcceptanceQueue.create({ host });
  const after = async (cursor: number) => {
    const replay = real.queue.eventsAfter(cursor, { eventTypes: ["state_transition"] });
    const rest = live.filter(([seq]) => (seq ?? 0) > cursor);
    const seen: typeof live = [];
    for await (const { seq, eventType, jobId } of replay) {
      seen.push([seq, eventType, jobId]);
      if (seen.length === rest.length) break;
    }
    return { seen, rest };
  };
  for (const cursor of [0, live[7]?.[0] ?? 0, live[20]?.[0] ?? 0, live[38]?.[0] ?? 0]) {
    const { seen, rest } = await after(cursor);
    expect(seen).toEqual(rest);
  }
});

test("what a job logged is found by the job, and nothing else with it (20)", async () => {
  const diagnostics = new MemoryDiagnostics();
  await using host = await AcceptanceHost.create({ diagnostics });
  await using real = await AcceptanceQueue.create({ host });
  const jobs: string[] = [];
  for (const [instanceId, message] of [
    ["node", "first"],
    ["python", "second"],
    ["node", "third"],
  ] as const) {
    const job = await real.queue.submit({ instanceId, kwargs: { action: "log", message } });
    await job.wait();
    jobs.push(job.jobId);
  }
  const logged = (jobId: string) => diagnostics.records.filter((record) => record.jobId === jobId).map(({ message }) => message);
  expect(jobs.map(logged)).toEqual([["first"], ["second"], ["third"]]);
});

test("who waits for a job that the history has forgotten is told at once (21)", async () => {
  await using kit = queueKit({ maxHistory: 1, instances: { a: { profile: {}, script: (kwargs) => kwargs["n"] ?? null } } });
  const [first, ...others] = await Promise.all([1, 2, 3].map((n) => kit.queue.submit({ instanceId: "a", kwargs: { n } })));
  const waiting = kit.queue.wait(first?.jobId ?? "");
  await Promise.all(others.map((job) => job.wait()));
  expect(kit.queue.get(first?.jobId ?? "")).toBeNull();
  expect(await waiting).toMatchObject({ status: "completed", result: 1 });
  expect(await first?.wait()).toMatchObject({ status: "completed", result: 1 });
});
