import { describe, expect, test } from "vitest";
import type { FakeInstance } from "../../packages/queue/test/fake-runtime.ts";
import { queueKit, ref, turns } from "../../packages/queue/test/queue-kit.ts";
import { AcceptanceQueue } from "./kit/acceptance-queue.ts";
import { LANGUAGES } from "./kit/real-workers.ts";

const measured: FakeInstance = { profile: {} };
const on = (capability: string, rest: object = {}) => ({ capability, ...rest });

interface Nodes {
  readonly nodes: readonly { readonly id: string; readonly state: string }[];
}
const states = ({ nodes }: Nodes): Record<string, string> => Object.fromEntries(nodes.map(({ id, state }) => [id, state]));

describe("one node after another", () => {
  test("the second gets the field that it refers to, beside what is written there, and has no job before (31)", async () => {
    await using kit = queueKit({ instances: { convert: measured, align: measured } });
    const run = await kit.queue.submitComposition({
      name: "c",
      nodes: { align: on("align", { args: { audio: ref("nodes.convert.path"), language: "en" } }), convert: on("convert") },
    });
    const call = await kit.runtime.call("convert");
    expect(kit.queue.list().map(({ nodeId }) => nodeId)).toEqual(["convert"]);
    call.resolve({ path: "/a.wav", seconds: 3 });
    const second = await kit.runtime.call("align");
    expect(second.kwargs).toEqual({ audio: "/a.wav", language: "en" });
    second.resolve();
    expect((await run.wait()).status).toBe("completed");
    expect(kit.runtime.calls.map(({ instanceId }) => instanceId)).toEqual(["convert", "align"]);
  });

  test("across real workers of two languages (31)", async () => {
    await using real = await AcceptanceQueue.create();
    const run = await real.queue.submitComposition({
      name: "c",
      nodes: {
        made: on("python", { action: "echo", args: { value: { parts: [20, 22] } } }),
        sum: on("node", { action: "add", args: { a: ref("nodes.made.parts[0]"), b: ref("nodes.made.parts[1]") } }),
      },
    });
    expect(await run.wait()).toMatchObject({ status: "completed", results: { sum: 42 } });
  });
});

describe("a node that fails", () => {
  test("first: what depends on it is skipped and never called, what waits is cancelled, the run failed (32)", async () => {
    await using kit = queueKit({ instances: { a: measured, b: measured } });
    const run = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        first: on("a"),
        dependent: on("a", { after: ["first"] }),
        further: on("b", { after: ["dependent"] }),
        queued: on("a"),
      },
    });
    (await kit.runtime.call("a")).reject(new Error("broken"));
    const outcome = await run.wait();
    expect(states(outcome)).toEqual({ first: "failed", dependent: "skipped", further: "skipped", queued: "cancelled" });
    expect(outcome.status).toBe("failed");
    expect(kit.runtime.calls).toHaveLength(1);
  });

  test("under best effort: the rest completes, and so does the run (34)", async () => {
    await using kit = queueKit({ instances: { a: measured, b: measured } });
    const run = await kit.queue.submitComposition({ name: "c", fail_fast: false, nodes: { bad: on("a"), good: on("b") } });
    (await kit.runtime.call("a")).reject(new Error("broken"));
    (await kit.runtime.call("b")).resolve();
    const outcome = await run.wait();
    expect(states(outcome)).toEqual({ bad: "failed", good: "completed" });
    expect(outcome.status).toBe("completed");
  });
});

describe("cancelling", () => {
  test("before anything was dispatched cancels every node, and once (33)", async () => {
    await using kit = queueKit({ lanes: 1, instances: { a: measured, busy: measured } });
    await kit.queue.submit({ instanceId: "busy" });
    await kit.runtime.call("busy");
    const run = await kit.queue.submitComposition({ name: "c", nodes: { one: on("a"), two: on("a", { after: ["one"] }) } });
    expect([run.cancel(), run.cancel()]).toEqual([true, false]);
    const outcome = await run.wait();
    expect(states(outcome)).toEqual({ one: "cancelled", two: "cancelled" });
    expect(outcome.status).toBe("cancelled");
    expect(kit.runtime.calls).toHaveLength(1);
  });

  test("by whoever asked counts more than a failure (33)", async () => {
    await using kit = queueKit({ instances: { a: measured, b: { profile: {}, onCancel: (call) => call.resolve() } } });
    const run = await kit.queue.submitComposition({ name: "c", nodes: { one: on("a"), two: on("b") } });
    (await kit.runtime.call("a")).reject(new Error("broken"));
    await kit.runtime.call("b");
    await turns();
    expect(run.cancel()).toBe(true);
    const outcome = await run.wait();
    expect(states(outcome)).toEqual({ one: "failed", two: "cancelled" });
    expect(outcome.status).toBe("cancelled");
  });

  test("one member, with no failure, cancels the run (34)", async () => {
    await using kit = queueKit({ instances: { a: measured, b: measured } });
    const run = await kit.queue.submitComposition({ name: "c", nodes: { one: on("a"), two: on("b") } });
    await kit.runtime.call("b");
    const member = kit.queue.list({ compositionId: run.compositionId }).find(({ nodeId }) => nodeId === "one");
    (await kit.runtime.call("b")).resolve();
    await turns();
    kit.clock.advance(0);
    kit.queue.cancel(member?.jobId ?? "");
    await turns();
    kit.clock.advance(3_000);
    expect((await run.wait()).status).toBe("cancelled");
  });
});

describe("submitting", () => {
  test.each([
    [
      "two of one id",
      {
        nodes: [
          { id: "one", capability: "a" },
          { id: "one", capability: "a" },
        ],
      },
      "one",
    ],
    ["a reference to nothing", { nodes: { one: on("a", { args: { x: ref("nodes.nobody") } }) } }, "nobody"],
    ["two that wait for each other", { nodes: { one: on("a", { after: ["two"] }), two: on("a", { after: ["one"] }) } }, "two"],
    ["one that waits for itself", { nodes: { one: on("a", { args: { x: ref("nodes.one") } }) } }, "one"],
  ])("%s is refused by name, and nothing starts (35)", async (_, document, named) => {
    await using kit = queueKit({ instances: { a: measured } });
    const refused = expect(kit.queue.submitComposition({ name: "c", ...document })).rejects;
    await refused.toMatchObject({ code: "CJM_COMPOSITION_INVALID", message: expect.stringContaining(named) });
    expect(kit.runtime.calls).toEqual([]);
    expect(kit.journal.rows).toEqual([]);
  });

  test("nothing is completed at once, and a disabled target is refused as such (35)", async () => {
    await using kit = queueKit({ instances: { off: { enabled: false } } });
    const empty = await kit.queue.submitComposition({ name: "c", nodes: {} });
    expect(empty.outcome().status).toBe("completed");
    const refused = expect(kit.queue.submitComposition({ name: "c", nodes: { one: on("off") } })).rejects;
    await refused.toMatchObject({ code: "CJM_CAPABILITY_DISABLED", details: { instanceId: "off" } });
  });
});

describe("1 000 nodes on one instance, of which the first fails", () => {
  const failing = (capability: string, bad: object, good: object) => ({
    name: "wide",
    nodes: Array.from({ length: 1000 }, (_, index) => ({ id: `n${index}`, capability, ...(index === 0 ? bad : good) })),
  });

  test("the run has failed after that one call (36)", async () => {
    await using kit = queueKit({ instances: { a: measured } });
    const run = await kit.queue.submitComposition(failing("a", {}, {}));
    (await kit.runtime.call("a")).reject(new Error("broken"));
    const outcome = await run.wait();
    expect(outcome.status).toBe("failed");
    expect(kit.runtime.calls).toHaveLength(1);
    expect(outcome.nodes.filter(({ state }) => state === "cancelled")).toHaveLength(999);
  });

  test.each(LANGUAGES)("on a real worker (36, %s)", async (instanceId) => {
    await using real = await AcceptanceQueue.create();
    await real.measure();
    const document = failing(instanceId, { action: "raise_plain" }, { action: "add", args: { a: 1, b: 2 } });
    const run = await real.queue.submitComposition(document);
    const outcome = await run.wait();
    expect(outcome.status).toBe("failed");
    expect(states(outcome)["n0"]).toBe("failed");
    // One more may have begun before the first answer was there.
    expect(outcome.nodes.filter(({ state }) => state === "cancelled").length).toBeGreaterThanOrEqual(998);
  });
});
