import { expect, test } from "vitest";
import { planEnvironments } from "../src/index.ts";
import { packageSpec, pythonModuleOf } from "../src/providers/package-spec.ts";
import { entry } from "./install-workspace.ts";

test("entries of one kind and env_name share; libraries come before packages, each once", () => {
  const plans = planEnvironments([
    entry({ name: "a", runtime: "venv", env_name: "x", package: "a", interface_libs: ["nouns"] }),
    entry({ name: "b", runtime: "node", env_name: "x", package: "b" }),
    entry({
      name: "c",
      runtime: "venv",
      env_name: "x",
      package: "c",
      interface_libs: ["nouns"],
      adapters: [{ impl: "m:C", lib: "verbs" }],
      wheels: "w",
    }),
    entry({ name: "d", runtime: "venv", package: "a" }),
  ]);
  expect(plans).toMatchObject([
    { kind: "venv", label: "x", packages: ["nouns", "verbs", "a", "c"], settings: { wheels: "w" }, conflict: null },
    { kind: "node", label: "b", packages: ["b"] },
    { kind: "venv", label: "d", packages: ["a"] },
  ]);
});

test.each([
  ["my-tool[extra]>=1.2", "my_tool.capability"],
  ["git+https://example.org/o/demo-capability.git", "demo_capability.capability"],
  ["git+https://example.org/o/demo-capability.git@v1#egg=x", "demo_capability.capability"],
  ["demo-tool @ git+https://example.org/o/other.git", "demo_tool.capability"],
  ["https://example.org/files/demo_tool-1.0-py3-none-any.whl", "demo_tool.capability"],
])("the module of %s", async (text, module) => {
  expect(await pythonModuleOf(await packageSpec(text, "/", /\.whl$/))).toBe(module);
});
