import fc from "fast-check";
import { ref } from "../queue-kit.ts";

export interface DrawnNode {
  /** Nodes before it that it depends on, as positions. */
  readonly after: readonly number[];
  /** A list of that length, the items of an earlier fan-out, or one job. */
  readonly kind: "one" | "list" | "itemwise";
  /** Runs a composition of that many nodes instead of a job. */
  readonly parts: number;
  /** A condition: none, one that never holds, one that depends on the number of an item, one that cannot be decided. */
  readonly when: "none" | "never" | "odd" | "undecidable";
  readonly afterSkipped: boolean;
  readonly innerFailFast: boolean;
  readonly length: number;
  readonly source: number;
  readonly matching: boolean;
  readonly collect: boolean;
  readonly maxConcurrent: number;
}

export const drawnComposition = fc.record({
  failFast: fc.boolean(),
  nodes: fc.array(
    fc.record({
      after: fc.array(fc.nat(20), { maxLength: 2 }),
      kind: fc.constantFrom("one", "list", "itemwise"),
      length: fc.nat(5),
      source: fc.nat(20),
      matching: fc.boolean(),
      collect: fc.boolean(),
      maxConcurrent: fc.integer({ min: 1, max: 4 }),
      parts: fc.constantFrom(0, 0, 1, 3),
      when: fc.constantFrom("none", "none", "none", "never", "odd", "undecidable"),
      afterSkipped: fc.boolean(),
      innerFailFast: fc.boolean(),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  steps: fc.array(
    fc.record({ what: fc.constantFrom("end", "end", "end", "end", "fail", "cancel job", "cancel run"), which: fc.nat(1000) }),
    { maxLength: 50 },
  ),
});

export function documentOf(nodes: readonly DrawnNode[], failFast: boolean): unknown {
  const fanOuts: string[] = [];
  return {
    name: "drawn",
    fail_fast: failFast,
    inputs: { nothing: { required: false } },
    nodes: nodes.map((node, index) => {
      const source = fanOuts[node.source % Math.max(1, fanOuts.length)];
      const other = fanOuts[node.length % Math.max(1, fanOuts.length)];
      const from = node.kind === "itemwise" ? source : undefined;
      const isFanOut = node.kind === "list" || from !== undefined;
      const document = {
        id: `n${index}`,
        ...(node.parts === 0 ? { capability: "a" } : { composition: innerOf(node) }),
        ...whenOf(node, isFanOut),
        after_skipped: node.afterSkipped ? "run" : "skip",
        after: index === 0 ? [] : node.after.map((position) => `n${position % index}`),
        ...(isFanOut
          ? {
              for_each: from === undefined ? Array.from({ length: node.length }, (_, item) => item) : ref(`nodes.${from}`),
              on_item_error: node.collect ? "collect" : "fail",
              max_concurrent: node.maxConcurrent,
            }
          : {}),
        [node.parts === 0 ? "args" : "inputs"]: isFanOut && node.matching && other !== undefined ? { m: ref(`matching.${other}`) } : {},
      };
      if (isFanOut) fanOuts.push(`n${index}`);
      return document;
    }),
  };
}

/** A node of one, or a chain with an alternative on the way. */
function innerOf({ parts, when, innerFailFast }: DrawnNode): unknown {
  const first = { capability: "a", args: { m: ref("inputs.m") }, ...(when === "odd" ? { when: ref("inputs.m") } : {}) };
  const chain = {
    second: { capability: "a", after: ["first"] },
    third: { capability: "a", after: ["second", "first"], after_skipped: "run" },
  };
  return {
    name: "inner",
    fail_fast: innerFailFast,
    inputs: { m: { type: "number", required: false } },
    outputs: { last: ref(parts === 1 ? "nodes.first" : "nodes.third") },
    nodes: parts === 1 ? { first } : { first, ...chain },
  };
}

function whenOf({ when }: DrawnNode, isFanOut: boolean): { readonly when?: unknown } {
  if (when === "never") return { when: false };
  if (when === "odd" && isFanOut) return { when: { ref: ref("index"), in: [1, 3, 5] } };
  return when === "undecidable" ? { when: ref("inputs.nothing.in.it") } : {};
}
