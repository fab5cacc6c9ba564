import { describe, expect, expectTypeOf, test } from "vitest";
import { call, composition, each, field, firstOf, part, type ReferenceTo, text } from "../../../src/builder.ts";
import { validateComposition } from "../../../src/index.ts";

interface Found {
  readonly documents: readonly { readonly path: string; readonly pages?: number }[];
}
interface Parsed {
  readonly text: string;
  readonly title: string | null;
  readonly "page count": number;
}

/** The form that YAML has, written by hand. */
const written = {
  name: "summaries",
  description: "Reads and counts.",
  fail_fast: false,
  priority: 2,
  inputs: { folder: { type: "path", description: "Where the documents are" }, draw: { type: "boolean", default: true }, title: {} },
  nodes: {
    find: { capability: "docs", action: "find", args: { folder: "${inputs.folder}", names: ["*"], limit: null } },
    parse: {
      capability: "docs",
      instance: "docs-2",
      action: "parse",
      for_each: "${nodes.find.documents}",
      max_concurrent: 4,
      on_item_error: "collect",
      args: { path: "${item.path}", label: "Document ${index} of $${x}", plain: "$${item}" },
      when: { all: ["${item.path}", { not: { ref: "${item.pages}", greater_than: 100, not_equals: 7 } }] },
    },
    analyse: {
      capability: "text",
      task: "text",
      method: "analyse",
      for_each: "${nodes.parse}",
      args: { text: "${item.text}", pages: '${item["page count"]}', find: "${nodes.find}" },
      timeout_ms: 1000,
      start_timeout_ms: 2000,
      retry: { max_attempts: 3, initial_delay_ms: 10 },
      cache: "use",
      on_interruption: "fail",
      control: { force: true },
    },
    add: {
      capability: "graph",
      for_each: "${nodes.parse}",
      args: { document: "${item}", analysis: "${matching.analyse.words[0]}" },
      priority: 9,
    },
    sum: {
      composition: {
        name: "sum",
        inputs: { list: { type: "list" } },
        outputs: { total: "${nodes.add}" },
        nodes: { add: { capability: "math", args: { x: "${inputs.list}" } } },
      },
      inputs: { list: "${nodes.add}" },
    },
    report: {
      capability: "graph",
      action: "report",
      description: "Writes the page.",
      after: ["add", "find"],
      after_skipped: "run",
      when: "${inputs.draw}",
      args: {
        sum: "${nodes.sum.total}",
        failed: "${failures.parse}",
        path: "${run.dir}/report.html",
        title: "${inputs.title ?? nodes.find.documents[0].path}",
      },
    },
  },
  outputs: { total: "${nodes.sum.total}", page: "${nodes.report}" },
};

const sum = composition("sum")
  .inputs({ list: { type: "list" } })
  .node("add", ({ inputs }) => call<number>({ capability: "math", args: { x: inputs.list } }))
  .outputs(({ nodes }) => ({ total: nodes.add }));

const summaries = composition("summaries", { description: "Reads and counts.", failFast: false, priority: 2 })
  .inputs({ folder: { type: "path", description: "Where the documents are" }, draw: { type: "boolean", default: true }, title: {} })
  .node("find", ({ inputs }) =>
    call<Found>({ capability: "docs", action: "find", args: { folder: inputs.folder, names: ["*"], limit: null } }),
  )
  .node("parse", ({ nodes }) =>
    each(
      nodes.find.documents,
      ({ item, index }) =>
        call<Parsed>({
          capability: "docs",
          instance: "docs-2",
          action: "parse",
          args: { path: item.path, label: text`Document ${index} of \${x}`, plain: "${item}" },
          when: { all: [item.path, { not: { ref: item.pages, greaterThan: 100, notEquals: 7 } }] },
        }),
      { maxConcurrent: 4, onItemError: "collect" },
    ),
  )
  .node("analyse", ({ nodes }) =>
    each(nodes.parse, ({ item }) =>
      call<{ words: string[] }>({
        capability: "text",
        task: "text",
        method: "analyse",
        args: { text: item.text, pages: item["page count"], find: nodes.find },
        timeoutMs: 1000,
        startTimeoutMs: 2000,
        retry: { maxAttempts: 3, initialDelayMs: 10 },
        cache: "use",
        onInterruption: "fail",
        control: { force: true },
      }),
    ),
  )
  .node("add", ({ nodes, matching }) =>
    each(nodes.parse, ({ item }) =>
      call({ capability: "graph", args: { document: item, analysis: field(matching.analyse.words, 0) }, priority: 9 }),
    ),
  )
  .node("sum", ({ nodes }) => part(sum.build(), { inputs: { list: nodes.add } }))
  .node("report", ({ inputs, nodes, failures, run }) =>
    call({
      capability: "graph",
      action: "report",
      description: "Writes the page.",
      after: [nodes.add, nodes.find.documents],
      afterSkipped: "run",
      when: inputs.draw,
      args: {
        sum: nodes.sum.total,
        failed: failures.parse,
        path: text`${run.dir}/report.html`,
        title: firstOf(inputs.title, field<string>(nodes.find.documents, 0, "path")),
      },
    }),
  )
  .outputs(({ nodes }) => ({ total: nodes.sum.total, page: nodes.report }));

test("what is built is what would be written, and means the same", () => {
  expect(summaries.build()).toEqual(written);
  expect(validateComposition(summaries.build())).toEqual(validateComposition(written));
});

test("every step leaves the one before as it was", () => {
  const base = composition("base").node("a", () => call({ capability: "c" }));
  const longer = base.node("b", ({ nodes }) => call({ capability: "c", after: nodes.a }));
  expect(base.build()).toEqual({ name: "base", nodes: { a: { capability: "c" } } });
  expect(longer.build()).toEqual({ name: "base", nodes: { a: { capability: "c" }, b: { capability: "c", after: ["a"] } } });
});

test("a fan-out over a list that is known", () => {
  const built = composition("known").node("a", () => each(["x", "${y}"], ({ item }) => call({ capability: "c", args: { item } })));
  expect(built.build()).toEqual({ name: "known", nodes: { a: { capability: "c", for_each: ["x", "$${y}"], args: { item: "${item}" } } } });
});

test.each([
  [
    { ref: "x", in: [1, "${a}"], lessThan: 3, exists: true, equals: { a: 1 } },
    { ref: "${nodes.a.x}", in: [1, "$${a}"], less_than: 3, exists: true, equals: { a: 1 } },
  ],
  [{ any: [{ not: "x" }, true] }, { any: [{ not: "${nodes.a.x}" }, true] }],
])("the condition %j", (shape, expected) => {
  const built = composition("c")
    .node("a", () => call<{ x: number }>({ capability: "c" }))
    .node("b", ({ nodes }) => {
      const withReference = (part: unknown): unknown => {
        if (part === "x") return nodes.a.x;
        if (Array.isArray(part)) return part.map(withReference);
        if (typeof part !== "object" || part === null) return part;
        return Object.fromEntries(Object.entries(part).map(([key, value]: [string, unknown]) => [key, withReference(value)]));
      };
      return call({ capability: "c", when: withReference(shape) as boolean });
    });
  expect(validateComposition(built.build()).nodes[1]?.when).toEqual(expected);
});

test("a reference in a template string is refused where it is written", () => {
  const misuse = () =>
    composition("c").node("a", ({ run }) => call({ capability: "c", args: { path: `${run.dir as unknown as string}/x` } }));
  expect(misuse).toThrow("The reference to 'run.dir' was used as text while the composition was built.");
});

describe("types", () => {
  const begun = composition("c")
    .inputs({ folder: { type: "path" }, limit: { type: "integer" }, list: { type: "list" } })
    .node("find", () => call<Found>({ capability: "docs" }))
    .node("parse", ({ nodes }) => each(nodes.find.documents, () => call<Parsed>({ capability: "docs" })));

  test("references know what they stand for", () => {
    begun.node("next", ({ inputs, nodes, matching, run }) => {
      expectTypeOf(inputs.folder).toEqualTypeOf<ReferenceTo<string>>();
      expectTypeOf(inputs.limit).toEqualTypeOf<ReferenceTo<number>>();
      expectTypeOf(nodes.parse).toEqualTypeOf<ReferenceTo<Parsed[]>>();
      expectTypeOf(matching.parse.text).toEqualTypeOf<ReferenceTo<string>>();
      expectTypeOf(run.dir).toEqualTypeOf<ReferenceTo<string>>();
      return each(nodes.parse, ({ item, index }) => {
        expectTypeOf(item).toEqualTypeOf<ReferenceTo<Parsed>>();
        expectTypeOf(index).toEqualTypeOf<ReferenceTo<number>>();
        return call({ capability: "c" });
      });
    });
    expectTypeOf(sum.build()).toExtend<Parameters<typeof part<{ list: readonly unknown[] }, { total: number }>>[0]>();
  });

  test("what does not exist does not compile", () => {
    begun
      // @ts-expect-error no input of that name
      .node("a", ({ inputs }) => call({ capability: "c", args: { x: inputs.nothing } }))
      // @ts-expect-error no node of that name
      .node("b", ({ nodes }) => call({ capability: "c", args: { x: nodes.fnd } }))
      // @ts-expect-error no field of that name in what the node gives
      .node("d", ({ nodes }) => call({ capability: "c", args: { x: nodes.find.documnts } }))
      // @ts-expect-error a node that comes later
      .node("e", ({ nodes }) => call({ capability: "c", after: nodes.later }))
      // @ts-expect-error no fan-out, so there is no element that matches
      .node("f", ({ matching }) => call({ capability: "c", args: { x: matching.find } }))
      // @ts-expect-error no field of that name in an element
      .node("g", ({ nodes }) => each(nodes.find.documents, ({ item }) => call({ capability: "c", args: { x: item.name } })))
      // @ts-expect-error a method without its task
      .node("h", () => call({ capability: "c", method: "m" }))
      // @ts-expect-error an action and a task
      .node("i", () => call({ capability: "c", action: "a", task: "t", method: "m" }))
      // @ts-expect-error no input of that name in the composition inside
      .node("k", () => part(sum.build(), { inputs: { lst: [] } }))
      // @ts-expect-error a value that is no JSON
      .node("l", () => call({ capability: "c", args: { x: new Date() } }));
    // @ts-expect-error the name is taken
    begun.node("find", () => call({ capability: "c" }));
    // @ts-expect-error no such type
    composition("c").inputs({ a: { type: "text" } });
  });
});
