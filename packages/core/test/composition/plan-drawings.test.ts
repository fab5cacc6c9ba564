import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CompositionPlan,
  criticalPath,
  type NodeState,
  type ObservedNode,
  type ObservedRun,
  planComposition,
  planWaves,
  toDot,
  toMermaid,
  validateComposition,
} from "../../src/index.ts";

const $ = (path: string): string => `\${${path}}`;
const planOf = (nodes: Record<string, unknown>, rest: Record<string, unknown> = {}): CompositionPlan =>
  planComposition(validateComposition({ name: "flow", nodes, ...rest }));
const node = (rest: Record<string, unknown> = {}) => ({ capability: "c", ...rest });
const one = { total: 1, completed: 1, failed: 0, skipped: 0, cancelled: 0 };
const ran = (id: string, startedAt: number | null, endedAt: number | null, state: NodeState = "completed", items = {}): ObservedNode => ({
  id,
  state,
  startedAt,
  endedAt,
  items: { ...one, ...items },
});

const report = planOf(
  {
    find: { capability: "docs", action: "find" },
    parse: { capability: "docs", action: "parse", for_each: $("nodes.find.documents") },
    count: { capability: "text", task: "text", method: "count", for_each: $("nodes.parse") },
    draw: { capability: "charts", when: { not: $("inputs.quick") }, args: { x: $("nodes.count") } },
    scan: { composition: { name: "scanning", nodes: { read: node(), sum: node({ args: { x: $("nodes.read") } }) } }, after: "find" },
    print: { capability: "report", instance: "report-2", after: ["scan", "draw"], after_skipped: "run" },
  },
  { name: 'Say "hi"', inputs: { quick: { type: "boolean" } } },
);

const run: ObservedRun = {
  startedAt: 1000,
  nodes: [
    ran("find", 1000, 1100),
    ran("parse", 1100, 3000, "completed", { total: 3, completed: 2, failed: 1 }),
    ran("count", 1500, 3400, "completed", { total: 3, completed: 2, skipped: 1 }),
    ran("draw", null, 3400, "skipped", { total: null, completed: 0 }),
    ran("scan", 1100, 2000),
    ran("scan/read", 1100, 1500),
    ran("scan/sum", 1500, 2000),
    ran("print", 3400, 5000, "failed", { completed: 0, failed: 1 }),
  ],
};

test("Mermaid of a plan", () => {
  expect(toMermaid(report)).toBe(`---
title: "Say \\"hi\\""
---
flowchart TD
  n0["find<br/>docs: find"]
  n1[["parse<br/>docs: parse<br/>for each of #36;#123;nodes.find.documents#125;"]]
  n2[["count<br/>text: text.count<br/>for each of parse"]]
  n3{{"draw<br/>charts<br/>when not #36;#123;inputs.quick#125;"}}
  subgraph n4["scan<br/>scanning"]
    n5["read<br/>c"]
    n6["sum<br/>c"]
  end
  n7["print<br/>report-2"]
  n0 --> n1
  n1 -. each .-> n2
  n2 --> n3
  n0 --> n4
  n5 --> n6
  n4 --> n7
  n3 --> n7
`);
});

test("Mermaid of a run", () => {
  const [, ...lines] = toMermaid(report, run).split("flowchart TD\n");
  expect(lines.join("")).toBe(`  n0["find<br/>docs: find<br/>completed, 100 ms"]
  n1[["parse<br/>docs: parse<br/>for each of #36;#123;nodes.find.documents#125;<br/>completed, 2 of 3, 1 failed, 1.9 s"]]
  n2[["count<br/>text: text.count<br/>for each of parse<br/>completed, 2 of 3, 1 skipped, 1.9 s"]]
  n3{{"draw<br/>charts<br/>when not #36;#123;inputs.quick#125;<br/>skipped"}}
  subgraph n4["scan<br/>scanning<br/>completed, 900 ms"]
    n5["read<br/>c<br/>completed, 400 ms"]
    n6["sum<br/>c<br/>completed, 500 ms"]
  end
  n7["print<br/>report-2<br/>failed, 1.6 s"]
  n0 --> n1
  n1 -. each .-> n2
  n2 --> n3
  n0 --> n4
  n5 --> n6
  n4 --> n7
  n3 --> n7
  classDef completed fill:#dcf2dd,stroke:#2e7d32
  class n0,n1,n2,n4,n5,n6 completed
  classDef failed fill:#fbdcdc,stroke:#c62828
  class n7 failed
  classDef skipped fill:#eeeeee,stroke:#9e9e9e,stroke-dasharray:4 3
  class n3 skipped
  classDef critical stroke:#c2185b,stroke-width:3px
  class n0,n1,n2,n7 critical
  linkStyle 0,1 stroke:#c2185b,stroke-width:3px
`);
});

test("DOT of a run", () => {
  expect(toDot(report, run)).toBe(String.raw`digraph "Say \"hi\"" {
  label="Say \"hi\""; labelloc=t; compound=true;
  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];
  edge [fontname="sans-serif"];
  n0 [label="find\ndocs: find\ncompleted, 100 ms", shape="box", fillcolor="#dcf2dd", color="#c2185b", penwidth="3"];
  n1 [label="parse\ndocs: parse\nfor each of ${"$"}{nodes.find.documents}\ncompleted, 2 of 3, 1 failed, 1.9 s", shape="box3d", fillcolor="#dcf2dd", color="#c2185b", penwidth="3"];
  n2 [label="count\ntext: text.count\nfor each of parse\ncompleted, 2 of 3, 1 skipped, 1.9 s", shape="box3d", fillcolor="#dcf2dd", color="#c2185b", penwidth="3"];
  n3 [label="draw\ncharts\nwhen not ${"$"}{inputs.quick}\nskipped", shape="hexagon", fillcolor="#eeeeee", color="#9e9e9e", style="rounded,filled,dashed"];
  subgraph cluster_n4 {
    style="rounded,filled"; fillcolor="#dcf2dd"; color="#2e7d32";
    n4 [label="scan\nscanning\ncompleted, 900 ms", shape="plaintext", style=""];
    n5 [label="read\nc\ncompleted, 400 ms", shape="box", fillcolor="#dcf2dd", color="#2e7d32"];
    n6 [label="sum\nc\ncompleted, 500 ms", shape="box", fillcolor="#dcf2dd", color="#2e7d32"];
  }
  n7 [label="print\nreport-2\nfailed, 1.6 s", shape="box", fillcolor="#fbdcdc", color="#c2185b", penwidth="3"];
  n0 -> n1 [color="#c2185b", penwidth="3"];
  n1 -> n2 [style="dashed", label="each", color="#c2185b", penwidth="3"];
  n2 -> n3;
  n0 -> n4 [lhead="cluster_n4"];
  n5 -> n6;
  n4 -> n7 [ltail="cluster_n4"];
  n3 -> n7;
}
`);
});

test("text from outside cannot break out of its label", () => {
  const plan = planOf(
    { a: { capability: 'x"]; end\\', when: { ref: $("inputs.q"), equals: '</b>\n"|#' } } },
    { name: "a\nb", inputs: { q: {} } },
  );
  expect(toMermaid(plan)).toBe(`---
title: "a\\nb"
---
flowchart TD
  n0{{"a<br/>x#34;#93;#59; end#92;<br/>when #36;#123;inputs.q#125; = #34;#60;/b#62;#92;n#92;#34;#124;#35;#34;"}}
`);
  expect(toDot(plan)).toContain(String.raw`n0 [label="a\nx\"]; end\\\nwhen ${"$"}{inputs.q} = \"</b>\\n\\\"|#\"", shape="hexagon"];`);
});

describe("waves", () => {
  test.each<[string, CompositionPlan, string[][]]>([
    ["everything at once", planOf({ a: node(), b: node() }), [["a", "b"]]],
    [
      "a diamond",
      planOf({ d: node({ after: ["b", "c"] }), b: node({ after: "a" }), a: node(), c: node({ after: "a" }) }),
      [["a"], ["b", "c"], ["d"]],
    ],
    ["behind the longest way", planOf({ a: node(), b: node({ after: "a" }), c: node({ after: ["a", "b"] }) }), [["a"], ["b"], ["c"]]],
    [
      "a composition inside counts its parts",
      report,
      [["find"], ["parse", "scan", "scan/read"], ["count", "scan/sum"], ["draw"], ["print"]],
    ],
    [
      "what waits for one, waits for its last part",
      planOf({
        s: { composition: { name: "s", nodes: { x: node(), y: node({ after: "x" }), z: node({ after: "y" }) } } },
        t: node({ after: "s" }),
      }),
      [["s", "s/x"], ["s/y"], ["s/z"], ["t"]],
    ],
  ])("%s", (_, plan, waves) => {
    expect(planWaves(plan)).toEqual(waves);
  });
});

describe("the critical path", () => {
  const diamond = planOf({ a: node(), b: node({ after: "a" }), c: node({ after: "a" }), d: node({ after: ["b", "c"] }) });
  const path = (plan: CompositionPlan, nodes: readonly ObservedNode[], startedAt = 0): string[] => {
    const { lengthMs, steps } = criticalPath(plan, { startedAt, nodes });
    return [String(lengthMs), ...steps.map(({ nodeId, ms }) => `${nodeId} ${ms}`)];
  };

  test.each<[string, string[], string[]]>([
    [
      "the slower side",
      path(diamond, [ran("a", 0, 10), ran("b", 10, 90), ran("c", 10, 30), ran("d", 90, 100)]),
      ["100", "a 10", "b 80", "d 10"],
    ],
    [
      "waiting for a place counts",
      path(diamond, [ran("a", 0, 10), ran("b", 10, 20), ran("c", 20, 30), ran("d", 70, 100)]),
      ["100", "a 10", "c 20", "d 70"],
    ],
    [
      "what never ran is left out",
      path(diamond, [ran("a", 0, 10), ran("b", 10, 20, "failed"), ran("c", null, 20, "cancelled"), ran("d", null, 20, "skipped")]),
      ["20", "a 10", "b 10"],
    ],
    ["through what was skipped", path(report, run.nodes, 1000), ["4000", "find 100", "parse 1900", "count 400", "print 1600"]],
    ["nothing ran", path(diamond, [ran("a", null, 5, "cancelled")]), ["0"]],
    ["nothing is known", path(diamond, []), ["0"]],
    [
      "inside compositions",
      path(
        report,
        [
          ran("find", 1000, 1100),
          ran("scan", 1100, 9000),
          ran("scan/read", 1100, 5000),
          ran("scan/sum", 5000, 9000),
          ran("print", 9000, 9500),
        ],
        1000,
      ),
      ["8500", "find 100", "scan/read 3900", "scan/sum 4000", "print 500"],
    ],
  ])("%s", (_, steps, expected) => {
    expect(steps).toEqual(expected);
  });

  test("its steps make up the run, whatever the graph and however long each node takes", () => {
    const drawn = fc.array(fc.record({ after: fc.array(fc.nat(30), { maxLength: 3 }), ms: fc.nat(1000) }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(drawn, (drawnNodes) => {
        const ends: number[] = [];
        const nodes = drawnNodes.map(({ after, ms }, index) => {
          const before = index === 0 ? [] : after.map((position) => position % index);
          const start = Math.max(0, ...before.map((position) => ends[position] ?? 0));
          ends.push(start + ms);
          return { before, seen: ran(`n${index}`, start, start + ms) };
        });
        const plan = planOf(
          Object.fromEntries(nodes.map(({ before }, index) => [`n${index}`, node({ after: before.map((position) => `n${position}`) })])),
        );
        const { lengthMs, steps } = criticalPath(plan, { startedAt: 0, nodes: nodes.map(({ seen }) => seen) });
        expect(lengthMs).toBe(Math.max(...ends));
        expect(steps.reduce((sum, { ms }) => sum + ms, 0)).toBe(lengthMs);
        if (lengthMs > 0) expect(steps.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
        for (const [index, { nodeId }] of steps.slice(1).entries()) {
          expect(plan.nodes.find((planned) => planned.node.id === nodeId)?.wholeDependencies).toContain(steps[index]?.nodeId);
        }
      }),
    );
  });
});
