import { validateComposition } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { checkManifest } from "../../src/validation/check-manifest.ts";
import { compositionWarnings } from "../../src/validation/composition-warnings.ts";
import { documentKind } from "../../src/validation/document-kind.ts";

test.each([
  ["a/b.json", [], "manifest"],
  ["flow.yaml", ["name", "nodes"], "composition"],
  ["anything.yml", ["capabilities"], "capabilities"],
  ["capabilities.yaml", [], "capabilities"],
  ["cjm.yaml", [], "config"],
  ["src/index.ts", [], "capability"],
  ["tool.mjs", [], "capability"],
  ["tool/capability.py", [], "capability"],
  ["other.yaml", ["data_dir"], "config"],
  ["poem.yaml", ["roses"], null],
])("%s with %j is %s", (path, keys, kind) => {
  expect(documentKind(path, keys)).toBe(kind);
});

describe("a manifest", () => {
  const manifest = {
    format_version: "2.0",
    install: { python_path: "/usr/bin/python3" },
    code: { name: "n", version: "1", description: "d", module: "m", class: "C" },
  };
  const faultsOf = (document: unknown): unknown => {
    try {
      checkManifest(typeof document === "string" ? document : JSON.stringify(document), "m.json");
      return [];
    } catch (error) {
      return (error as { details: { faults: unknown } }).details.faults;
    }
  };

  test("that is sound", () => {
    expect(faultsOf(manifest)).toEqual([]);
  });

  test.each([
    ["{", "JSON"],
    ["[]", "must be a map"],
    [{ ...manifest, format_version: "1.0" }, "format_version"],
    [{ ...manifest, code: { ...manifest.code, class: "" } }, "code.class: must not be empty"],
    [{ ...manifest, install: {} }, "install.python_path: must name the interpreter of the environment"],
  ])("%j has a fault about %s", (document, fault) => {
    expect(faultsOf(document)).toEqual([expect.stringContaining(fault)]);
  });
});

test("a composition is warned of for capabilities, actions and arguments that are not here", () => {
  const composition = validateComposition({
    name: "flow",
    nodes: {
      missing: { capability: "prob", action: "x" },
      wrong: { capability: "probe", action: "ecko" },
      fine: { capability: "probe", action: "echo", args: { text: "${nodes.wrong}", times: 2 } },
      described: { capability: "probe", action: "describe" },
      misspelt: { capability: "probe", action: "echo", args: { txt: "x", nothing: 1 } },
      open: { capability: "probe", action: "open", args: { anything: 1 } },
      empty: { capability: "probe", action: "empty", args: { a: 1 } },
      unlisted: { capability: "original", action: "anything" },
      task: { capability: "probe", task: "t", method: "m" },
    },
  });
  const echo = { type: "object", properties: { text: { type: "string" }, times: { type: "integer" } }, required: ["text"] };
  const installed = [
    {
      name: "probe",
      actions: [
        { name: "echo", input_schema: echo },
        { name: "open", input_schema: { type: "object", properties: {}, additionalProperties: {} } },
        { name: "empty", input_schema: { type: "object", properties: {}, additionalProperties: false } },
      ],
    },
    { name: "original", actions: null },
  ];
  expect(compositionWarnings(composition, installed)).toEqual([
    "nodes.missing.capability: 'prob' is not installed. Did you mean 'probe'?",
    "nodes.wrong.action: probe has no action 'ecko'. Did you mean 'echo'?",
    "nodes.misspelt.args.txt: echo has no argument 'txt'. Did you mean 'text'?",
    "nodes.misspelt.args.nothing: echo has no argument 'nothing'. It takes text, times.",
    "nodes.misspelt.args: echo needs 'text'.",
    "nodes.empty.args.a: empty has no argument 'a'. It takes none.",
  ]);
});
