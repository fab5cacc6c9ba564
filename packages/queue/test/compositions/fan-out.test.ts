import { describe, expect, test } from "vitest";
import type { CompositionOutcome } from "../../src/index.ts";
import { queueKit, ref, turns } from "../queue-kit.ts";

const each = (capability: string, from: string | readonly unknown[], rest: Record<string, unknown> = {}) => ({
  capability,
  for_each: typeof from === "string" ? ref(from) : from,
  args: { x: ref("item") },
  ...rest,
});
const items = (outcome: CompositionOutcome, id: string) => outcome.nodes.find((node) => node.id === id)?.items;
const echo = { profile: {}, cap: 100, script: (kwargs: Record<string, unknown>) => (kwargs["x"] ?? null) as null };

describe("one list", () => {
  test("every item has a job, results stand in the order of the items, whatever order they end in", async () => {
    await using kit = queueKit({ lanes: 10, instances: { a: { profile: {}, cap: 10 } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        all: each("a", ["x", "y", "z"], { args: { x: ref("item"), i: ref("index"), label: `item ${ref("index")} of ${ref("run.id")}` } }),
      },
    });
    await kit.runtime.until(({ running }) => running.size === 3);
    expect(kit.runtime.calls.map(({ kwargs }) => kwargs)).toEqual([
      { x: "x", i: 0, label: "item 0 of null" },
      { x: "y", i: 1, label: "item 1 of null" },
      { x: "z", i: 2, label: "item 2 of null" },
    ]);
    expect(kit.runtime.calls.map(({ call }) => call.envelope.node_id)).toEqual(["all[0]", "all[1]", "all[2]"]);
    for (const call of kit.runtime.calls.toReversed()) {
      call.resolve([call.kwargs["i"] ?? null, "!"]);
      await turns(2);
    }
    const outcome = await handle.wait();
    expect(outcome.results).toEqual({ all: [0, 1, 2].map((n) => [n, "!"]) });
    expect(items(outcome, "all")).toEqual({ total: 3, completed: 3, failed: 0, skipped: 0, cancelled: 0 });
  });

  test("no more than max_concurrent jobs exist at a time", async () => {
    await using kit = queueKit({ lanes: 10, instances: { a: { profile: {}, cap: 10 } } });
    const handle = await kit.queue.submitComposition({ name: "c", nodes: { all: each("a", [1, 2, 3, 4, 5], { max_concurrent: 2 }) } });
    for (let done = 0; done < 5; done++) {
      await kit.runtime.call("a");
      await turns();
      expect(kit.queue.list().filter(({ status }) => status === "pending" || status === "running")).toHaveLength(Math.min(2, 5 - done));
      (await kit.runtime.call("a")).resolve();
      await turns();
    }
    expect((await handle.wait()).status).toBe("completed");
    expect(kit.runtime.peaks.get("a")).toBe(2);
  });

  test("nothing to do is done", async () => {
    await using kit = queueKit({ instances: { a: echo } });
    const outcome = await (
      await kit.queue.submitComposition({
        name: "c",
        nodes: { none: each("a", []), more: each("a", "nodes.none"), sum: { capability: "a", args: { x: ref("nodes.more") } } },
      })
    ).wait();
    expect(outcome).toMatchObject({ status: "completed", results: { none: [], more: [], sum: [] } });
  });

  test("for_each over something else than a list fails the node and says what it got", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => ({ documents: 3 }) } } });
    const outcome = await (
      await kit.queue.submitComposition({ name: "c", nodes: { find: { capability: "a" }, all: each("a", "nodes.find.documents") } })
    ).wait();
    expect(outcome.status).toBe("failed");
    expect(outcome.nodes[1]).toMatchObject({ state: "failed", error: { code: "CJM_BINDING_FAILED" } });
    expect(outcome.nodes[1]?.error?.message).toContain("for_each needs a list, and it got 3");
  });

  test("fail: the first failed item stops the rest and fails the node", async () => {
    await using kit = queueKit({ lanes: 2, instances: { a: { profile: {}, cap: 2 } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      fail_fast: false,
      nodes: { all: each("a", [0, 1, 2, 3]), sum: { capability: "a", args: { x: ref("nodes.all") } } },
    });
    await kit.runtime.until(({ running }) => running.size === 2);
    kit.runtime.calls[0]?.reject(new Error("bad item"));
    await turns();
    kit.runtime.calls[1]?.resolve("kept");
    const outcome = await handle.wait();
    expect(outcome.nodes.map(({ state }) => state)).toEqual(["failed", "skipped"]);
    expect(items(outcome, "all")).toEqual({ total: 4, completed: 1, failed: 1, skipped: 0, cancelled: 2 });
    expect(outcome.nodes[0]?.error?.message).toBe("bad item");
    expect(kit.runtime.calls).toHaveLength(2);
  });
});

describe("item by item", () => {
  test("an item starts as soon as its own predecessor is there; a join waits for both", async () => {
    await using kit = queueKit({
      lanes: 10,
      instances: { parse: { profile: {}, cap: 9 }, analyse: { profile: {}, cap: 9 }, add: { profile: {}, cap: 9 } },
    });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        parse: each("parse", [10, 20, 30]),
        analyse: each("analyse", "nodes.parse"),
        add: each("add", "nodes.parse", { args: { document: ref("item"), analysis: ref("matching.analyse") } }),
      },
    });
    await kit.runtime.until(({ running }) => running.size === 3);
    kit.runtime.calls[1]?.resolve("p1");
    const analysis = await kit.runtime.call("analyse");
    await turns();
    expect(analysis.kwargs).toEqual({ x: "p1" });
    expect(kit.runtime.calls).toHaveLength(4);
    analysis.resolve("a1");
    const added = await kit.runtime.call("add");
    expect(added.kwargs).toEqual({ document: "p1", analysis: "a1" });
    expect(added.call.envelope.node_id).toBe("add[1]");
    kit.runtime.onCall = (call) => call.resolve(call.instanceId);
    for (const call of kit.runtime.running) call.resolve(call.instanceId);
    const outcome = await handle.wait();
    expect(outcome.results["analyse"]).toEqual(["analyse", "a1", "analyse"]);
    expect(outcome.nodes.every(({ items: { completed } }) => completed === 3)).toBe(true);
  });

  test("collect: a failed item drops out further down, keeps its place, and is listed", async () => {
    const long = "x".repeat(1000);
    await using kit = queueKit({
      instances: {
        a: {
          profile: {},
          cap: 9,
          script: (kwargs) => (kwargs["n"] === 1 ? Promise.reject(new TypeError("no text")) : { n: kwargs["n"] ?? null }),
        },
        echo,
      },
    });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        parse: {
          capability: "a",
          for_each: [0, 1, 2].map((n) => ({ n, path: `/doc${n}`, text: long, nested: [1, 2] })),
          on_item_error: "collect",
          args: { n: ref("item.n") },
        },
        analyse: each("echo", "nodes.parse", { args: { x: ref("item.n"), i: ref("index") } }),
        join: each("echo", "nodes.parse", { args: { x: ref("matching.analyse") } }),
        report: { capability: "echo", args: { x: [ref("failures.parse"), ref("nodes.parse")] } },
      },
    });
    const outcome = await handle.wait();
    expect(outcome.status).toBe("completed");
    expect(outcome.results["analyse"]).toEqual([0, 2]);
    expect(outcome.results["join"]).toEqual([0, 2]);
    expect(
      kit.runtime.calls.filter(({ call }) => String(call.envelope.node_id).startsWith("analyse")).map(({ kwargs }) => kwargs["i"]),
    ).toEqual([0, 2]);
    expect(items(outcome, "parse")).toEqual({ total: 3, completed: 2, failed: 1, skipped: 0, cancelled: 0 });
    expect(items(outcome, "analyse")).toEqual({ total: 3, completed: 2, failed: 0, skipped: 1, cancelled: 0 });
    const failure = {
      index: 1,
      item: { n: 1, path: "/doc1", text: `${"x".repeat(300)}... (1000 characters)`, nested: "(list of 2)" },
      error: { code: "CJM_CALL_FAILED", message: "no text", category: "user_input" },
    };
    expect(outcome.results["report"]).toEqual([[failure], [{ n: 0 }, { n: 2 }]]);
    expect(outcome.failures).toEqual({ parse: [failure] });
  });

  test("when the source fails, what takes its items is skipped, and what it did already counts", async () => {
    await using kit = queueKit({ lanes: 2, instances: { a: { profile: {}, cap: 2 }, b: { profile: {}, cap: 2 } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: { parse: each("a", [0, 1]), analyse: each("b", "nodes.parse"), last: { capability: "b", after: ["analyse"] } },
    });
    await kit.runtime.until(({ running }) => running.size === 2);
    kit.runtime.calls[0]?.resolve("p0");
    (await kit.runtime.call("b")).resolve("a0");
    await turns();
    kit.runtime.calls[1]?.reject(new Error("no"));
    const outcome = await handle.wait();
    expect(outcome.status).toBe("failed");
    expect(outcome.nodes.map(({ state }) => state)).toEqual(["failed", "skipped", "skipped"]);
    expect(items(outcome, "analyse")).toEqual({ total: 2, completed: 1, failed: 0, skipped: 1, cancelled: 0 });
  });

  test("matching an index that the other fan-out does not have fails that item with a message", async () => {
    await using kit = queueKit({ instances: { echo } });
    const outcome = await (
      await kit.queue.submitComposition({
        name: "c",
        nodes: { short: each("echo", [1]), long: each("echo", [1, 2], { on_item_error: "collect", args: { x: ref("matching.short") } }) },
      })
    ).wait();
    expect(outcome.results["long"]).toEqual([1]);
    expect(outcome.failures["long"]?.[0]?.error.message).toContain("matching.short is not there");
  });

  test("cancelling in the middle ends every item exactly once", async () => {
    await using kit = queueKit({ lanes: 4, instances: { a: { profile: {}, cap: 4, onCancel: (call) => call.resolve() } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        all: each(
          "a",
          Array.from({ length: 500 }, (_, n) => n),
        ),
        more: each("a", "nodes.all"),
      },
    });
    await kit.runtime.until(({ running }) => running.size === 4);
    handle.cancel();
    const outcome = await handle.wait();
    expect(outcome.status).toBe("cancelled");
    expect(items(outcome, "all")).toEqual({ total: 500, completed: 0, failed: 0, skipped: 0, cancelled: 500 });
    expect(kit.runtime.calls).toHaveLength(4);
    expect(kit.queue.stats()).toMatchObject({ pending: 0, running: 0, lanes: { inUse: 0 } });
  });
});

describe("size", () => {
  test("10 000 items, taken on one by one and joined: 20 001 jobs, five rows each, and each capability asked once for each", async () => {
    const count = 10_000;
    const asked = { describe: 0, profile: 0 };
    await using kit = queueKit({
      lanes: 8,
      instances: { list: { profile: {}, script: () => Array.from({ length: count }, (_, n) => n) }, echo: { ...echo, cap: 8 } },
    });
    const { runtime } = kit;
    const [describeInstance, profile] = [runtime.describe.bind(runtime), runtime.profile.bind(runtime)];
    runtime.describe = (id) => {
      asked.describe += 1;
      return describeInstance(id);
    };
    runtime.profile = (id) => {
      asked.profile += 1;
      return profile(id);
    };
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        list: { capability: "list" },
        one: each("echo", "nodes.list"),
        two: each("echo", "nodes.one"),
        sum: { capability: "echo", args: { x: ref("nodes.two") } },
      },
    });
    const outcome = await handle.wait();
    expect(outcome.status).toBe("completed");
    expect(outcome.results["sum"]).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(runtime.peaks.get("all")).toBe(8);
    expect(runtime.calls).toHaveLength(2 * count + 2);
    expect(kit.journal.rows.length).toBe(3 * (2 * count + 2) + 8 + 2 + kit.journal.query({ eventType: "composition_advanced" }).length);
    // One look at the instances for a pass, and a pass starts at least one job.
    expect(asked.profile).toBeLessThan(6 * count);
    expect(asked.describe).toBeLessThan(6 * count);
  });
});
