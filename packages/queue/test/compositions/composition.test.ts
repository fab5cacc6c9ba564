import { describe, expect, test } from "vitest";
import type { CompositionOutcome } from "../../src/index.ts";
import { queueKit, ref, turns } from "../queue-kit.ts";

const states = ({ nodes }: CompositionOutcome): Record<string, string> => Object.fromEntries(nodes.map(({ id, state }) => [id, state]));
const node = (capability: string, rest: Record<string, unknown> = {}) => ({ capability, ...rest });
const measured = { profile: {} };

describe("binding", () => {
  test("a node gets the value it refers to, as it is, and has no job before that is there", async () => {
    await using kit = queueKit({ instances: { convert: measured, align: measured } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        align: node("align", {
          args: { action: "run", audio: ref("nodes.convert.path"), language: "en", nested: [{ n: ref("nodes.convert.n") }] },
        }),
        convert: node("convert", { task: "media", method: "convert" }),
      },
    });
    const call = await kit.runtime.call("convert");
    expect(kit.queue.list().map(({ nodeId }) => nodeId)).toEqual(["convert"]);
    call.resolve({ path: "/a.wav", n: { deep: [1] } });
    const second = await kit.runtime.call("align");
    expect(second.kwargs).toEqual({ action: "run", audio: "/a.wav", language: "en", nested: [{ n: { deep: [1] } }] });
    second.resolve("done");
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({ status: "completed", results: { align: "done", convert: { path: "/a.wav" } } });
  });

  test("run, actor, composition and node reach the envelope and every row; advancing is journaled with the job that did it", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => ({ x: 1 }) } } });
    const handle = await kit.queue.submitComposition(
      {
        name: "c",
        inputs: { folder: { type: "path" } },
        nodes: { one: node("a"), two: node("a", { args: { x: ref("nodes.one.x"), id: ref("run.id"), dir: ref("run.dir") } }) },
      },
      { runId: "run", actor: "me", runDir: "/runs/run", inputs: { folder: "/docs" } },
    );
    await handle.wait();
    expect(kit.runtime.calls[1]?.kwargs).toEqual({ x: 1, id: "run", dir: "/runs/run" });
    expect(kit.runtime.calls.map(({ call }) => call.envelope.node_id)).toEqual(["one", "two"]);
    expect(new Set(kit.journal.rows.map(({ runId, actor, compositionId }) => `${runId} ${actor} ${compositionId}`))).toEqual(
      new Set([`run me ${handle.compositionId}`]),
    );
    const rows = (eventType: string) =>
      kit.journal.query({ eventType }).map(({ payload, jobId, nodeId }) => ({ ...payload, jobId, nodeId }));
    expect(rows("run_started")).toEqual([
      { composition: "c", inputs: { folder: "/docs" }, nodes: ["one", "two"], jobId: null, nodeId: null },
    ]);
    expect(rows("composition_advanced")).toEqual([
      { completed_node: "one", enqueued_nodes: ["two"], jobId: kit.runtime.calls[0]?.jobId, nodeId: null },
    ]);
    const changes = kit.journal.query({ eventType: "composition_node_changed" });
    expect(changes.map(({ nodeId, payload }) => [nodeId, payload["from"], payload["to"]])).toEqual([
      ["one", "pending", "running"],
      ["one", "running", "completed"],
      ["two", "pending", "running"],
      ["two", "running", "completed"],
    ]);
    expect(rows("run_finished")).toMatchObject([
      {
        status: "completed",
        nodes: { one: "completed", two: "completed" },
        counts: { jobs: 2, completed: 2, failed: 0, skipped: 0, cancelled: 0 },
      },
    ]);
  });

  test("a reference without a value fails its node with a message that says what is there", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => ({ text: "x", pages: 3 }) } } });
    const outcome = await (
      await kit.queue.submitComposition({
        name: "c",
        nodes: { one: node("a"), two: node("a", { args: { t: ref("nodes.one.txt") } }), three: node("a", { after: "two" }) },
      })
    ).wait();
    expect(states(outcome)).toEqual({ one: "completed", two: "failed", three: "skipped" });
    expect(outcome.nodes[1]?.error).toMatchObject({ code: "CJM_BINDING_FAILED" });
    expect(outcome.nodes[1]?.error?.message).toContain("nodes.one has no field 'txt'; it is an object with text, pages");
    expect(kit.runtime.calls).toHaveLength(1);
  });

  test("after a binding failure nothing else of the same turn starts under fail fast", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => ({}) } } });
    const outcome = await (
      await kit.queue.submitComposition({
        name: "c",
        nodes: { one: node("a"), bad: node("a", { args: { t: ref("nodes.one.missing") } }), good: node("a", { after: ["one"] }) },
      })
    ).wait();
    expect(states(outcome)).toEqual({ one: "completed", bad: "failed", good: "cancelled" });
    expect(outcome.status).toBe("failed");
    expect(kit.runtime.calls).toHaveLength(1);
  });
});

describe("failure", () => {
  test("fail fast: dependents are skipped, what waits is cancelled, what runs finishes and keeps its result", async () => {
    await using kit = queueKit({ instances: { a: measured, b: measured } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        first: node("a"),
        dependent: node("a", { after: ["first"] }),
        further: node("a", { after: ["dependent"] }),
        running: node("b"),
        queued: node("b"),
        afterRunning: node("b", { after: ["running"] }),
      },
    });
    const [failing, running] = [await kit.runtime.call("a"), await kit.runtime.call("b")];
    failing.reject(new Error("broken"));
    await turns();
    expect(handle.outcome().status).toBe("running");
    running.resolve("kept");
    const outcome = await handle.wait();
    expect(states(outcome)).toEqual({
      first: "failed",
      dependent: "skipped",
      further: "skipped",
      running: "completed",
      queued: "cancelled",
      afterRunning: "cancelled",
    });
    expect(outcome.status).toBe("failed");
    expect(outcome.results).toEqual({ running: "kept" });
    expect(kit.runtime.calls).toHaveLength(2);
  });

  test("best effort: the rest goes on, and the whole is completed", async () => {
    await using kit = queueKit({
      instances: { a: { profile: {}, script: (kwargs) => (kwargs["bad"] === true ? Promise.reject(new Error("no")) : 1) } },
    });
    const outcome = await (
      await kit.queue.submitComposition({
        name: "c",
        fail_fast: false,
        nodes: { bad: node("a", { args: { bad: true } }), dependent: node("a", { after: ["bad"] }), other: node("a") },
      })
    ).wait();
    expect(states(outcome)).toEqual({ bad: "failed", dependent: "skipped", other: "completed" });
    expect(outcome.status).toBe("completed");
  });

  test("a member that can never fit fails the run instead of hanging it", async () => {
    await using kit = queueKit({ instances: { a: { profile: { memoryMb: 1_000_000 } } } });
    const outcome = await (await kit.queue.submitComposition({ name: "c", nodes: { one: node("a") } })).wait();
    expect(outcome).toMatchObject({ status: "failed", nodes: [{ error: { code: "CJM_UNSCHEDULABLE", category: "resource" } }] });
    expect(outcome.nodes[0]?.error?.message).toContain("never admissible");
  });

  test("1 000 independent nodes on one instance, the first fails: the rest is cancelled", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => Promise.reject(new Error("no")) } } });
    const nodes = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`n${index}`, node("a")]));
    const outcome = await (await kit.queue.submitComposition({ name: "c", nodes })).wait();
    expect(outcome.status).toBe("failed");
    const count = (state: string): number => outcome.nodes.filter((one) => one.state === state).length;
    expect(count("failed") + count("cancelled")).toBe(1000);
    expect(kit.runtime.calls.length).toBeLessThan(5);
  });

  test("a chain of 5 000 nodes whose first fails is skipped to its end", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => Promise.reject(new Error("no")) } } });
    const nodes = Array.from({ length: 5000 }, (_, index) => ({
      id: `n${index}`,
      capability: "a",
      after: index === 0 ? [] : [`n${index - 1}`],
    }));
    const outcome = await (await kit.queue.submitComposition({ name: "c", fail_fast: false, nodes })).wait();
    expect(outcome.nodes.filter(({ state }) => state === "skipped")).toHaveLength(4999);
  });
});

describe("cancel", () => {
  test("before anything ran: every node is cancelled, once", async () => {
    await using kit = queueKit({ instances: { a: measured } });
    const handle = await kit.queue.submitComposition({ name: "c", nodes: { one: node("a"), two: node("a", { after: ["one"] }) } });
    expect(kit.queue.cancelComposition(handle.compositionId)).toBe(true);
    expect(kit.queue.cancelComposition(handle.compositionId)).toBe(false);
    const outcome = await handle.wait();
    expect(states(outcome)).toEqual({ one: "cancelled", two: "cancelled" });
    expect(outcome.status).toBe("cancelled");
    expect(kit.queue.cancelComposition("nobody")).toBe(false);
  });

  test("it beats a failure, and stops what runs", async () => {
    await using kit = queueKit({ instances: { a: measured, b: { profile: {}, onCancel: (call) => call.reject(new Error("stopped")) } } });
    const handle = await kit.queue.submitComposition({ name: "c", nodes: { one: node("a"), two: node("b") } });
    (await kit.runtime.call("a")).reject(new Error("no"));
    await kit.runtime.call("b");
    await turns();
    expect(handle.cancel()).toBe(true);
    const outcome = await handle.wait();
    expect(states(outcome)).toEqual({ one: "failed", two: "cancelled" });
    expect(outcome.status).toBe("cancelled");
  });

  test("of one member skips what depends on it and cancels the run", async () => {
    await using kit = queueKit({ instances: { a: measured, b: measured } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      fail_fast: false,
      nodes: { one: node("a"), two: node("a", { after: ["one"] }), other: node("b") },
    });
    const member = kit.queue.list({ compositionId: handle.compositionId }).find(({ nodeId }) => nodeId === "one");
    kit.queue.cancel(member?.jobId ?? "");
    (await kit.runtime.call("b")).resolve();
    const outcome = await handle.wait();
    expect(states(outcome)).toEqual({ one: "cancelled", two: "skipped", other: "completed" });
    expect(outcome.status).toBe("cancelled");
  });

  test("a signal cancels", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, onCancel: (call) => call.resolve() } } });
    const abort = new AbortController();
    const handle = await kit.queue.submitComposition({ name: "c", nodes: { one: node("a") } }, { signal: abort.signal });
    await kit.runtime.call("a");
    abort.abort();
    expect((await handle.wait()).status).toBe("cancelled");
  });
});

describe("submit", () => {
  test("an empty composition is completed", async () => {
    await using kit = queueKit();
    const handle = await kit.queue.submitComposition({ name: "c", nodes: {} });
    expect(handle.outcome().status).toBe("completed");
    expect(await kit.queue.waitComposition(handle.compositionId)).toMatchObject({ status: "completed", nodes: [], results: {} });
  });

  test("faults are found before anything starts", async () => {
    await using kit = queueKit({ instances: { a: { enabled: false }, b: measured } });
    const submit = (document: unknown, inputs = {}) => kit.queue.submitComposition(document, { inputs });
    await expect(submit({ name: "c", nodes: { one: node("nobody"), two: node("noone") } })).rejects.toThrow(
      /2 faults:[\s\S]*nobody[\s\S]*noone/,
    );
    await expect(submit({ name: "c", nodes: { one: node("a") } })).rejects.toMatchObject({ code: "CJM_CAPABILITY_DISABLED" });
    await expect(submit({ name: "c", nodes: { one: node("b", { after: ["one"] }) } })).rejects.toThrow("one -> one");
    await expect(submit({ name: "c", inputs: { x: { type: "integer" } }, nodes: {} })).rejects.toThrow("--set x=");
    await expect(kit.queue.waitComposition("nobody")).rejects.toMatchObject({ code: "CJM_JOB_NOT_FOUND" });
    expect(kit.journal.rows).toEqual([]);
  });

  test("the plan tells what waits for what, and runs nothing", async () => {
    await using kit = queueKit();
    const plan = kit.queue.compositionPlan({
      name: "c",
      nodes: {
        list: node("a"),
        each: node("a", { for_each: ref("nodes.list") }),
        more: node("a", { for_each: ref("nodes.each"), args: { m: ref("matching.each"), l: ref("nodes.list[0]") } }),
        sum: node("a", { args: { all: ref("nodes.more"), bad: ref("failures.each") }, after: "list" }),
      },
    });
    expect(
      plan.nodes.map(({ node: { id }, source, wholeDependencies, itemDependencies }) => [id, source, wholeDependencies, itemDependencies]),
    ).toEqual([
      ["list", null, [], []],
      ["each", null, ["list"], []],
      ["more", "each", ["list"], ["each"]],
      ["sum", null, ["list", "more", "each"], []],
    ]);
  });

  test("priorities: a node's own, else the composition's", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => 1 } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      priority: 3,
      nodes: { one: node("a"), two: node("a", { priority: 0 }) },
    });
    await handle.wait();
    expect(kit.queue.list().map(({ nodeId, priority }) => [nodeId, priority])).toEqual([
      ["one", 3],
      ["two", 0],
    ]);
  });

  test("ended compositions are forgotten but for the last; a handle keeps its own", async () => {
    await using kit = queueKit({ maxEndedCompositions: 1, instances: { a: { profile: {}, script: () => 1 } } });
    const one = await kit.queue.submitComposition({ name: "one", nodes: { n: node("a") } });
    await one.wait();
    const two = await kit.queue.submitComposition({ name: "two", nodes: { n: node("a") } });
    await two.wait();
    expect(kit.queue.getComposition(one.compositionId)).toBeNull();
    expect(kit.queue.getComposition(two.compositionId)?.results).toEqual({ n: 1 });
    expect((await one.wait()).results).toEqual({ n: 1 });
  });
});
