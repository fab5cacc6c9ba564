import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { adapterDocument } from "../../src/capability/adapter-document.ts";
import { AuthorError } from "../../src/capability/author-error.ts";

const documentOf = (requiredTool: unknown) => {
  class Pairs {
    static readonly requiredTool = requiredTool;
    readonly tool = null;
  }
  return adapterDocument({ module: "m", className: "Pairs", cls: Pairs, task: "pairing", url: pathToFileURL(import.meta.filename).href });
};

test("is what discovery reads, with members in order of their names", () => {
  expect(documentOf({ methods: { split: [], join: ["words", "by"] }, properties: ["size", "name"] })).toEqual({
    unit: "adapter",
    name: "m.Pairs",
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    task_name: "pairing",
    module: "m",
    class: "Pairs",
    required_tool_protocol: "",
    protocol_members: {
      methods: [
        { name: "join", signature: "(words, by)", params: ["words", "by"] },
        { name: "split", signature: "()", params: [] },
      ],
      properties: ["name", "size"],
    },
    language: "node",
  });
});

test.each([[undefined], [{}], [{ methods: {} }], [{ properties: [] }]])("%j requires nothing", (required) => {
  expect(documentOf(required).protocol_members).toEqual({ methods: [], properties: [] });
});

test.each([
  [class Needs {}, "is no object"],
  [["join"], "is no object"],
  [null, "is no object"],
  [{ method: {} }, "has a member 'method'"],
  [{ methods: ["join"] }, "has methods that are no object"],
  [{ methods: { join: "words" } }, "gives the method 'join' no list"],
  [{ properties: [7] }, "has properties that are no list"],
])("%j is told to the author", (required, message) => {
  expect(() => documentOf(required)).toThrow(AuthorError);
  expect(() => documentOf(required)).toThrow(`Pairs.requiredTool ${message}`);
});
