import { describe, expect, test } from "vitest";
import type { FakeCall } from "../fake-runtime.ts";
import { queueKit, ref, turns } from "../queue-kit.ts";
import { at, node, run, states, twice } from "./sub-composition-kit.ts";

describe("once for each item", () => {
  test("results stand in order, and each item goes on as soon as it can", async () => {
    await using kit = queueKit({ lanes: 20, instances: { one: { profile: {}, cap: 9 }, two: { profile: {}, cap: 9 } } });
    const part = {
      name: "p",
      inputs: { doc: {} },
      outputs: { two: ref("nodes.two") },
      nodes: {
        one: { capability: "one", args: { x: ref("inputs.doc") } },
        two: { capability: "two", args: { x: ref("nodes.one"), doc: ref("inputs.doc"), run: ref("run.id") } },
      },
    };
    const handle = await kit.queue.submitComposition(
      { name: "c", nodes: { p: { composition: part, for_each: ["a", "b", "c"], inputs: { doc: `${ref("item")}${ref("index")}` } } } },
      { runId: "r" },
    );
    await kit.runtime.until(({ running }) => running.size === 3);
    kit.runtime.calls[1]?.resolve("B");
    const two = await kit.runtime.call("two");
    expect(two.kwargs).toEqual({ x: "B", doc: "b1", run: "r" });
    expect(two.call.envelope.node_id).toBe("p/two[1]");
    kit.runtime.onCall = (call) => call.resolve(`${text(call)}!`);
    for (const call of kit.runtime.running) call.resolve(call === two ? "B!" : text(call));
    const outcome = await handle.wait();
    expect(outcome.results["p"]).toEqual([{ two: "a0!" }, { two: "B!" }, { two: "c2!" }]);
    expect(at(outcome, "p")).toMatchObject({ isFanOut: true, items: { total: 3, completed: 3 } });
    expect(at(outcome, "p/one")).toMatchObject({ isFanOut: true, items: { total: 3, completed: 3 } });
  });

  test("collect: an item that fails anywhere inside drops out, with the part it failed by", async () => {
    const list = [
      { t: "a", bad: false },
      { t: "b", bad: true },
      { t: "c", bad: false },
    ];
    const { outcome, calls } = await run({
      twice: { composition: twice(), for_each: list, on_item_error: "collect", inputs: { text: ref("item.t"), bad: ref("item.bad") } },
      next: node({ for_each: ref("nodes.twice"), args: { x: ref("item.first") } }),
      report: node({ args: { x: ref("failures.twice") } }),
    });
    expect(outcome.status).toBe("completed");
    expect(outcome.results["next"]).toEqual(["a", "c"]);
    expect(at(outcome, "twice")?.items).toEqual({ total: 3, completed: 2, failed: 1, skipped: 0, cancelled: 0 });
    expect(at(outcome, "twice/second")).toMatchObject({ state: "completed", items: { completed: 2, skipped: 1 } });
    expect(calls).not.toContain("twice/second[1]");
    const failure = {
      index: 1,
      item: { t: "b", bad: true },
      error: { code: "CJM_CALL_FAILED", category: "user_input", message: "'twice/first[1]' failed: bad page" },
    };
    expect(outcome.results["report"]).toEqual([failure]);
    expect(outcome.failures["twice/first"]?.[0]).toMatchObject({ index: 1, item: { t: "b", bad: true } });
  });

  test("fail: the first item that fails stops the others", async () => {
    const { outcome, calls } = await run(
      {
        twice: { composition: twice(), for_each: [true, false, false], max_concurrent: 1, inputs: { text: "t", bad: ref("item") } },
        next: node({ after: "twice" }),
      },
      { fail_fast: false },
    );
    expect(states(outcome)).toEqual({ twice: "failed", "twice/first": "failed", "twice/second": "cancelled", next: "skipped" });
    expect(at(outcome, "twice")?.items).toEqual({ total: 3, completed: 0, failed: 1, skipped: 0, cancelled: 2 });
    expect(calls).toEqual(["twice/first[0]"]);
  });

  test("max_concurrent bounds the items that are inside at a time", async () => {
    await using kit = queueKit({ lanes: 20, instances: { echo: { profile: {}, cap: 20 } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: { p: { composition: twice(), for_each: ["a", "b", "c", "d"], max_concurrent: 2, inputs: { text: ref("item") } } },
    });
    const inside = new Set<string>();
    let most = 0;
    kit.runtime.onCall = ({ call }) => {
      const [, part, index = ""] = /p\/(\w+)\[(\d)\]/.exec(String(call.envelope.node_id)) ?? [];
      if (part === "first") inside.add(index);
      most = Math.max(most, inside.size);
      if (part === "second") inside.delete(index);
    };
    while (handle.outcome().status === "running") {
      await turns(2);
      for (const call of kit.runtime.running) call.resolve("x");
    }
    expect(most).toBe(2);
    expect(kit.runtime.calls).toHaveLength(8);
  });

  test("conditions inside are asked for every item, and those of the node filter items", async () => {
    const part = {
      name: "p",
      inputs: { doc: {}, scanned: { type: "boolean" } },
      outputs: { text: ref("nodes.ocr ?? nodes.parse"), joined: ref("nodes.join") },
      nodes: {
        ocr: node({ when: ref("inputs.scanned"), args: { x: ["eye", ref("inputs.doc")] } }),
        parse: node({ when: { not: ref("inputs.scanned") }, args: { x: ["letter", ref("inputs.doc")] } }),
        join: node({ after_skipped: "run", args: { x: ref("nodes.ocr[0] ?? nodes.parse[0]") } }),
        onlyOcr: node({ after: "ocr" }),
      },
    };
    const list = [{ d: "a", s: true }, { d: "b", s: false }, { d: "" }, { d: "c", s: true }];
    const { outcome } = await run({
      p: {
        composition: part,
        for_each: list,
        when: { ref: ref("item.d"), not_equals: "" },
        inputs: { doc: ref("item.d"), scanned: ref("item.s") },
      },
    });
    expect(outcome.results["p"]).toEqual([
      { text: ["eye", "a"], joined: "eye" },
      { text: ["letter", "b"], joined: "letter" },
      { text: ["eye", "c"], joined: "eye" },
    ]);
    expect(at(outcome, "p")?.items).toMatchObject({ completed: 3, skipped: 1 });
    expect(at(outcome, "p/onlyOcr")?.items).toMatchObject({ completed: 2, skipped: 2 });
  });

  test("nested compositions go item by item too, and a failure deep inside costs only its item", async () => {
    const outer = {
      name: "o",
      inputs: { t: {}, bad: { type: "boolean" } },
      outputs: { both: ref("nodes.in.both"), last: ref("nodes.last") },
      nodes: {
        in: { composition: twice(), inputs: { text: ref("inputs.t"), bad: ref("inputs.bad") } },
        last: node({ args: { x: ref("nodes.in.first") } }),
      },
    };
    const { outcome } = await run({
      o: {
        composition: outer,
        for_each: [false, true, false],
        on_item_error: "collect",
        inputs: { t: `t${ref("index")}`, bad: ref("item") },
      },
    });
    expect(outcome.status).toBe("completed");
    expect(outcome.results["o"]).toEqual([
      { both: ["t0", "t0"], last: "t0" },
      { both: ["t2", "t2"], last: "t2" },
    ]);
    expect(outcome.failures["o"]?.[0]?.error.message).toBe("'o/in[1]' failed: 'o/in/first[1]' failed: bad page");
    expect(at(outcome, "o/last")?.items).toMatchObject({ completed: 2, skipped: 1 });
  });

  test("over nothing is done, and skipped as a whole is skipped", async () => {
    const { outcome } = await run({
      none: { composition: twice(), for_each: [], inputs: { text: "a" } },
      off: { composition: twice(), for_each: [1], when: false, inputs: { text: "a" } },
      sum: node({ args: { x: ref("nodes.none") } }),
    });
    expect(states(outcome)).toEqual({
      none: "completed",
      "none/first": "completed",
      "none/second": "completed",
      off: "skipped",
      "off/first": "skipped",
      "off/second": "skipped",
      sum: "completed",
    });
    expect(outcome.results["sum"]).toEqual([]);
  });

  test("cancelling ends everything, inside and out", async () => {
    await using kit = queueKit({ lanes: 3, instances: { echo: { profile: {}, cap: 3, onCancel: (call) => call.resolve() } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        p: { composition: twice(), for_each: Array.from({ length: 50 }, (_, n) => n), inputs: { text: `t${ref("item")}` } },
        q: { composition: twice(), inputs: { text: "a" } },
        r: node({ after: ["p", "q"] }),
      },
    });
    await kit.runtime.until(({ running }) => running.size === 3);
    expect(handle.cancel()).toBe(true);
    const outcome = await handle.wait();
    expect(outcome.status).toBe("cancelled");
    expect(Object.values(states(outcome)).every((state) => state === "cancelled")).toBe(true);
    expect(at(outcome, "p")?.items).toMatchObject({ total: 50, cancelled: 50 });
  });

  test("one job of it that is cancelled cancels its item, and under best effort only that", async () => {
    await using kit = queueKit({ lanes: 9, instances: { echo: { profile: {}, cap: 9, onCancel: (call) => call.resolve() } } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      fail_fast: false,
      nodes: { p: { composition: twice(), for_each: [0, 1], on_item_error: "collect", inputs: { text: "t" } } },
    });
    await kit.runtime.until(({ running }) => running.size === 2);
    kit.queue.cancel(kit.runtime.calls[0]?.jobId ?? "");
    await turns();
    kit.runtime.onCall = (call) => call.resolve(1);
    kit.runtime.calls[1]?.resolve(1);
    const outcome = await handle.wait();
    expect(at(outcome, "p")?.items).toMatchObject({ completed: 1, cancelled: 1 });
    expect(outcome.results["p"]).toEqual([{ both: 1, first: 1 }]);
  });
});

function text({ kwargs }: FakeCall): string {
  return kwargs["x"] as string;
}
