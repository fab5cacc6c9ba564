import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AdapterManifest, AdapterManifestSchema } from "@cjm/core";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { writeAdapterManifest } from "../src/manifests/adapter-manifest.ts";

const about = { environmentName: "", nowMs: 0 };

const adapter = (module: string): AdapterManifest =>
  AdapterManifestSchema.parse({
    unit: "adapter",
    name: `${module}.Pairs`,
    version: "1.0.0",
    task_name: "pairs",
    module,
    class: "Pairs",
    required_tool_protocol: "",
    protocol_members: { methods: [], properties: [] },
    generated_at: "2020-01-01T00:00:00+00:00",
    conda_env: "",
  });

test("adapters whose task and class have the same names are all kept, also when they are written at the same moment", async () => {
  await using folder = await temporaryFolder();
  const modules = ["a", "b", "c"];
  const write = () => Promise.all(modules.map((module) => writeAdapterManifest(folder.path, adapter(module), about)));
  const paths = await write();
  const moduleIn = (path: string): unknown => (JSON.parse(readFileSync(path, "utf8")) as AdapterManifest).module;
  expect(paths.map(moduleIn)).toEqual(modules);
  expect(readdirSync(folder.path)).toHaveLength(3);
  expect(await write()).toEqual(paths);
});

test("a file that is no manifest of an adapter is no one's", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "adapter-pairs-Pairs.json");
  writeFileSync(path, "{");
  expect(await writeAdapterManifest(folder.path, adapter("a"), about)).toBe(path);
  expect(readdirSync(folder.path)).toEqual(["adapter-pairs-Pairs.json"]);
});
