import { describe, expect, test } from "vitest";
import type { QueueEvent } from "../../src/index.ts";
import { breakJournal, queueKit, ref, trace, turns } from "../queue-kit.ts";
import { SurvivingStore } from "../surviving-store.ts";

function settling(promise: Promise<unknown>): { readonly isSettled: boolean } {
  const watch = { isSettled: false };
  const note = (): void => {
    watch.isSettled = true;
  };
  promise.then(note, note);
  return watch;
}

describe("rows", () => {
  test("a completed job leaves two transitions and one admission; progress is live only", async () => {
    await using kit = queueKit({
      instances: {
        a: {
          script: (_, call) => {
            call.options.onProgress?.({ fraction: 0.5, message: "half" });
            return 1;
          },
        },
      },
    });
    const handle = await kit.queue.submit({ instanceId: "a", kwargs: { secret: "x" } });
    await handle.wait();
    expect(trace(kit.journal, handle.jobId)).toEqual(["admission_decided", "pending->running", "running->completed"]);
    expect(kit.journal.rows[0]?.payload).toEqual({ exclusive: true, gpu_reserved_mb: 0, lanes_in_use: 1, stats_available: false });
    expect(kit.journal.rows[2]?.payload).toEqual({
      from: "running",
      to: "completed",
      job_snapshot: {
        id: handle.jobId,
        capability_instance_id: "a",
        status: "completed",
        priority: 0,
        submitted_at: "2026-01-01T00:00:00.000000+00:00",
        started_at: "2026-01-01T00:00:00.000000+00:00",
        completed_at: "2026-01-01T00:00:00.000000+00:00",
        retry_count: 0,
        composition_id: null,
        node_id: null,
        task_name: null,
        method: null,
        run_id: null,
        actor: null,
        error: null,
      },
    });
    expect(JSON.stringify(kit.journal.rows)).not.toContain("secret");
  });

  test("the error of a failed job stands in its snapshot in the original's form", async () => {
    await using kit = queueKit({ instances: { a: { script: () => Promise.reject(new TypeError("not text")) } } });
    const handle = await kit.queue.submit({ instanceId: "a", task: "t", method: "m", runId: "r", actor: "me" });
    await handle.wait();
    const snapshot = kit.journal.query({ jobId: handle.jobId }).at(-1)?.payload["job_snapshot"];
    expect(snapshot).toMatchObject({
      task_name: "t",
      method: "m",
      run_id: "r",
      actor: "me",
      error: { category: "user_input", message: "not text", occurred_at: "2026-01-01 00:00:00.000000+00:00" },
    });
  });

  test("run and actor reach every row and the envelope, never the arguments; explicit values win over the context", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: (kwargs) => kwargs } } });
    const plain = await kit.queue.submit({ instanceId: "a", kwargs: { x: 1 } });
    kit.queue.setRunContext({ runId: "run", actor: "me" });
    const inherited = await kit.queue.submit({ instanceId: "a", control: { force: true } });
    const explicit = await kit.queue.submit({ instanceId: "a", runId: "other", actor: null });
    expect((await plain.wait()).result).toEqual({ x: 1 });
    await Promise.all([inherited.wait(), explicit.wait()]);
    const subjects = (jobId: string) => new Set(kit.journal.query({ jobId }).map(({ runId, actor }) => `${runId}/${actor}`));
    expect([...subjects(plain.jobId)]).toEqual(["null/null"]);
    expect([...subjects(inherited.jobId)]).toEqual(["run/me"]);
    expect([...subjects(explicit.jobId)]).toEqual(["other/null"]);
    expect(kit.runtime.calls[1]?.call.envelope).toEqual({
      job_id: inherited.jobId,
      run_id: "run",
      composition_id: null,
      node_id: null,
      actor: "me",
      control: { force: true },
    });
    kit.queue.setRunContext();
    expect((await kit.queue.submit({ instanceId: "a" })).view().runId).toBeNull();
  });

  test("a waiter hears of the end after the last row is written", async () => {
    await using kit = queueKit({ instances: { a: { script: () => 1 } } });
    await kit.queue.run({ instanceId: "a" });
    expect(kit.journal.rows.at(-1)?.payload["to"]).toBe("completed");
  });
});

describe("a journal that fails", () => {
  test("what runs keeps its result, nothing new is accepted or started, and a reset loses nothing", async () => {
    await using kit = queueKit({ lanes: 1, instances: { a: { profile: {} } } });
    const running = await kit.queue.submit({ instanceId: "a" });
    const waiting = await kit.queue.submit({ instanceId: "a" });
    const call = await kit.runtime.call("a");
    await turns();
    await breakJournal(kit);
    call.resolve("kept");
    expect(await running.result()).toBe("kept");
    await expect(kit.queue.submit({ instanceId: "a" })).rejects.toThrow("WEDGED");
    await expect(kit.queue.submitComposition({ name: "c", nodes: {} })).rejects.toMatchObject({ code: "CJM_JOURNAL_FAILED" });
    await turns();
    expect(kit.runtime.running.size).toBe(0);
    expect(kit.queue.stats().journalFailure).toContain("disk full");
    expect(() => kit.queue.resetJournal()).toThrow("disk full");
    kit.journal.broken = false;
    kit.queue.resetJournal();
    (await kit.runtime.call("a")).resolve("later");
    expect(await waiting.result()).toBe("later");
    expect(trace(kit.journal, running.jobId)).toEqual(["admission_decided", "pending->running", "running->completed"]);
  });

  test("a composition pauses and goes on after the reset", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: { one: { capability: "a" }, two: { capability: "a", args: { x: ref("nodes.one") } } },
    });
    const call = await kit.runtime.call("a");
    await turns();
    await breakJournal(kit);
    call.resolve(5);
    await turns();
    expect(kit.runtime.calls).toHaveLength(1);
    kit.journal.broken = false;
    kit.queue.resetJournal();
    const second = await kit.runtime.call("a");
    expect(second.kwargs).toEqual({ x: 5 });
    second.resolve();
    expect((await handle.wait()).status).toBe("completed");
  });

  test("close with a failed journal does not wait for what cannot start", async () => {
    await using kit = queueKit({ lanes: 1, instances: { a: { profile: {} } } });
    await kit.queue.submit({ instanceId: "a" });
    const waiting = await kit.queue.submit({ instanceId: "a" });
    const call = await kit.runtime.call("a");
    await turns();
    const closing = kit.queue.close();
    await breakJournal(kit);
    call.resolve();
    await closing;
    expect(waiting.view().status).toBe("cancelled");
  });

  test("close hears of a journal that fails while it waits", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    kit.journal.broken = true;
    const closing = settling(kit.queue.close());
    await turns(20);
    expect(closing.isSettled).toBe(true);
    expect(handle.view().status).toBe("cancelled");
    expect(kit.runtime.calls).toEqual([]);
  });

  test("a host that leaves with a failed journal leaves what could not start because of it", async () => {
    const store = new SurvivingStore();
    await using kit = queueKit({ store, instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    kit.journal.broken = true;
    const waiting = expect(handle.wait()).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
    await turns();
    const leaving = settling(kit.queue.leave());
    await turns(20);
    expect(leaving.isSettled).toBe(true);
    await waiting;
    expect(await store.find(handle.jobId)).toMatchObject({ status: "running" });
    expect(kit.runtime.calls).toEqual([]);
  });

  test("a composition that is cancelled ends, also one whose jobs ended while the journal was failed", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handle = await kit.queue.submitComposition({ name: "c", nodes: { one: { capability: "a" } } });
    const call = await kit.runtime.call("a");
    await breakJournal(kit);
    call.resolve(5);
    await turns();
    const waiting = settling(handle.wait());
    await kit.queue.destroy();
    await turns();
    expect(waiting.isSettled).toBe(true);
    expect(handle.outcome()).toMatchObject({ status: "completed", results: { one: 5 } });
  });
});

describe("subscribers", () => {
  test("each gets what it asked for, in the order of the journal, and streams end with their subject", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => 1 }, b: { profile: {}, script: () => 1 } } });
    const everything = kit.queue.events();
    const transitions = kit.queue.events({ eventTypes: ["state_transition"] });
    const composition = await kit.queue.submitComposition({ name: "c", nodes: { one: { capability: "a" } } });
    const ofComposition = composition.events();
    const job = await kit.queue.submit({ instanceId: "b" });
    const [first, second] = [job.events(), job.events()];
    await composition.wait();
    await job.wait();
    const types = async (stream: AsyncIterable<{ eventType: string }>): Promise<string[]> => {
      const seen: string[] = [];
      for await (const { eventType } of stream) seen.push(eventType);
      return seen;
    };
    const jobTypes = ["admission_decided", "state_transition", "state_transition"];
    expect(await types(first)).toEqual(jobTypes);
    expect(await types(second)).toEqual(jobTypes);
    expect(await types(ofComposition)).toEqual([
      "run_started",
      "composition_node_changed",
      ...jobTypes,
      "composition_node_changed",
      "run_finished",
    ]);
    expect(await types(job.events())).toEqual([]);
    expect(await types(composition.events())).toEqual([]);
    await kit.queue.close();
    expect(await types(everything)).toEqual(kit.journal.rows.map(({ eventType }) => eventType));
    expect(await types(transitions)).toHaveLength(4);
  });

  test("progress arrives live, after the start and before the end, unchanged values once", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const job = await kit.queue.submit({ instanceId: "a" });
    const stream = job.events();
    const call = await kit.runtime.call("a");
    for (const fraction of [0.25, 0.25, 0.5]) {
      call.options.onProgress?.({ fraction, message: "working" });
      await turns();
    }
    expect(job.view()).toMatchObject({ progress: 0.5, statusMessage: "working" });
    call.resolve();
    const seen: unknown[] = [];
    for await (const { eventType, payload, seq } of stream) seen.push(eventType === "progress_changed" ? [payload, seq] : eventType);
    expect(seen).toEqual([
      "admission_decided",
      "state_transition",
      [{ progress: 0.25, status_message: "working" }, null],
      [{ progress: 0.5, status_message: "working" }, null],
      "state_transition",
    ]);
    expect(job.view().progress).toBe(1);
  });

  test("what a running call uses arrives live, and nothing of it is journaled", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const job = await kit.queue.submit({ instanceId: "a" });
    const stream = job.events();
    const call = await kit.runtime.call("a");
    call.options.onUsage?.({ workerPid: 7, memoryMb: 120.5, gpuMb: null, cpuPercent: 80 });
    await turns();
    call.resolve();
    await job.wait();
    call.options.onUsage?.({ workerPid: 7, memoryMb: 1, gpuMb: null, cpuPercent: 0 });
    const seen: QueueEvent[] = [];
    for await (const event of stream) if (event.eventType === "resource_snapshot") seen.push(event);
    const snapshot = { worker_pid: 7, cpu_percent: 80, memory_rss_mb: 120.5, gpu_memory_mb: null };
    expect(seen).toMatchObject([{ jobId: job.jobId, seq: null, payload: { snapshot } }]);
    expect(kit.journal.rows.map(({ eventType }) => eventType)).not.toContain("resource_snapshot");
  });
});
