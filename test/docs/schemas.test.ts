import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DocumentName, validateComposition } from "@cjm/core";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(REPOSITORY, path), "utf8");

function schema(name: DocumentName): ValidateFunction {
  const document = JSON.parse(read(`docs/reference/${name}.schema.json`)) as object;
  return new Ajv2020({ allErrors: true, strict: true, strictRequired: false, validateFormats: false, allowUnionTypes: true }).compile(
    document,
  );
}

const composition = schema("composition");
const one = (node: object, rest: object = {}): object => ({ name: "n", nodes: { a: node }, ...rest });
const call = (rest: object = {}): object => one({ capability: "c", ...rest });

describe("the published schema of compositions", () => {
  test.each(readdirSync(join(REPOSITORY, "compositions")))("accepts compositions/%s", (file) => {
    composition(parse(read(`compositions/${file}`)));
    expect(composition.errors).toBeNull();
  });

  test.each<[string, object]>([
    [
      "every key of a call",
      call({
        instance: "i",
        action: "x",
        args: { a: [1, { b: null }] },
        timeout_ms: 1,
        start_timeout_ms: 2,
        retry: { max_attempts: 2 },
        on_interruption: "fail",
        cache: "use",
        control: { force: true },
        priority: 3,
        description: "d",
      }),
    ],
    [
      "every key of a fan-out",
      call({
        for_each: "${inputs.l}",
        max_concurrent: 2,
        on_item_error: "collect",
        when: { any: ["${item.x}", { not: { ref: "${index}", in: [1] } }] },
        after_skipped: "run",
      }),
    ],
    ["a task", call({ task: "t", method: "m", after: [] })],
    ["one id after", { name: "n", nodes: { a: { capability: "c" }, b: { capability: "c", after: "a" } } }],
    ["a list of nodes", { name: "n", nodes: [{ id: "a", capability: "c" }] }],
    [
      "compositions in compositions",
      one({
        composition: { name: "i", outputs: { x: 1 }, nodes: { b: { composition: { name: "j", nodes: { c: { capability: "c" } } } } } },
      }),
    ],
    ["inputs", call({ args: {} })],
  ])("accepts %s, as we do", (_, document) => {
    const withInputs = { ...document, inputs: { l: { type: "list", default: [] }, t: {} } };
    expect(() => validateComposition(withInputs)).not.toThrow();
    composition(withInputs);
    expect(composition.errors).toBeNull();
  });

  test("knows a composition in another file", () => {
    expect(composition(one({ composition: "part.yaml", inputs: { x: "${run.id}" } }))).toBe(true);
  });

  test.each<[string, unknown]>([
    ["no name", { nodes: {} }],
    ["no nodes", { name: "n" }],
    ["an unknown key", call({ actoin: "x" })],
    ["neither capability nor composition", one({ action: "x" })],
    ["capability and composition", call({ composition: "part.yaml" })],
    ["a bad id", { name: "n", nodes: { "a b": { capability: "c" } } }],
    ["a node in a list without id", { name: "n", nodes: [{ capability: "c" }] }],
    ["a bad type of input", { ...call(), inputs: { a: { type: "text" } } }],
    ["a condition that is none", call({ when: { ref: "${inputs.a}" } })],
    ["an operator of a wrong name", call({ when: { ref: "${inputs.a}", equal: 1 } })],
    ["a negative timeout", call({ timeout_ms: -1 })],
    ["too many attempts", call({ retry: { max_attempts: 1000 } })],
  ])("refuses %s, as we do", (_, document) => {
    expect(() => validateComposition(document)).toThrow();
    expect(composition(document)).toBe(false);
  });
});

test("the published schemas accept the files of this repository", () => {
  for (const name of ["capabilities", "cjm"] as const) {
    const validate = schema(name);
    validate(parse(read(`${name}.yaml`)));
    expect(validate.errors).toBeNull();
  }
  expect(schema("cjm")({ runtime: { mode: "somewhere" } })).toBe(false);
  expect(schema("capabilities")({ capabilities: [{ name: "x" }] })).toBe(false);
});
