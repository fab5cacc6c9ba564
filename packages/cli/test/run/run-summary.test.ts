import { validateComposition } from "@cjm/core";
import pico from "picocolors";
import { describe, expect, test } from "vitest";
import type { CompositionOutcome, NodeSummary } from "../../src/run/composition-handle.ts";
import { lastNodes } from "../../src/run/last-nodes.ts";
import { neededCapabilities } from "../../src/run/needed-capabilities.ts";
import { nodeLine, nodeLines } from "../../src/run/node-line.ts";
import { summaryLines } from "../../src/run/run-summary.ts";

const plain = pico.createColors(false);
const none = { total: null, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
const node = (fields: Partial<NodeSummary>): NodeSummary => ({
  id: "n",
  parent: null,
  composition: null,
  capability: "c",
  instanceId: "c",
  call: { channel: "execute", action: "a" },
  isFanOut: false,
  state: "completed",
  items: { ...none, total: 1, completed: 1 },
  startedAt: 0,
  endedAt: 1500,
  error: null,
  skipped: null,
  ...fields,
});

describe("the line of a node", () => {
  test.each<[Partial<NodeSummary>, string]>([
    [{}, "✓ n  completed 1.5 s"],
    [{ state: "pending", startedAt: null, endedAt: null }, "· n  pending"],
    [{ state: "running", endedAt: null }, "… n  running 4.0 s"],
    [{ state: "failed" }, "✗ n  failed 1.5 s"],
    [{ state: "running", endedAt: null, isFanOut: true, items: none }, "… n  0 done 4.0 s"],
    [
      { state: "running", endedAt: null, isFanOut: true, items: { ...none, total: 9, completed: 4, failed: 1 } },
      "… n  4 of 9 done, 1 failed 4.0 s",
    ],
    [{ isFanOut: true, items: { ...none, total: 9, completed: 7, skipped: 2 } }, "✓ n  completed, 7 of 9, 2 skipped 1.5 s"],
    [{ state: "skipped", startedAt: null, isFanOut: true, items: { ...none, total: 0 } }, "- n  skipped, 0 of 0"],
    [{ state: "cancelled" }, "■ n  cancelled 1.5 s"],
  ])("%j", (fields, line) => {
    expect(nodeLine(node(fields), 4000, plain)).toBe(line);
  });

  test("names stand in a column", () => {
    expect(nodeLines([node({ id: "a" }), node({ id: "long" })], 0, plain)).toEqual(["✓ a     completed 1.5 s", "✓ long  completed 1.5 s"]);
  });
});

describe("the summary of a run", () => {
  const outcome: CompositionOutcome = {
    compositionId: "c1",
    name: "flow",
    runId: "run_1",
    status: "completed",
    startedAt: 0,
    endedAt: 61_000,
    nodes: [node({ id: "parse", isFanOut: true }), node({ id: "report" })],
    outputs: {},
    results: { parse: ["x"], report: { path: "/r.html" } },
    failures: {},
  };
  const failure = (index: number) => ({
    index,
    item: { relativePath: `d${index}.md` },
    error: { code: "CJM_INPUT_INVALID", message: `bad ${index}`, category: "user_input" as const },
  });
  const step = (nodeId: string, ms: number, share: number) => ({ nodeId, ms, share });
  const path = { lengthMs: 61_000, steps: [step("parse", 60_000, 60 / 61), step("report", 1000, 1 / 61)] };
  const text = (changes: Partial<CompositionOutcome> = {}): string =>
    summaryLines({ outcome: { ...outcome, ...changes }, lastNodes: ["report"], path }, plain).join("\n");

  test("status, time, last results, run and what to type next", () => {
    expect(text()).toBe(
      'flow completed in 1 min 1 s\ncritical path parse 1 min 0 s (98 %) -> report 1.0 s (2 %)\n\nreport\n  {\n    "path": "/r.html"\n  }\n\nrun  run_1\nnext cjm-ctl logs --run run_1',
    );
  });

  test("of a long critical path the steps that took longest; of a single node none", () => {
    const steps = Array.from({ length: 12 }, (_, index) => step(`n${index}`, index % 3 === 0 ? 10 : 1000, index % 3 === 0 ? 0.001 : 0.1));
    const [, line] = summaryLines({ outcome, lastNodes: [], path: { lengthMs: 8040, steps } }, plain);
    expect(line).toBe(
      "critical path … -> n1 1.0 s (10 %) -> n2 1.0 s (10 %) -> … -> n4 1.0 s (10 %) -> n5 1.0 s (10 %) -> … -> n7 1.0 s (10 %) -> n8 1.0 s (10 %) -> …",
    );
    expect(text({ nodes: [node({ id: "report" })] })).not.toContain("critical path");
  });

  test("outputs in place of last results", () => {
    expect(text({ outputs: { page: "/out.html" } })).toContain("\n\npage\n  /out.html\n\nrun ");
  });

  test("failures with the item they are about; of many the first ten", () => {
    expect(text({ failures: { parse: [failure(3)] } })).toContain("1 failure\n  parse[3] d3.md  bad 3\n");
    const many = text({ failures: { parse: Array.from({ length: 25 }, (_, index) => failure(index)) } });
    expect(many).toContain("25 failures");
    expect(many).toContain("parse[9]");
    expect(many).not.toContain("parse[10]");
    expect(many).toContain("and 15 more: cjm-ctl logs --run run_1 --limit 0");
  });

  test("a long result is not poured out", () => {
    expect(text({ results: { report: "x".repeat(5000) } })).toContain("report gave 5000 characters; --json prints them");
  });
});

describe("what a composition needs and gives", () => {
  const composition = validateComposition({
    name: "flow",
    nodes: {
      find: { capability: "docs", action: "find" },
      parse: { capability: "docs", action: "parse", for_each: `\${nodes.find.list}`, max_concurrent: 4, args: { path: `\${item}` } },
      second: { capability: "docs", instance: "docs-2", action: "parse", after: ["find"] },
      report: { capability: "graph", action: "report", args: { all: `\${nodes.parse}` } },
    },
  });

  test("each instance once, as concurrent as its greediest node", () => {
    expect(neededCapabilities(composition)).toEqual([
      { name: "docs", instanceId: "docs", maxConcurrentCalls: 4 },
      { name: "docs", instanceId: "docs-2", maxConcurrentCalls: 1 },
      { name: "graph", instanceId: "graph", maxConcurrentCalls: 1 },
    ]);
  });

  test("its last nodes are those that nobody waits for", () => {
    expect(lastNodes(composition)).toEqual(["second", "report"]);
  });
});
