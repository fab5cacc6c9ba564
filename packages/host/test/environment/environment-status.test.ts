import { ManifestSchema } from "@cjm/core";
import { expect, test } from "vitest";
import { variableStatuses } from "../../src/environment/environment-status.ts";

const statuses = (
  entries: readonly object[],
  inputs: { overrides?: Record<string, string>; modelsDir?: string; secrets?: Record<string, string> } = {},
) =>
  variableStatuses({
    manifest: ManifestSchema.parse({
      format_version: "2.0",
      install: { env_vars: { FROM_MANIFEST: "x" } },
      code: { name: "tool", worker_env: entries },
    }),
    overrides: inputs.overrides ?? {},
    modelsDir: inputs.modelsDir ?? null,
    secret: (name) => inputs.secrets?.[name] ?? null,
  });

test.each([
  ["a secret that is stored", { name: "KEY", secret: true }, { secrets: { KEY: "hunter2" } }, "secret"],
  ["a secret that is not", { name: "KEY", secret: true }, {}, null],
  ["a secret is never taken from an override", { name: "KEY", secret: true }, { overrides: { KEY: "x" } }, null],
  ["an override", { name: "V", default: "d" }, { overrides: { V: "o" } }, "override"],
  ["an empty override is a value", { name: "V" }, { overrides: { V: "" } }, "override"],
  ["a default", { name: "V", default: "d" }, {}, "default"],
  ["a default that is a template", { name: "V", default: "${CAPABILITY_DATA_DIR}/x" }, {}, "default"],
  ["a template without its value", { name: "V", default: "${CJM_MODELS_DIR}/x" }, {}, null],
  ["the same with it", { name: "V", default: "${CJM_MODELS_DIR}/x" }, { modelsDir: "/models" }, "default"],
  ["a template that nobody knows", { name: "V", default: "$HOME" }, {}, null],
  ["a variable of the manifest", { name: "FROM_MANIFEST" }, {}, "manifest"],
  ["nothing", { name: "V" }, {}, null],
])("%s", (_name, entry, inputs, source) => {
  expect(statuses([entry], inputs)).toEqual([expect.objectContaining({ name: entry.name, source, satisfied: source !== null })]);
});

test("stands in declared order, without values and without nameless ones", () => {
  const found = statuses(
    [{ name: "B", secret: true, required: true, label: "Key", description: "of the service" }, { name: "" }, { name: "A" }],
    {
      secrets: { B: "hunter2" },
    },
  );
  expect(found.map(({ name }) => name)).toEqual(["B", "A"]);
  expect(found[0]).toEqual({
    name: "B",
    secret: true,
    required: true,
    satisfied: true,
    label: "Key",
    description: "of the service",
    source: "secret",
  });
  expect(JSON.stringify(found)).not.toContain("hunter2");
});
