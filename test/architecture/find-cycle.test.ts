import { expect, test } from "vitest";
import { findCycle } from "./find-cycle.ts";

const graph = (edges: Record<string, string[]>): Map<string, string[]> => new Map(Object.entries(edges));

test.each([
  [{}, null],
  [{ a: ["b", "c"], b: ["c"], c: [] }, null],
  [{ a: ["a"] }, ["a", "a"]],
  [{ x: ["a"], a: ["b"], b: ["c"], c: ["a"] }, ["a", "b", "c", "a"]],
  [{ a: ["outside"] }, null],
])("%j", (edges, cycle) => {
  expect(findCycle(graph(edges))).toEqual(cycle);
});
