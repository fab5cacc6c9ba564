import { action, wireType, wireValue, z } from "@cjm/capability";

const Point = z.object({ x: z.int() });
const nothing = z.object({});

function cycle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

const UNSERIALISABLE: Readonly<Record<string, () => unknown>> = {
  set: () => new Set([1, 2, 3]),
  nan: () => ({ value: Number.NaN }),
  infinity: () => [Number.NEGATIVE_INFINITY],
  binary: () => ({ bytes: Buffer.from("x") }),
  function: () => [() => 1],
  cycle,
};

const TYPED: Readonly<Record<string, unknown>> = {
  value: wireValue("probe.point", { x: 1 }),
  nested: { inner: wireValue("probe.point", { x: 1 }) },
  list: [wireValue("probe.point", { x: 1 })],
  inside_typed: wireValue("probe.path", { points: [wireValue("probe.point", { x: 1 })] }),
  empty: wireValue("probe.empty", {}),
  lookalike: { __wire__: "not.registered", data: { x: 1 } },
};

const ODD_CHUNKS: Readonly<Record<string, unknown>> = {
  nan: { loss: Number.NaN, bounds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], text: "NaN" },
  separators: "a\v\f\u001c\u001d\u001e\u0085\u2028\u2029\u{1f600}é\r\nb",
  reserved: { _job_error: { category: "fatal" } },
  set: new Set([1]),
  null: null,
  typed: wireValue("probe.point", { x: 1 }),
  nested_typed: { inner: wireValue("probe.point", { x: 1 }) },
};

export const resultActions = {
  unserialisable: action({
    description: "Returns what JSON cannot hold.",
    input: z.object({ kind: z.string().default("set") }),
    output: z.unknown(),
    run: ({ kind }) => UNSERIALISABLE[kind]?.(),
  }),
  rich: action({
    description: "Returns what this language has and JSON writes in another way.",
    input: nothing,
    output: z.unknown(),
    run: () => ({ at: new Date(0), pair: [1, 2], keyed: { 1: "one" }, big: 2n ** 64n, nested: { deep: [{ x: 1 }] }, nothing: null }),
  }),
  deep: action({
    description: "Returns lists in lists.",
    input: z.object({ depth: z.int() }),
    output: z.unknown(),
    run: ({ depth }) => {
      let value: unknown[] = [];
      for (let level = 1; level < depth; level += 1) value = [value];
      return value;
    },
  }),
  typed: action({
    description: "Returns a typed value, or one inside of a plain one.",
    input: z.object({ shape: z.string() }),
    output: z.unknown(),
    run: ({ shape }) => TYPED[shape],
  }),
  typed_by_schema: action({
    description: "Returns a value that its declaration types.",
    input: nothing,
    output: wireType("probe.point", Point),
    run: () => ({ x: 1 }),
  }),
  stream_typed: action({
    description: "Streams typed values.",
    input: nothing,
    output: wireType("probe.point", Point),
    *run() {
      yield { x: 1 };
      yield { x: 2 };
    },
  }),
  stream_odd: action({
    description: "Streams one plain chunk and one that is not.",
    input: z.object({ kind: z.string() }),
    output: z.unknown(),
    *run({ kind }) {
      yield "first";
      yield ODD_CHUNKS[kind] ?? null;
    },
  }),
};
