import { describe, expect, test } from "vitest";
import { queueKit, ref, turns } from "../queue-kit.ts";
import { at, echo, type Kwargs, node, run, states, twice } from "./sub-composition-kit.ts";

describe("a composition inside", () => {
  test("gets inputs, gives outputs, and its nodes are named after it", async () => {
    const { outcome, calls, journal } = await run({
      find: node({ args: { x: { name: "a" } } }),
      twice: { composition: twice(), inputs: { text: ref("nodes.find.name") } },
      use: node({ args: { x: [ref("nodes.twice.both[1]"), ref("nodes.twice")] } }),
    });
    expect(outcome.status).toBe("completed");
    expect(outcome.results["use"]).toEqual(["a", { both: ["a", "a"], first: "a" }]);
    expect(calls).toEqual(["find", "twice/first", "twice/second", "use"]);
    expect(at(outcome, "twice")).toMatchObject({
      composition: "twice",
      capability: null,
      call: null,
      parent: null,
      items: { total: 1, completed: 1 },
    });
    expect(at(outcome, "twice/first")).toMatchObject({ parent: "twice", composition: null, capability: "echo", instanceId: "echo" });
    const changes = journal
      .query({ eventType: "composition_node_changed" })
      .map(({ nodeId, payload }) => `${nodeId} ${payload["to"] as string}`);
    expect(changes.filter((change) => change.startsWith("twice"))).toEqual([
      "twice running",
      "twice/first running",
      "twice/first completed",
      "twice/second running",
      "twice/second completed",
      "twice completed",
    ]);
    expect(journal.query({ eventType: "run_finished" })[0]?.payload["counts"]).toMatchObject({ jobs: 4, completed: 4 });
  });

  test("begins when its inputs are there, whatever its nodes need of them", async () => {
    await using kit = queueKit({ instances: { echo, slow: { profile: {} } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        slow: { capability: "slow" },
        part: { composition: { name: "p", inputs: { x: {} }, nodes: { in: node() } }, inputs: { x: ref("nodes.slow") } },
      },
    });
    const slow = await kit.runtime.call("slow");
    await turns();
    expect(states(handle.outcome())).toEqual({ slow: "running", part: "pending", "part/in": "pending" });
    slow.resolve("text");
    expect((await handle.wait()).status).toBe("completed");
  });

  test("takes defaults, and fails for a value of another type, with its nodes skipped", async () => {
    const part = {
      name: "p",
      inputs: { n: { type: "integer", default: 7 } },
      outputs: { n: ref("nodes.in") },
      nodes: { in: node({ args: { x: ref("inputs.n") } }) },
    };
    const fine = await run({ p: { composition: part } });
    expect(fine.outcome.results["p"]).toEqual({ n: 7 });
    const wrong = await run({
      a: node({ args: { x: "many" } }),
      p: { composition: part, inputs: { n: ref("nodes.a") } },
      q: node({ after: "p" }),
    });
    expect(states(wrong.outcome)).toEqual({ a: "completed", p: "failed", "p/in": "skipped", q: "skipped" });
    expect(at(wrong.outcome, "p")?.error?.message).toContain('inputs.n: expected a whole number, got "many"');
    expect(at(wrong.outcome, "p/in")?.skipped).toEqual({ cause: "upstream", nodeId: "p", text: "it failed" });
  });

  test("may be empty, nested, and hold a fan-out", async () => {
    const { outcome } = await run({
      empty: { composition: { name: "e", outputs: { fixed: 1 }, nodes: {} } },
      outer: {
        composition: {
          name: "o",
          inputs: { list: { type: "list" } },
          outputs: { all: ref("nodes.each"), deep: ref("nodes.inner.both") },
          nodes: {
            each: node({ for_each: ref("inputs.list"), args: { x: ref("item") } }),
            inner: { composition: twice(), inputs: { text: ref("nodes.each[0]") } },
          },
        },
        inputs: { list: ["p", "q"] },
      },
    });
    expect(outcome.results).toMatchObject({ empty: { fixed: 1 }, outer: { all: ["p", "q"], deep: ["p", "p"] }, "outer/inner/first": "p" });
  });

  test("is skipped as a whole by its condition", async () => {
    const { outcome, calls } = await run({
      twice: { composition: twice(), inputs: { text: "a" }, when: false },
      next: node({ after: "twice" }),
      join: node({ after_skipped: "run", args: { x: [ref("nodes.twice.both"), 1] } }),
    });
    expect(states(outcome)).toEqual({
      twice: "skipped",
      "twice/first": "skipped",
      "twice/second": "skipped",
      next: "skipped",
      join: "completed",
    });
    expect(at(outcome, "twice/second")?.skipped).toEqual({ cause: "condition", nodeId: "twice", text: "it says false" });
    expect(outcome.results["join"]).toEqual([null, 1]);
    expect(calls).toEqual(["join"]);
  });

  test("joins alternatives of its own, and gives null for what was skipped", async () => {
    const part = {
      name: "p",
      inputs: { on: { type: "boolean" } },
      outputs: { text: ref("nodes.a ?? nodes.b"), a: ref("nodes.a") },
      nodes: { a: node({ when: ref("inputs.on"), args: { x: "A" } }), b: node({ when: { not: ref("inputs.on") }, args: { x: "B" } }) },
    };
    const { outcome } = await run({ p: { composition: part, inputs: { on: false } }, q: { composition: part, inputs: { on: true } } });
    expect(outcome.results).toMatchObject({ p: { text: "B", a: null }, q: { text: "A", a: "A" } });
  });
});

describe("failure inside", () => {
  const failing = (rest: Kwargs = {}) => ({
    name: "f",
    outputs: { kept: ref("nodes.other"), lost: ref("nodes.bad") },
    nodes: {
      bad: node({ args: { bad: true } }),
      next: node({ after: "bad" }),
      other: node({ args: { x: "kept" } }),
      last: node({ after: "other" }),
    },
    ...rest,
  });

  test("fails the composition at once, with the part that did, and what is around it", async () => {
    const { outcome } = await run({ f: { composition: failing() }, after: node({ after: "f" }), beside: node({ after: "after" }) });
    expect(outcome.status).toBe("failed");
    expect(states(outcome)).toMatchObject({
      f: "failed",
      "f/bad": "failed",
      "f/next": "skipped",
      "f/last": "cancelled",
      after: "skipped",
      beside: "skipped",
    });
    expect(at(outcome, "f")?.error).toEqual({ code: "CJM_CALL_FAILED", category: "user_input", message: "'f/bad' failed: bad page" });
  });

  test("does not wait for what still runs inside before it stops what is outside", async () => {
    await using kit = queueKit({ lanes: 8, instances: { bad: { profile: {} }, slow: { profile: {} }, other: { profile: {} }, echo } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        part: { composition: { name: "p", nodes: { bad: { capability: "bad" }, slow: { capability: "slow" } } } },
        other: { capability: "other" },
        next: node({ after: "other" }),
      },
    });
    const [bad, slow, other] = [await kit.runtime.call("bad"), await kit.runtime.call("slow"), await kit.runtime.call("other")];
    bad.reject(new Error("no"));
    await turns();
    other.resolve("kept");
    await turns();
    expect(states(handle.outcome())).toEqual({
      part: "running",
      "part/bad": "failed",
      "part/slow": "running",
      other: "completed",
      next: "cancelled",
    });
    slow.resolve("kept too");
    const outcome = await handle.wait();
    expect(outcome.status).toBe("failed");
    expect(outcome.results).toEqual({ other: "kept", "part/slow": "kept too" });
  });

  test("stays inside when the composition says so, and leaves out what was lost", async () => {
    const { outcome } = await run({ f: { composition: failing({ fail_fast: false }) }, after: node({ args: { x: ref("nodes.f") } }) });
    expect(outcome.status).toBe("completed");
    expect(states(outcome)).toMatchObject({
      f: "completed",
      "f/bad": "failed",
      "f/next": "skipped",
      "f/last": "completed",
      after: "completed",
    });
    expect(outcome.results["after"]).toEqual({ kept: "kept" });
  });

  test("under best effort outside, the rest goes on", async () => {
    const { outcome } = await run(
      { f: { composition: failing() }, next: node({ after: "f" }), beside: node({ args: { x: 1 } }) },
      { fail_fast: false },
    );
    expect(outcome.status).toBe("completed");
    expect(states(outcome)).toMatchObject({ f: "failed", next: "skipped", beside: "completed" });
  });

  test("an output that its node did not give fails it", async () => {
    const part = { name: "p", outputs: { n: ref("nodes.a.n") }, nodes: { a: node({ args: { x: {} } }) } };
    const { outcome } = await run({ p: { composition: part } });
    expect(states(outcome)).toEqual({ p: "failed", "p/a": "completed" });
    expect(at(outcome, "p")?.error).toMatchObject({ code: "CJM_BINDING_FAILED" });
    expect(at(outcome, "p")?.error?.message).toMatch(/^'outputs\.n' failed: .*has no field 'n'/);
  });
});
