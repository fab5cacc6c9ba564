import { describe, expect, test } from "vitest";
import { placeInStack, placeOfImport, placeOfMember } from "../../src/validation/source/locate.ts";

const TS = `import { action } from "@cjm/capability";
import fast from "fast-thing";

export class Tool extends ToolCapability {
  readonly actions = {
    one: action({ description: "d" }),
    two: action({
      description: "",
      input: z.object({}),
    }),
    "three-four": action({}),
  };
}
`;
const sources = [{ path: "/a/src/index.ts", text: TS }];
const at = (line: number | null, file = "/a/src/index.ts") => ({ file, line });

describe("a member is found below its class", () => {
  test.each([
    ["Tool", 4],
    ["Tool.actions", 5],
    ["Tool.actions.one", 6],
    ["Tool.actions.two.description", 8],
    ["Tool.actions.two.input", 9],
    ["Tool.actions.two.output", 7],
    ["Tool.actions.three-four.run", 11],
    ["Tool.config", 4],
  ])("%s in line %d", (member, line) => {
    expect(placeOfMember(member, sources)).toEqual(at(line));
  });
  test("a class that is not there has no place", () => {
    expect(placeOfMember("Other.x", sources)).toBe(null);
  });
});

test.each([
  ["Cannot find package 'fast-thing' imported from /a/src/index.ts", at(2)],
  ["Cannot find package '@x/y' imported from /a/other.ts", at(null, "/a/other.ts")],
  ["something else", null],
])("%s", (message, place) => {
  expect(placeOfImport(message, sources)).toEqual(place);
});

describe("a stack leads to the innermost frame of the author's", () => {
  test.each([
    ["Error: x\n    at f (file:///a/src/b.ts:2:22)\n    at file:///a/src/index.ts:9:1\n", at(2, "/a/src/b.ts")],
    ["Error: x\n    at g (file:///a/node_modules/m/i.js:1:1)\n    at file:///a/src/index.ts:9:1\n", at(9)],
    ["/a/src/index.ts:7\nenum A {}\n^^^^\nSyntaxError: no\n    at node:internal/x:1:2\n", at(7)],
    ["cjm-hangs-at: file:///sdk/x.ts:3\ncjm-hangs-at: file:///a/src/index.ts:4\n", at(4)],
    ["Error: x\n    at file:///elsewhere/i.ts:1:1\n", null],
  ])("%j", (output, place) => {
    expect(placeInStack(output, "/a", false)).toEqual(place);
  });

  test.each([
    [
      'Traceback:\n  File "/py/lib.py", line 1, in m\n  File "/a/t.py", line 3, in <module>\n  File "/a/u.py", line 5, in f\nValueError',
      at(5, "/a/u.py"),
    ],
    ['Timeout (0:00:01)!\nThread 0x1:\n  File "/a/u.py", line 5 in f\n  File "/a/t.py", line 3 in <module>\n', at(5, "/a/u.py")],
  ])("%j", (output, place) => {
    expect(placeInStack(output, "/a", true)).toEqual(place);
  });
});
