import { describe, expect, test } from "vitest";
import { type CompositionPlan, describePlan, planComposition, validateComposition } from "../../src/index.ts";

const $ = (path: string): string => `\${${path}}`;
const planOf = (nodes: Record<string, unknown>, rest: Record<string, unknown> = {}): CompositionPlan =>
  planComposition(validateComposition({ name: "flow", nodes, ...rest }));
const node = (rest: Record<string, unknown> = {}) => ({ capability: "c", ...rest });

describe("a description of a plan", () => {
  const described = (nodes: Record<string, unknown>, inputs: Record<string, unknown>, given = {}) =>
    describePlan(planOf(nodes, { inputs }), { inputs: given }).nodes;

  test("says of every node what it calls, what it waits for, and under which rules", () => {
    const [, each] = described(
      {
        find: node(),
        each: node({
          task: "t",
          method: "m",
          for_each: $("nodes.find.documents"),
          max_concurrent: 4,
          on_item_error: "collect",
          when: { ref: $("item.pages"), greater_than: 2 },
          timeout_ms: 1000,
          start_timeout_ms: 5000,
          retry: { max_attempts: 3 },
          cache: "use",
          priority: 5,
          on_interruption: "fail",
          after_skipped: "run",
        }),
      },
      {},
    );
    expect(each).toEqual({
      id: "each",
      parent: null,
      wave: 2,
      composition: null,
      capability: "c",
      instanceId: "c",
      call: { channel: "task", task: "t", method: "m" },
      waitsFor: [{ nodeId: "find", how: "all" }],
      fanOut: { over: $("nodes.find.documents"), items: null, maxConcurrent: 4, onItemError: "collect" },
      condition: { text: `${$("item.pages")} > 2`, asked: "for each item", holds: null },
      afterSkipped: "run",
      priority: 5,
      timeoutMs: 1000,
      startTimeoutMs: 5000,
      retry: { maxAttempts: 3, initialDelayMs: 500, maxDelayMs: 30_000 },
      cache: "use",
      onInterruption: "fail",
    });
  });

  test("with inputs it says how many items there are and which conditions hold, as far as they tell", () => {
    const nodes = {
      lists: node({ for_each: $("inputs.files") }),
      follows: node({ for_each: $("nodes.lists") }),
      fixed: node({ for_each: [1, 2, 3] }),
      later: node({ for_each: $("nodes.lists[0].parts") }),
      yes: node({ when: $("inputs.files") }),
      no: node({ when: { all: [$("inputs.files"), { ref: $("inputs.mode"), equals: "full" }] } }),
      unknown: node({ when: $("nodes.fixed") }),
    };
    const inputs = { files: { type: "list" }, mode: {} };
    const all = described({ ...nodes, later: node({ for_each: $("nodes.unknown.parts") }) }, inputs, { files: ["a", "b"], mode: "quick" });
    expect(all.map(({ fanOut, condition }) => fanOut?.items ?? condition?.holds ?? null)).toEqual([2, 2, 3, null, true, false, null]);
    const without = described({ ...nodes, later: node() }, inputs);
    expect(without.map(({ fanOut, condition }) => fanOut?.items ?? condition?.holds ?? null)).toEqual([
      null,
      null,
      3,
      null,
      null,
      null,
      null,
    ]);
  });

  test.each<[unknown, string]>([
    [true, "true"],
    [$("inputs.a"), "${inputs.a}"],
    [{ ref: $("inputs.a"), greater_than: 1, less_than: $("inputs.b") }, "${inputs.a} > 1 and ${inputs.a} < ${inputs.b}"],
    [{ ref: $("inputs.a"), exists: false }, "${inputs.a} does not exist"],
    [{ any: [$("inputs.a"), { all: [$("inputs.b"), { not: $("inputs.a") }] }] }, "${inputs.a} or (${inputs.b} and not ${inputs.a})"],
    [{ not: { any: [$("inputs.a"), $("inputs.b")] } }, "not (${inputs.a} or ${inputs.b})"],
    [{ ref: $("inputs.a"), in: ["x", 1], not_equals: "x" }, '${inputs.a} != "x" and ${inputs.a} in ["x",1]'],
  ])("the condition %j", (when, text) => {
    expect(described({ a: node({ when }) }, { a: {}, b: {} })[0]?.condition?.text).toBe(text);
  });
});
