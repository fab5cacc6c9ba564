import { describePlan, planComposition, validateComposition } from "@cjm/core";
import pico from "picocolors";
import { describe, expect, test } from "vitest";
import { partialInputs } from "../../src/run/dry-run.ts";
import { planLines } from "../../src/run/plan-lines.ts";
import { drawerFor } from "../../src/run/run-graph.ts";

const $ = (path: string): string => `\${${path}}`;
const composition = validateComposition({
  name: "report",
  description: "Reads and reports.",
  inputs: { files: { type: "list" }, quick: { type: "boolean", default: false }, title: {} },
  fail_fast: false,
  outputs: { page: $("nodes.print.path") },
  nodes: {
    read: {
      capability: "docs",
      action: "read",
      for_each: $("inputs.files"),
      max_concurrent: 4,
      on_item_error: "collect",
      args: { path: $("item") },
    },
    count: {
      capability: "text",
      task: "text",
      method: "count",
      for_each: $("nodes.read"),
      when: { ref: $("item.pages"), greater_than: 1 },
    },
    draw: {
      capability: "charts",
      when: { not: $("inputs.quick") },
      args: { x: $("nodes.count") },
      timeout_ms: 60_000,
      retry: { max_attempts: 3 },
    },
    sort: { composition: { name: "sorting", nodes: { by_name: { capability: "text" } } }, after: ["read"] },
    print: {
      capability: "docs",
      instance: "printer",
      after: ["draw", "sort"],
      after_skipped: "run",
      priority: 5,
      cache: "off",
      start_timeout_ms: 1000,
      on_interruption: "fail",
    },
  },
});

const linesWith = (texts: Record<string, string>): string => {
  const { inputs, missing } = partialInputs(composition, { texts, resolvePath: (path) => path });
  return planLines(describePlan(planComposition(composition), { inputs }), missing, pico.createColors(false)).join("\n");
};

describe("a plan on a terminal", () => {
  test("wave by wave what is called, what is waited for, and under which rules", () => {
    expect(linesWith({ files: "a,b", quick: "yes", title: "T" })).toBe(`report: 6 nodes in 4 waves; a failure stops only what depends on it
Reads and reports.

wave 1
  read  calls docs read
    for each of \${inputs.files}, 2 items, at most 4 at a time; an item that fails is listed and drops out

wave 2
  count  calls text text.count
    each item waits for that of read
    for each of read, 2 items; an item that fails fails the node
    when \${item.pages} > 1 (asked for each item)
  sort  runs the composition sorting
    waits for read
  sort/by_name  calls text

wave 3
  draw  calls charts
    waits for count
    when not \${inputs.quick}, which does not hold: it is skipped
    at most 1 min 0 s a call, up to 3 calls

wave 4
  print  calls docs on printer
    waits for draw, sort
    runs also after what a condition skipped
    starts within 1.0 s, priority 5, cache: off, when interrupted: fail

gives page`);
  });

  test("inputs that are missing are named, and do not stand in the way", () => {
    const text = linesWith({});
    expect(text).toContain("\nit needs --set files=... --set title=...\n");
    expect(text).toContain("for each of ${inputs.files}, at most 4 at a time");
    expect(text).toContain("when not ${inputs.quick}, which holds");
  });

  test("inputs that are wrong or unknown are refused", () => {
    expect(() => linesWith({ quick: "maybe", file: "x" })).toThrow(/'file'[\s\S]*expected true or false/);
  });
});

describe("the language of a graph", () => {
  const plan = planComposition(composition);
  test.each<[string, RegExp]>([
    ["run.mmd", /^---\ntitle: "report"\n---\nflowchart TD\n/],
    ["out/RUN.MERMAID", /^---\ntitle/],
    ["run.md", /^```mermaid\n---\n[\s\S]*\n```\n$/],
    ["run.dot", /^digraph "report" \{/],
    ["run.gv", /^digraph "report" \{/],
  ])("%s", (path, start) => {
    expect(drawerFor(path)(plan, { startedAt: 0, nodes: [] })).toMatch(start);
  });

  test.each(["run.png", "run", ".mmd"])("%s is none", (path) => {
    expect(() => drawerFor(path)).toThrow(`--graph does not know how to draw '${path}'.`);
  });
});
