import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CjmError, type CompositionFault, CompositionSchema, planComposition, validateComposition } from "../../src/index.ts";

const $ = (path: string): string => `\${${path}}`;
const node = (rest: Record<string, unknown> = {}) => ({ capability: "c", ...rest });

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

const nodes = (all: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({ name: "n", nodes: all, ...rest });

describe("what is accepted", () => {
  test("the form of the main job, with every default filled in", () => {
    const composition = validateComposition({
      name: "document-graph",
      inputs: { folder: { type: "path", description: "Where to look." }, limit: { type: "integer", default: 3 } },
      fail_fast: false,
      nodes: {
        find: { capability: "docs", action: "find", args: { folder: $("inputs.folder") } },
        parse: {
          capability: "docs",
          action: "parse",
          for_each: $("nodes.find.documents"),
          max_concurrent: 4,
          on_item_error: "collect",
          args: { path: $("item.path") },
        },
        add: {
          capability: "graph",
          instance: "graph-1",
          task: "graph",
          method: "add",
          for_each: $("nodes.parse"),
          args: { document: $("item"), analysis: $("matching.parse") },
          timeout_ms: 1000,
          retry: { max_attempts: 3 },
          priority: -1,
          control: { force: true },
        },
        build: { capability: "graph", action: "report", args: { failures: $("failures.parse"), id: $("run.id") }, after: "add" },
      },
    });
    expect(composition).toMatchObject({ name: "document-graph", failFast: false, priority: 0, description: null });
    expect(composition.inputs).toEqual({
      folder: { type: "path", description: "Where to look.", required: true, default: undefined },
      limit: { type: "integer", description: null, required: false, default: 3 },
    });
    expect(composition.nodes.map(({ id }) => id)).toEqual(["find", "parse", "add", "build"]);
    expect(composition.nodes[0]).toEqual({
      kind: "call",
      id: "find",
      capability: "docs",
      instanceId: "docs",
      description: null,
      call: { channel: "execute", action: "find" },
      args: { folder: $("inputs.folder") },
      forEach: null,
      maxConcurrent: null,
      onItemError: "fail",
      timeoutMs: null,
      startTimeoutMs: null,
      retry: null,
      onInterruption: null,
      cache: null,
      priority: null,
      after: [],
      when: null,
      afterSkipped: "skip",
      control: null,
    });
    expect(composition.nodes[2]).toMatchObject({
      instanceId: "graph-1",
      call: { channel: "task", task: "graph", method: "add" },
      timeoutMs: 1000,
      retry: { maxAttempts: 3, initialDelayMs: 500, maxDelayMs: 30_000 },
      priority: -1,
    });
    const plan = planComposition(composition).nodes.map(({ wholeDependencies, itemDependencies, source }) => [
      wholeDependencies,
      itemDependencies,
      source,
    ]);
    expect(plan).toEqual([
      [[], [], null],
      [["find"], [], null],
      [[], ["parse"], "parse"],
      [["add", "parse"], [], null],
    ]);
  });

  test("nodes in a list, and no nodes at all", () => {
    expect(
      validateComposition({
        name: "n",
        nodes: [
          { id: "b", capability: "c" },
          { id: "a", capability: "c" },
        ],
      }).nodes.map(({ id }) => id),
    ).toEqual(["b", "a"]);
    expect(validateComposition(nodes({})).nodes).toEqual([]);
  });
});

describe("every fault is listed", () => {
  test.each<[string, unknown, string[]]>([
    ["no object", "text", [": must be a map, not a text"]],
    ["nothing in it", {}, ["name: is missing", "nodes: a composition needs nodes: a map from node id to what the node calls"]],
    ["a key slightly wrong", nodes({}, { failfast: true }), ["failfast: unknown key 'failfast'. Did you mean 'fail_fast'?"]],
    [
      "a node's key slightly wrong",
      nodes({ a: node({ forEach: [] }) }),
      ["nodes.a.forEach: unknown key 'forEach'. Did you mean 'for_each'?"],
    ],
    ["no capability", nodes({ a: {} }), ["nodes.a.capability: is missing"]],
    [
      "a bad node id",
      nodes({ "2nd": node() }),
      ["nodes.2nd: '2nd' is no node id: a name is a letter or '_' followed by letters, digits, '_' and '-'"],
    ],
    ["a list node without id", { name: "n", nodes: [node()] }, ["nodes.0: a node in a list needs an 'id'"]],
    [
      "duplicate ids",
      {
        name: "n",
        nodes: [
          { id: "a", ...node() },
          { id: "a", ...node() },
        ],
      },
      ["nodes: the node id 'a' stands more than once; ids are unique"],
    ],
    [
      "task without method",
      nodes({ a: node({ task: "t" }) }),
      ["nodes.a.task: 'task' and 'method' stand together: name both, or name an 'action'"],
    ],
    [
      "action and task",
      nodes({ a: node({ task: "t", method: "m", action: "x" }) }),
      ["nodes.a.action: a node calls an action or a method of a task, not both"],
    ],
    [
      "action twice",
      nodes({ a: node({ action: "x", args: { action: "y" } }) }),
      ["nodes.a.args: the argument 'action' is taken by the node's own 'action'"],
    ],
    [
      "fan-out keys without for_each",
      nodes({ a: node({ max_concurrent: 2, on_item_error: "collect" }) }),
      ["nodes.a.max_concurrent: means something only beside 'for_each'", "nodes.a.on_item_error: means something only beside 'for_each'"],
    ],
    [
      "an unknown node",
      nodes({ find: node(), b: node({ args: { x: [$("nodes.fnid.y")] } }) }),
      ["nodes.b.args.x.0: ${nodes.fnid.y}: there is no node 'fnid'. Did you mean 'find'?"],
    ],
    ["an unknown node in after", nodes({ a: node({ after: ["b"] }) }), ["nodes.a.after: there is no node 'b'. Did you mean 'a'?"]],
    [
      "an unknown input",
      nodes({ a: node({ args: { x: `in ${$("inputs.foldr")}` } }) }, { inputs: { folder: {} } }),
      ["nodes.a.args.x: ${inputs.foldr}: there is no input 'foldr'. Did you mean 'folder'?"],
    ],
    [
      "an unknown field of the run",
      nodes({ a: node({ args: { x: $("run.name") } }) }),
      ["nodes.a.args.x: ${run.name}: of the run there are run.id, run.actor and run.dir."],
    ],
    [
      "item, index and matching outside a fan-out",
      nodes({ f: node({ for_each: [1] }), a: node({ args: { x: $("item"), y: $("index"), z: $("matching.f") } }) }),
      [
        "nodes.a.args.x: ${item}: 'item' means something only in the args of a node with 'for_each'.",
        "nodes.a.args.y: ${index}: 'index' means something only in the args of a node with 'for_each'.",
        "nodes.a.args.z: ${matching.f}: 'matching' means something only in the args of a node with 'for_each'.",
      ],
    ],
    [
      "item in for_each itself",
      nodes({ a: node({ for_each: $("item.x") }) }),
      ["nodes.a.for_each: ${item.x}: 'item' means something only in the args of a node with 'for_each'."],
    ],
    [
      "matching and failures of what is no fan-out",
      nodes({ one: node(), a: node({ for_each: [1], args: { x: $("matching.one"), y: $("failures.one") } }) }),
      [
        "nodes.a.args.x: ${matching.one}: 'one' is no fan-out, so it has no matching item; use ${nodes.one}.",
        "nodes.a.args.y: ${failures.one}: 'one' is no fan-out; only a node with 'for_each' lists failures.",
      ],
    ],
    [
      "a field of a fan-out's list",
      nodes({ f: node({ for_each: [1] }), a: node({ args: { x: $("nodes.f.text"), ok: $("nodes.f[0].text") } }) }),
      [
        "nodes.a.args.x: ${nodes.f.text}: 'f' is a fan-out, so its value is a list; take an item of it with [0], or use 'for_each' and ${item.text}.",
      ],
    ],
    [
      "for_each over text",
      nodes({ a: node({ for_each: "docs" }) }),
      ["nodes.a.for_each: expected one reference alone, such as ${nodes.find.documents}, or a list"],
    ],
    [
      "for_each over an input that is no list",
      nodes({ a: node({ for_each: $("inputs.x") }) }, { inputs: { x: { type: "string" } } }),
      ["nodes.a.for_each: ${inputs.x}: the input 'x' is a string; give it 'type: list'"],
    ],
    [
      "a default of another type",
      nodes({}, { inputs: { x: { type: "integer", default: "3" } } }),
      ['inputs.x.default: expected a whole number, got "3"'],
    ],
    [
      "a bad input name",
      nodes({}, { inputs: { "a b": {} } }),
      ["inputs.a b: a name is a letter or '_' followed by letters, digits, '_' and '-'"],
    ],
    [
      "a broken reference",
      nodes({ a: node({ args: { x: "${nodes.a" } }) }),
      ["nodes.a.args.x: expected '.', '[' or '}', found the end of the text (character 10 of '${nodes.a')"],
    ],
    [
      "a cycle of two",
      nodes({ a: node({ after: ["b"] }), b: node({ args: { x: $("nodes.a") } }) }),
      ["nodes: these nodes wait for each other: a -> b -> a"],
    ],
    ["a self reference", nodes({ a: node({ args: { x: $("nodes.a.x") } }) }), ["nodes: these nodes wait for each other: a -> a"]],
  ])("%s", (_, document, faults) => {
    expect(faultsOf(document)).toEqual(faults);
  });

  test("faults of all kinds at once, also beside a node of the wrong shape", () => {
    const faults = faultsOf(
      nodes({
        bad: { action: 3 },
        a: node({ args: { x: $("nodes.bad"), y: $("nodes.nothing") } }),
        b: node({ after: ["c"] }),
        c: node({ after: ["b"] }),
      }),
      ["documents"],
    );
    expect(faults.map((fault) => fault.split(":")[0])).toEqual([
      "nodes.bad.capability",
      "nodes.bad.action",
      "nodes.a.capability",
      "nodes.a.args.y",
      "nodes.b.capability",
      "nodes.c.capability",
      "nodes",
    ]);
  });

  test("an unknown capability names the nearest", () => {
    expect(faultsOf(nodes({ a: { capability: "cjm-capability-document" } }), ["cjm-capability-documents", "other"])).toEqual([
      "nodes.a.capability: no capability 'cjm-capability-document' is known. Did you mean 'cjm-capability-documents'?",
    ]);
  });

  test("as a zod schema each fault is an issue at its field", () => {
    const parsed = CompositionSchema.safeParse(nodes({ a: node({ after: ["x1", "x2"] }) }));
    expect(parsed.error?.issues.map(({ path, message }) => [path, message])).toEqual([
      [["nodes", "a", "after"], "there is no node 'x1'."],
      [["nodes", "a", "after"], "there is no node 'x2'."],
    ]);
    expect(CompositionSchema.parse(nodes({ a: node() })).nodes).toHaveLength(1);
  });

  test("a cycle is reported exactly when there is one, as a path that exists", () => {
    const graph = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(graph, (edges) => {
        const after = (index: number): string[] => (edges[index] ?? []).map((target) => `n${target % edges.length}`);
        const cycles = faultsOf(nodes(Object.fromEntries(edges.map((_, index) => [`n${index}`, node({ after: after(index) })]))));
        expect(cycles.length > 0).toBe(hasCycle(edges.map((_, index) => after(index).map((id) => Number(id.slice(1))))));
        for (const fault of cycles) {
          const path = fault.split(": ")[2]?.split(" -> ") ?? [];
          expect(path.length).toBeGreaterThan(1);
          expect(path[0]).toBe(path.at(-1));
          for (let step = 1; step < path.length; step++) expect(after(Number(path[step]?.slice(1)))).toContain(path[step - 1]);
        }
      }),
    );
  });
});

/** By taking away what waits for nothing, until nothing is left or nothing can be taken. */
function hasCycle(edges: readonly (readonly number[])[]): boolean {
  const left = new Set(edges.keys());
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const index of left) if ((edges[index] ?? []).every((target) => !left.has(target))) left.delete(index);
  }
  return left.size > 0;
}
