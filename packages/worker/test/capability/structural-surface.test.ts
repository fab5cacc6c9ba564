import { expect, test } from "vitest";
import { structuralSurface } from "../../src/capability/structural-surface.ts";

class Base {
  static readonly kind = "base";
  static make(a: number) {
    return a;
  }
  get name() {
    return "base";
  }
  inherited(a: string) {
    return a;
  }
  _private() {}
}

class Tool extends Base {
  static readonly limits = { max: 1 };
  static readonly items = [1];
  readonly field = 1;
  zulu() {}
  alpha({ path }: { path: string }) {
    return path;
  }
  override inherited(a: string, b = "x") {
    return a + b;
  }
}

test("holds the public members of the class and its ancestors, sorted", () => {
  expect(structuralSurface(Tool)).toEqual({
    methods: [
      { name: "alpha", signature: "({ path })", params: ["path"] },
      { name: "inherited", signature: '(a, b = "x")', params: ["a", "b"] },
      { name: "make", signature: "(a)", params: ["a"] },
      { name: "zulu", signature: "()", params: [] },
    ],
    properties: ["name"],
    attributes: [
      { name: "items", type: "Array" },
      { name: "kind", type: "string" },
      { name: "limits", type: "Object" },
    ],
  });
});
