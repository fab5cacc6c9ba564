import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTemplate, ReferenceSyntaxError } from "../../src/index.ts";

const $ = (path: string): string => `\${${path}}`;

describe("references", () => {
  test.each([
    ["inputs.folder", "inputs", "folder", []],
    ["nodes.find", "nodes", "find", []],
    ["nodes.find.documents[0].path", "nodes", "find", ["documents", 0, "path"]],
    ["nodes.my-node_2[10][2]", "nodes", "my-node_2", [10, 2]],
    ['nodes.find["odd key}"].x', "nodes", "find", ["odd key}", "x"]],
    ['item["quoted \\"key\\""]', "item", "", ['quoted "key"']],
    ["item", "item", "", []],
    ["item.text", "item", "", ["text"]],
    ["index", "index", "", []],
    ["matching.parse.title", "matching", "parse", ["title"]],
    ["failures.parse", "failures", "parse", []],
    ["run.id", "run", "id", []],
  ])("%s", (text, root, name, path) => {
    expect(parseTemplate($(text))).toEqual({ kind: "reference", reference: { root, name, path, text: $(text) } });
  });

  test.each([
    ["plain", { kind: "literal", text: "plain" }],
    ["costs 5$", { kind: "literal", text: "costs 5$" }],
    ["{not one}", { kind: "literal", text: "{not one}" }],
    [`$${$("inputs.x")}`, { kind: "literal", text: $("inputs.x") }],
  ])("%s is plain text", (text, template) => {
    expect(parseTemplate(text)).toEqual(template);
  });

  test("inside longer text, with an escape beside it", () => {
    const template = parseTemplate(`a ${$("index")}-${$("item")} $${$("x")}`);
    expect(template).toMatchObject({ kind: "text", parts: ["a ", { root: "index" }, "-", { root: "item" }, ` ${$("x")}`] });
  });

  test("alternatives, in order", () => {
    expect(parseTemplate($("nodes.a.text ?? nodes.b[0]??inputs.c"))).toEqual({
      kind: "reference",
      reference: {
        root: "nodes",
        name: "a",
        path: ["text"],
        text: $("nodes.a.text ?? nodes.b[0]??inputs.c"),
        otherwise: {
          root: "nodes",
          name: "b",
          path: [0],
          text: $("nodes.b[0]"),
          otherwise: { root: "inputs", name: "c", path: [], text: $("inputs.c") },
        },
      },
    });
  });

  test.each([
    [$("item ?? "), 10, "expected one of inputs, nodes"],
    [$("item ?? nothing"), 10, "'nothing' is none of"],
    [$("item ? index"), 6, "found ' '"],
    [$(""), 2, "expected one of inputs, nodes"],
    [$("node.x"), 2, "'node' is none of inputs, nodes, item, index, matching, failures, run. Did you mean 'nodes'?"],
    [$("nodes"), 7, "'nodes' needs a name after it"],
    [$("nodes."), 8, "expected a name after 'nodes.'"],
    ["x ${nodes.find", 14, "found the end of the text"],
    [$("nodes.find.3"), 13, "expected a field name after '.'"],
    [$("item[x]"), 6, "found '['"],
    [$("item x"), 6, "found ' '"],
    [$('item["\\q"]'), 7, "is not a valid quoted key"],
  ])("%s is refused at its position", (text, position, message) => {
    expect(() => parseTemplate(text)).toThrow(message);
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ position }));
  });

  test("any text either parses or is refused with a position inside it", () => {
    const piece = fc.constantFrom("${", "$${", "}", ".", "[0]", '["', '"]', "nodes", "item", "x", " ", "??", "$", "\\");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        try {
          parseTemplate(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ReferenceSyntaxError);
          expect((error as ReferenceSyntaxError).position).toBeGreaterThanOrEqual(0);
          expect((error as ReferenceSyntaxError).position).toBeLessThanOrEqual(text.length);
        }
      }),
    );
  });
});
