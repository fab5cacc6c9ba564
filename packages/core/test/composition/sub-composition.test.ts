import { describe, expect, test } from "vitest";
import { type CjmError, type CompositionFault, callsOf, planComposition, validateComposition } from "../../src/index.ts";

const $ = (path: string): string => `\${${path}}`;
const node = (rest: Record<string, unknown> = {}) => ({ capability: "c", ...rest });
const scan = (rest: Record<string, unknown> = {}) => ({
  name: "scan",
  inputs: { path: { type: "path" }, dpi: { type: "integer", default: 300 } },
  outputs: { text: $("nodes.read.text") },
  nodes: { render: node({ args: { path: $("inputs.path") } }), read: node({ args: { pages: $("nodes.render.pages") } }) },
  ...rest,
});
const outer = (nodes: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({ name: "outer", nodes, ...rest });

function faultsOf(document: unknown, knownCapabilities?: readonly string[]): string[] {
  try {
    validateComposition(document, knownCapabilities === undefined ? {} : { knownCapabilities });
    return [];
  } catch (error) {
    const { code, details } = error as CjmError;
    expect(code).toBe("CJM_COMPOSITION_INVALID");
    return (details["faults"] as CompositionFault[]).map(({ field, message }) => `${field.join(".")}: ${message}`);
  }
}

describe("in a plan", () => {
  test("the nodes of a composition inside stand behind it, named after it, and wait for their own", () => {
    const plan = planComposition(
      validateComposition(
        outer(
          {
            find: node(),
            scan: { composition: scan(), inputs: { path: $("nodes.find.path") }, priority: 7, when: $("inputs.deep") },
            sum: node({ args: { text: $("nodes.scan.text") } }),
          },
          { inputs: { deep: { type: "boolean", default: true } } },
        ),
      ),
    );
    expect(
      plan.nodes.map(({ node: { id }, parent, wholeDependencies, itemDependencies, isFanOut, priority }) => [
        id,
        parent,
        wholeDependencies,
        itemDependencies,
        isFanOut,
        priority,
      ]),
    ).toEqual([
      ["find", null, [], [], false, 0],
      ["scan", null, ["find"], [], false, 7],
      ["scan/render", "scan", [], [], false, 7],
      ["scan/read", "scan", ["scan/render"], [], false, 7],
      ["sum", null, ["scan"], [], false, 0],
    ]);
    expect(callsOf(plan).map(({ id }) => id)).toEqual(["find", "scan/render", "scan/read", "sum"]);
  });

  test("inside a fan-out everything goes item by item, at any depth", () => {
    const document = outer({
      find: node(),
      each: {
        composition: {
          name: "deep",
          inputs: { p: {} },
          nodes: { in: { composition: scan(), inputs: { path: $("inputs.p") } }, last: node({ after: "in" }) },
        },
        inputs: { p: $("item") },
        for_each: $("nodes.find.paths"),
      },
    });
    const plan = planComposition(validateComposition(document));
    expect(
      plan.nodes.map(({ node: { id }, wholeDependencies, itemDependencies, followsParent }) => [
        id,
        wholeDependencies,
        itemDependencies,
        followsParent,
      ]),
    ).toEqual([
      ["find", [], [], false],
      ["each", ["find"], [], false],
      ["each/in", [], [], true],
      ["each/in/render", [], [], true],
      ["each/in/read", [], ["each/in/render"], true],
      ["each/last", [], ["each/in"], true],
    ]);
  });

  test.each([
    ["its own priority", { priority: 4 }, {}, 4],
    ["the node's priority goes before the composition's", { priority: 4 }, { priority: 9 }, 9],
    ["none, so that of the outermost", {}, {}, 2],
  ])("jobs inside have %s", (_, inner, rest, priority) => {
    const document = outer({ scan: { composition: scan(inner), inputs: { path: "x" }, ...rest } }, { priority: 2 });
    expect(planComposition(validateComposition(document)).nodes.at(-1)?.priority).toBe(priority);
  });
});

describe("every fault is listed", () => {
  test.each<[string, unknown, string[]]>([
    [
      "inside, at its place",
      outer({ a: { composition: scan({ nodes: { read: node({ args: { x: $("nodes.raed") } }), render: {} } }), inputs: { path: "x" } } }),
      [
        "nodes.a.composition.nodes.render.capability: is missing",
        "nodes.a.composition.nodes.read.args.x: ${nodes.raed}: there is no node 'raed'. Did you mean 'read'?",
      ],
    ],
    [
      "inputs that do not fit",
      outer({ a: { composition: scan(), inputs: { pth: "x", dpi: "many" } } }),
      [
        "nodes.a.inputs.pth: the composition 'scan' has no input 'pth'. Did you mean 'path'?",
        "nodes.a.inputs.path: the composition 'scan' requires it",
        'nodes.a.inputs.dpi: expected a whole number, got "many"',
      ],
    ],
    [
      "an output that is not there",
      outer({ a: { composition: scan(), inputs: { path: "x" } }, b: node({ args: { t: $("nodes.a.txt"), all: $("nodes.a") } }) }),
      ["nodes.b.args.t: ${nodes.a.txt}: the composition 'scan' has no output 'txt'. Did you mean 'text'?"],
    ],
    [
      "an output of one that has none",
      outer({ a: { composition: { name: "quiet", nodes: {} } }, b: node({ args: { t: $("nodes.a.text") } }) }),
      ["nodes.b.args.t: ${nodes.a.text}: the composition 'quiet' gives nothing back; list what it gives under its 'outputs'."],
    ],
    [
      "an output of one that is a fan-out",
      outer({
        a: { composition: scan(), inputs: { path: $("item") }, for_each: ["x"] },
        b: node({ for_each: [1], args: { first: $("nodes.a[0].txt"), mine: $("matching.a.txet"), ok: $("matching.a.text") } }),
      }),
      [
        "nodes.b.args.first: ${nodes.a[0].txt}: the composition 'scan' has no output 'txt'. Did you mean 'text'?",
        "nodes.b.args.mine: ${matching.a.txet}: the composition 'scan' has no output 'txet'. Did you mean 'text'?",
      ],
    ],
    [
      "a fan-out inside a fan-out, with the way out",
      outer({
        a: {
          composition: {
            name: "all",
            inputs: { l: { type: "list" } },
            nodes: { in: { composition: { name: "deep", nodes: { each: node({ for_each: [1] }) } } } },
          },
          inputs: { l: $("item") },
          for_each: [[1]],
        },
      }),
      [
        "nodes.a.for_each: 'in/each' inside 'all' is a fan-out too, and a fan-out inside a fan-out is not supported. Give the composition the whole list and let 'in/each' go over it, or have one node make one flat list of what both go over.",
      ],
    ],
    [
      "keys that belong to calls",
      outer({
        a: { composition: { name: "s", nodes: {} }, capability: "c", action: "x", args: {}, retry: { max_attempts: 2 }, cache: "off" },
      }),
      [
        "nodes.a.capability: a node calls a capability or runs a composition, not both",
        "nodes.a.action: means something only for a capability; give it to the nodes of the composition",
        "nodes.a.args: a composition takes 'inputs'",
        "nodes.a.retry: means something only for a capability; give it to the nodes of the composition",
        "nodes.a.cache: means something only for a capability; give it to the nodes of the composition",
      ],
    ],
    [
      "inputs of a capability",
      outer({ a: node({ inputs: {} }) }),
      ["nodes.a.inputs: means something only beside 'composition'; a capability takes 'args'"],
    ],
    [
      "a file that nobody has read",
      outer({ a: { composition: "parts/scan.yaml" } }),
      [
        "nodes.a.composition: 'parts/scan.yaml' is a file, which is found only from a file: read this one with readComposition(), or put the composition itself here",
      ],
    ],
    ["neither", outer({ a: { composition: 3 } }), ["nodes.a.composition: expected the path of a file, or a composition"]],
    [
      "what surrounds it does not count inside it",
      outer(
        {
          a: node(),
          b: {
            composition: { name: "s", nodes: { c: node({ args: { x: $("nodes.a"), y: $("inputs.top"), z: $("item") } }) } },
            for_each: [1],
          },
        },
        { inputs: { top: {} } },
      ),
      [
        "nodes.b.composition.nodes.c.args.x: ${nodes.a}: there is no node 'a'. Did you mean 'c'?",
        "nodes.b.composition.nodes.c.args.y: ${inputs.top}: there is no input 'top'.",
        "nodes.b.composition.nodes.c.args.z: ${item}: 'item' means something only in the args of a node with 'for_each'.",
      ],
    ],
    [
      "outputs",
      outer(
        { a: node({ for_each: [1] }) },
        { outputs: { ok: $("nodes.a"), "not ok": 1, gone: $("nodes.b"), each: [$("item"), $("matching.a")], text: $("nodes.a.text") } },
      ),
      [
        "outputs.not ok: a name is a letter or '_' followed by letters, digits, '_' and '-'",
        "outputs.gone: ${nodes.b}: there is no node 'b'. Did you mean 'a'?",
        "outputs.each.0: ${item}: 'item' means something only inside a fan-out.",
        "outputs.each.1: ${matching.a}: 'matching' means something only inside a fan-out.",
        "outputs.text: ${nodes.a.text}: 'a' is a fan-out, so its value is a list; take an item of it with [0], or use 'for_each' and ${item.text}.",
      ],
    ],
    [
      "conditions",
      outer({
        a: node({ when: { ref: $("nodes.b.ok"), equal: 1 } }),
        c: node({ when: { all: [$("item.x"), "text"] } }),
        d: node({ after_skipped: "always" }),
      }),
      [
        "nodes.d.after_skipped: must be one of skip, run",
        "nodes.a.when.equal: unknown key 'equal'. Did you mean 'equals'?",
        "nodes.a.when: needs one of equals, not_equals, in, greater_than, less_than, exists; a reference alone is written without 'ref'",
        "nodes.c.when.all.1: expected one reference alone, such as ${inputs.draw}",
        "nodes.a.when.ref: ${nodes.b.ok}: there is no node 'b'. Did you mean 'a'?",
        "nodes.c.when.all.0: ${item.x}: 'item' means something only in the args of a node with 'for_each'.",
      ],
    ],
    ["a condition on oneself", outer({ a: node({ when: $("nodes.a.ok") }) }), ["nodes: these nodes wait for each other: a -> a"]],
    [
      "the same flag twice",
      outer({ a: node({ cache: "off", control: { cache: "use" } }) }),
      ["nodes.a.control: 'cache' stands here and beside it; say it once"],
    ],
  ])("%s", (_, document, faults) => {
    expect(faultsOf(document)).toEqual(faults);
  });

  test("unknown capabilities inside too", () => {
    expect(faultsOf(outer({ a: { composition: scan(), inputs: { path: "x" } } }), ["d"])).toEqual([
      "nodes.a.composition.nodes.render.capability: no capability 'c' is known. Did you mean 'd'?",
      "nodes.a.composition.nodes.read.capability: no capability 'c' is known. Did you mean 'd'?",
    ]);
  });

  test("a composition that runs itself is refused with the way it does", () => {
    const [a, b] = [outer({}) as Record<string, unknown>, { name: "part", nodes: {} } as Record<string, unknown>];
    a["nodes"] = { one: { composition: b } };
    b["nodes"] = { two: { composition: a } };
    expect(faultsOf(a)).toEqual(["nodes.one.composition.nodes.two.composition: a composition must not run itself: outer -> part -> outer"]);
    const args: Record<string, unknown> = {};
    args["self"] = args;
    expect(faultsOf(outer({ a: node({ args }) }))).toEqual(["nodes.a.args.self: contains itself"]);
  });

  test("nesting without end, and a small document that stands for a huge plan", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect(faultsOf(outer({ a: node({ args: { deep } }) }))).toEqual(["nodes.a.args.deep.0.0: is nested deeper than 200 levels"]);
    let twice: Record<string, unknown> = { name: "leaf", nodes: { a: node(), b: node() } };
    for (let level = 0; level < 30; level++) {
      twice = { name: `level${level}`, nodes: { a: { composition: twice }, b: { composition: twice } } };
    }
    const message = "nodes: with the compositions inside it there are more than 1,000,000 nodes; use a fan-out for what is done many times";
    expect(faultsOf(twice)).toEqual([message]);
    expect(faultsOf(outer({ each: { composition: twice, for_each: [1] } }))).toEqual([message]);
  });
});
