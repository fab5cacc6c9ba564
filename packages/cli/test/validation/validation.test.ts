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
    ["[]", "object"],
    [{ ...manifest, format_version: "1.0" }, "format_version"],
    [{ ...manifest, code: { ...manifest.code, class: "" } }, "code.class: must not be empty"],
    [{ ...manifest, install: {} }, "install.python_path: must name the interpreter of the environment"],
  ])("%j has a fault about %s", (document, fault) => {
    expect(faultsOf(document)).toEqual([expect.stringContaining(fault)]);
  });
});

test("a composition is warned of for capabilities and actions that are not here", () => {
  const composition = validateComposition({
    name: "flow",
    nodes: {
      missing: { capability: "prob", action: "x" },
      wrong: { capability: "probe", action: "ecko" },
      fine: { capability: "probe", action: "echo" },
      unlisted: { capability: "original", action: "anything" },
      task: { capability: "probe", task: "t", method: "m" },
    },
  });
  const installed = [
    { name: "probe", actions: ["echo"] },
    { name: "original", actions: null },
  ];
  expect(compositionWarnings(composition, installed)).toEqual([
    "nodes.missing.capability: 'prob' is not installed. Did you mean 'probe'?",
    "nodes.wrong.action: probe has no action 'ecko'. Did you mean 'echo'?",
  ]);
});
