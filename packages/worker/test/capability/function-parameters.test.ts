import { expect, test } from "vitest";
import { functionParameters } from "../../src/capability/function-parameters.ts";

class Shapes {
  plain(_a: string, _b = 1) {}
  async later(_a: string) {}
  *generate(_a: string) {}
  taken({ audio, language = "en" }: { audio: string; language?: string }, _ctx: unknown) {
    return [audio, language];
  }
  renamed({ audio: path, "odd-name": odd, ...rest }: Record<string, unknown>) {
    return [path, odd, rest];
  }
  rest(..._items: string[]) {}
  tricky(_a = ")", _b = { c: [1, 2] }, _d = (x: number) => x) {}
  commented(_a: string /* , not this */, _b: string) {}
  nothing() {}
  ["computed(" + "name"](_a: string) {}
}

const of = (name: string) => functionParameters(Reflect.get(Shapes.prototype, name) as () => unknown);

test.each([
  ["plain", "(_a, _b = 1)", ["_a", "_b"]],
  ["later", "(_a)", ["_a"]],
  ["generate", "(_a)", ["_a"]],
  ["taken", '({ audio, language = "en" }, _ctx)', ["audio", "language"]],
  ["renamed", '({ audio: path, "odd-name": odd, ...rest })', ["audio", "odd-name"]],
  ["rest", "(..._items)", ["_items"]],
  ["tricky", '(_a = ")", _b = { c: [1, 2] }, _d = (x) => x)', ["_a", "_b", "_d"]],
  ["commented", "(_a, _b)", ["_a", "_b"]],
  ["nothing", "()", []],
  ["computed(name", "(_a)", ["_a"]],
])("%s", (name, signature, names) => {
  expect(of(name)).toEqual({ signature, names });
});

test("functions of other kinds", () => {
  expect(functionParameters((a: number) => a)).toEqual({ signature: "(a)", names: ["a"] });
  expect(functionParameters(Math.max)).toEqual({ signature: "(...)", names: [] });
});
