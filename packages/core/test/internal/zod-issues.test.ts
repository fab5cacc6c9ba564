import { expect, test } from "vitest";
import * as z from "zod";
import { describeIssues } from "../../src/internal/zod-issues.ts";

const Schema = z.object({
  name: z.string(),
  kinds: z.array(z.enum(["node", "venv", "conda"])).min(1),
  count: z.int().optional(),
  table: z.record(z.string(), z.number()).optional(),
  on: z.boolean("say yes or no").optional(),
  version: z.literal("2.0").optional(),
});

test.each([
  [{ kinds: ["node"] }, ["name: is missing"]],
  [{ name: 3, kinds: {} }, ["name: must be a text, not a number", "kinds: must be a list, not a map"]],
  [{ name: "n", kinds: [] }, ["kinds: must not be empty"]],
  [{ name: "n", kinds: ["cow"] }, ["kinds[0]: must be one of node, venv, conda"]],
  [
    { name: "n", kinds: ["node"], count: 1.5, table: [] },
    ["count: must be a whole number, not a number", "table: must be a map, not a list"],
  ],
  [{ name: null, kinds: ["node"], on: 1 }, ["name: must be a text, not empty", "on: say yes or no"]],
  [{ name: "n", kinds: ["node"], version: 2 }, ['version: must be "2.0"']],
  ["text", ["must be a map, not a text"]],
])("%j", (document, expected) => {
  const { error } = Schema.safeParse(document);
  expect(error === undefined ? [] : describeIssues(error)).toEqual(expected);
});
