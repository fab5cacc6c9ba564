import type { JobSpec } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { type CompositionOutcome, MemoryJobStore, type NodeSummary } from "../../src/index.ts";
import { queueKit, ref, turns } from "../queue-kit.ts";

const echo = { profile: {}, cap: 100, script: (kwargs: Record<string, unknown>) => (kwargs["x"] ?? null) as null };
const failing = { profile: {}, script: () => Promise.reject(new Error("broken")) };
const node = (rest: Record<string, unknown> = {}) => ({ capability: "echo", ...rest });
const states = ({ nodes }: CompositionOutcome): Record<string, string> => Object.fromEntries(nodes.map(({ id, state }) => [id, state]));
const at = ({ nodes }: CompositionOutcome, id: string): NodeSummary | undefined => nodes.find((summary) => summary.id === id);

async function run(nodes: Record<string, unknown>, rest: Record<string, unknown> = {}) {
  await using kit = queueKit({ instances: { echo, failing } });
  const handle = await kit.queue.submitComposition({ name: "c", nodes, ...rest });
  const outcome = await handle.wait();
  const calls = kit.runtime.calls.map(({ call, kwargs }) => [String(call.envelope.node_id), kwargs["x"] ?? null] as const);
  return { outcome, calls, journal: kit.journal };
}

describe("a node", () => {
  test("runs when its condition holds, and is skipped with the reason when not", async () => {
    const { outcome, calls, journal } = await run({
      count: node({ args: { x: { n: 3 } } }),
      many: node({ when: { ref: ref("nodes.count.n"), greater_than: 10 } }),
      few: node({ when: { ref: ref("nodes.count.n"), less_than: 10 }, args: { x: "few" } }),
    });
    expect(outcome.status).toBe("completed");
    expect(states(outcome)).toEqual({ count: "completed", many: "skipped", few: "completed" });
    expect(calls.map(([id]) => id)).toEqual(["count", "few"]);
    const skipped = { cause: "condition", nodeId: "many", text: "${nodes.count.n} is 3, not greater than 10" };
    expect(at(outcome, "many")).toMatchObject({ skipped, startedAt: null, items: { total: null } });
    expect(at(outcome, "few")?.skipped).toBeNull();
    const rows = journal.query({ eventType: "composition_node_changed" }).filter(({ nodeId }) => nodeId === "many");
    expect(rows.map(({ payload }) => payload)).toMatchObject([{ from: "pending", to: "skipped", skipped }]);
  });

  test("that is skipped takes along what waits for it, which names where it began", async () => {
    const { outcome, calls } = await run({
      draw: node({ when: false }),
      frame: node({ args: { x: ref("nodes.draw") } }),
      hang: node({ after: "frame" }),
    });
    expect(outcome.status).toBe("completed");
    expect(states(outcome)).toEqual({ draw: "skipped", frame: "skipped", hang: "skipped" });
    expect(at(outcome, "hang")?.skipped).toEqual({ cause: "condition", nodeId: "draw", text: "it says false" });
    expect(calls).toEqual([]);
  });

  test("whose condition cannot be decided fails", async () => {
    const { outcome } = await run({ a: node({ args: { x: {} } }), b: node({ when: ref("nodes.a.ok") }) });
    expect(outcome.status).toBe("failed");
    expect(at(outcome, "b")?.error).toMatchObject({ code: "CJM_BINDING_FAILED" });
    expect(at(outcome, "b")?.error?.message).toContain("when is ${nodes.a.ok}, but nodes.a has no field 'ok'");
  });

  test("whose predecessor failed is skipped as before, whatever its condition says", async () => {
    const { outcome } = await run(
      { a: { capability: "failing" }, b: node({ after: "a", when: true, after_skipped: "run" }) },
      { fail_fast: false },
    );
    expect(states(outcome)).toEqual({ a: "failed", b: "skipped" });
    expect(at(outcome, "b")?.skipped).toEqual({ cause: "upstream", nodeId: "a", text: "it failed" });
  });
});

describe("after what a condition skipped", () => {
  const alternatives = (scanned: boolean) => ({
    look: node({ args: { x: { scanned } } }),
    ocr: node({ when: ref("nodes.look.scanned"), args: { x: { text: "by eye" } } }),
    parse: node({ when: { not: ref("nodes.look.scanned") }, args: { x: { text: "by letter" } } }),
    index: node({ after_skipped: "run", args: { x: ref("nodes.ocr.text ?? nodes.parse.text") } }),
    archive: node({ args: { x: ref("nodes.index") } }),
  });

  test.each([
    [true, "by eye"],
    [false, "by letter"],
  ])("alternatives are joined: scanned is %s", async (scanned, text) => {
    const { outcome } = await run(alternatives(scanned), { outputs: { text: ref("nodes.index"), ocr: ref("nodes.ocr.text") } });
    expect(outcome.status).toBe("completed");
    expect(outcome.results["index"]).toBe(text);
    expect(outcome.results["archive"]).toBe(text);
    expect(outcome.outputs).toEqual({ text, ocr: scanned ? "by eye" : null });
  });

  test("a join waits for all of them, also for the one that is still running", async () => {
    await using kit = queueKit({ instances: { slow: { profile: {} }, echo } });
    const handle = await kit.queue.submitComposition({
      name: "c",
      nodes: {
        never: node({ when: false }),
        slow: { capability: "slow" },
        join: node({ after: ["never", "slow"], after_skipped: "run", args: { x: "joined" } }),
      },
    });
    const slow = await kit.runtime.call("slow");
    await turns();
    expect(states(handle.outcome())).toMatchObject({ never: "skipped", join: "pending" });
    slow.resolve();
    expect((await handle.wait()).results["join"]).toBe("joined");
  });

  test("a join is skipped when one of them failed, though another was skipped first", async () => {
    const { outcome } = await run(
      { never: node({ when: false }), bad: { capability: "failing" }, join: node({ after: ["never", "bad"], after_skipped: "run" }) },
      { fail_fast: false },
    );
    expect(states(outcome)).toEqual({ never: "skipped", bad: "failed", join: "skipped" });
    expect(at(outcome, "join")?.skipped?.cause).toBe("upstream");
  });

  test("whether any of them ran can be asked with exists", async () => {
    const { outcome } = await run({
      a: node({ when: false }),
      b: node({ when: false }),
      join: node({
        after_skipped: "run",
        when: {
          any: [
            { ref: ref("nodes.a"), exists: true },
            { ref: ref("nodes.b"), exists: true },
          ],
        },
      }),
    });
    expect(states(outcome)).toEqual({ a: "skipped", b: "skipped", join: "skipped" });
    expect(at(outcome, "join")?.skipped?.text).toBe("${nodes.a} is not there, ${nodes.b} is not there");
  });
});

describe("a fan-out", () => {
  const documents = [
    { n: 0, scanned: true },
    { n: 1, scanned: false },
    { n: 2, scanned: true },
  ];

  test("whose condition speaks of the item filters its items; what goes on item by item leaves them out too", async () => {
    const { outcome, calls } = await run({
      ocr: node({ for_each: documents, when: ref("item.scanned"), args: { x: ref("item.n") } }),
      clean: node({ for_each: ref("nodes.ocr"), args: { x: [ref("item"), ref("index")] } }),
      sum: node({ args: { x: ref("nodes.clean") } }),
    });
    expect(outcome.results["ocr"]).toEqual([0, 2]);
    expect(outcome.results["sum"]).toEqual([
      [0, 0],
      [2, 2],
    ]);
    expect(at(outcome, "ocr")).toMatchObject({ state: "completed", items: { total: 3, completed: 2, skipped: 1 }, skipped: null });
    expect(at(outcome, "clean")?.items).toMatchObject({ completed: 2, skipped: 1 });
    expect(calls.map(([id]) => id).toSorted()).toEqual(["clean[0]", "clean[2]", "ocr[0]", "ocr[2]", "sum"]);
  });

  test("alternatives of each item are joined by matching", async () => {
    const { outcome } = await run({
      ocr: node({ for_each: documents, when: ref("item.scanned"), args: { x: { text: ["eye", ref("item.n")] } } }),
      parse: node({ for_each: documents, when: { not: ref("item.scanned") }, args: { x: { text: ["letter", ref("item.n")] } } }),
      join: node({ for_each: documents, after_skipped: "run", args: { x: ref("matching.ocr.text ?? matching.parse.text") } }),
    });
    expect(outcome.results["join"]).toEqual([
      ["eye", 0],
      ["letter", 1],
      ["eye", 2],
    ]);
  });

  test("a condition may speak of the matching result of another", async () => {
    const { outcome } = await run({
      rate: node({ for_each: documents, args: { x: { good: ref("item.scanned") } } }),
      keep: node({ for_each: documents, when: ref("matching.rate.good"), args: { x: ref("item.n") } }),
    });
    expect(outcome.results["keep"]).toEqual([0, 2]);
  });

  test("one whose items are all filtered completes with nothing", async () => {
    const { outcome } = await run({
      none: node({ for_each: documents, when: { ref: ref("index"), greater_than: 9 } }),
      sum: node({ args: { x: ref("nodes.none") } }),
    });
    expect(states(outcome)).toEqual({ none: "completed", sum: "completed" });
    expect(outcome.results["sum"]).toEqual([]);
  });

  test("whose condition speaks of nothing of the item is asked once, and skipped as a whole, with what takes its items", async () => {
    const { outcome, calls } = await run(
      {
        all: node({ for_each: documents, when: ref("inputs.on") }),
        next: node({ for_each: ref("nodes.all"), after_skipped: "run" }),
        other: node({ for_each: [1, 2], after_skipped: "run", args: { x: ref("matching.all ?? item") } }),
      },
      { inputs: { on: { type: "boolean", default: false } } },
    );
    expect(states(outcome)).toEqual({ all: "skipped", next: "skipped", other: "completed" });
    expect(outcome.results["other"]).toEqual([1, 2]);
    expect(calls).toHaveLength(2);
  });

  test.each(["fail", "collect"])("an item whose condition cannot be decided fails like one whose call does: %s", async (onItemError) => {
    const { outcome, calls } = await run({
      keep: node({
        for_each: [{ ok: true }, {}, { ok: true }],
        when: ref("item.ok"),
        on_item_error: onItemError,
        args: { x: ref("index") },
      }),
    });
    expect(at(outcome, "keep")?.state).toBe(onItemError === "fail" ? "failed" : "completed");
    expect(outcome.failures["keep"]?.map(({ index, error }) => [index, error.code])).toEqual([[1, "CJM_BINDING_FAILED"]]);
    if (onItemError === "collect") expect(outcome.results["keep"]).toEqual([0, 2]);
    else expect(calls).toEqual([]);
  });
});

test("what a node asks of cache, interruption and start reaches its job", async () => {
  const specs: JobSpec[] = [];
  class WatchedStore extends MemoryJobStore {
    override async submit(work: Parameters<MemoryJobStore["submit"]>[0]): Promise<void> {
      specs.push(...work.jobs);
      await super.submit(work);
    }
  }
  await using kit = queueKit({ instances: { echo }, store: new WatchedStore() });
  const handle = await kit.queue.submitComposition({
    name: "c",
    nodes: {
      plain: node({ control: { a: 1 } }),
      use: node({ cache: "use", control: { a: 1 } }),
      refresh: node({ cache: "refresh" }),
      off: node({
        cache: "off",
        on_interruption: "fail",
        start_timeout_ms: 5000,
        timeout_ms: 700,
        retry: { max_attempts: 3 },
        priority: 4,
      }),
    },
  });
  await handle.wait();
  const controls = Object.fromEntries(kit.runtime.calls.map(({ call }) => [call.envelope.node_id, call.envelope.control]));
  expect(controls).toMatchObject({
    plain: { a: 1 },
    use: { a: 1, cache: "use" },
    refresh: { cache: "refresh", force: true },
    off: { cache: "off" },
  });
  expect(specs.find(({ nodeId }) => nodeId === "off")).toMatchObject({
    onInterruption: "fail",
    startTimeoutMs: 5000,
    timeoutMs: 700,
    retry: { maxAttempts: 3, initialDelayMs: 500, maxDelayMs: 30_000 },
    priority: 4,
  });
});

test("an output that its node did not give fails the composition, and under best effort is listed", async () => {
  const nodes = { a: node({ args: { x: { n: 1 } } }), b: { capability: "failing" } };
  const outputs = { n: ref("nodes.a.n"), text: ref("nodes.a.text"), lost: ref("nodes.b") };
  const strict = await run({ a: nodes.a }, { outputs: { n: outputs.n, text: outputs.text } });
  expect(strict.outcome).toMatchObject({
    status: "failed",
    outputs: { n: 1 },
    failures: { "outputs.text": [{ error: { code: "CJM_BINDING_FAILED" } }] },
  });
  const lenient = await run(nodes, { outputs, fail_fast: false });
  expect(lenient.outcome.status).toBe("completed");
  expect(lenient.outcome.outputs).toEqual({ n: 1 });
  expect(Object.keys(lenient.outcome.failures)).toEqual(["b", "outputs.text"]);
});
