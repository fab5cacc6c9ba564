import { readdirSync, readFileSync, renameSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import type { CapabilityEntry } from "@cjm/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { generateAdapterManifest, regenerateManifest, removeCapability, repair } from "../src/index.ts";
import { introspect } from "../src/manifests/introspection.ts";
import { entry, environmentOf, InstallWorkspace } from "./install-workspace.ts";

let workspace: InstallWorkspace;
beforeEach(async () => {
  workspace = await InstallWorkspace.create();
  // Nothing here may need a network: whoever asks one is refused at once.
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:9/");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await workspace[Symbol.asyncDispose]();
});

const SOURCE = `import { type RequiredTool, TaskAdapter, ToolCapability } from "@cjm/capability";
export class Phrases extends ToolCapability {
  readonly actions = {};
  get longest(): number { return 2; }
  phrasesOf(text: string, longest = 2): string[] { return text.split(" ").slice(0, longest); }
}
interface Needs { readonly longest: number; phrasesOf(text: string, longest: number): string[] }
export class Pairs extends TaskAdapter<Needs> {
  static override readonly taskName = "keyword-pairs";
  static override readonly requiredTool: RequiredTool<Needs> = { methods: { phrasesOf: ["text", "longest"] }, properties: ["longest"] };
  pairs({ text }: { text: string }): string[] { return this.tool.phrasesOf(text, this.tool.longest); }
}
export class Nameless extends TaskAdapter<Needs> {}
export class Vague extends TaskAdapter<Needs> {
  static override readonly taskName = "vague";
  static override readonly requiredTool = Phrases as RequiredTool;
}
`;
const FILE = "data/manifests/adapter-keyword-pairs-Pairs.json";

async function phrases(name = "phrases"): Promise<string> {
  await mkdir(workspace.at(name, "src"), { recursive: true });
  const manifest = { name, version: "1.2.3", type: "module", exports: { ".": "./src/index.ts", "./more": "./src/index.ts" } };
  await writeFile(workspace.at(name, "package.json"), JSON.stringify(manifest));
  await writeFile(workspace.at(name, "src/index.ts"), SOURCE);
  return `./${name}`;
}

const install = (...entries: readonly CapabilityEntry[]) => workspace.install(entries, { introspector: introspect });
const withAdapter = async (impl: string) => entry({ name: "phrases", runtime: "node", package: await phrases(), adapters: [{ impl }] });
const options = () => ({ config: workspace.config() });
const json = (path: string): unknown => JSON.parse(readFileSync(workspace.at(path), "utf8"));

const GOLDEN = {
  unit: "adapter",
  name: "phrases.Pairs",
  version: "1.2.3",
  task_name: "keyword-pairs",
  module: "phrases",
  class: "Pairs",
  required_tool_protocol: "",
  protocol_members: {
    methods: [{ name: "phrasesOf", signature: "(text, longest)", params: ["text", "longest"] }],
    properties: ["longest"],
  },
  generated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
  conda_env: "",
  language: "node",
};

test("an adapter written in TypeScript gets its manifest with its capability, and outlives upkeep as one of Python does", async () => {
  const wanted = await withAdapter("phrases:Pairs");
  const [outcome] = await install(wanted);
  if (outcome?.status === "failed") throw outcome.error;
  const { id, path } = environmentOf(outcome);
  expect(json(FILE)).toEqual(GOLDEN);
  expect(await install(wanted)).toMatchObject([{ status: "unchanged" }]);

  await repair("phrases", options());
  await regenerateManifest("phrases", options());
  expect(json(FILE)).toEqual(GOLDEN);
  for (const [environment, condaEnv] of [
    ["phrases", ""],
    [id, id],
    [path, id],
  ] as const) {
    const written = await generateAdapterManifest(environment, "phrases:Pairs", options());
    expect(written.path).toBe(workspace.at(FILE));
    expect(json(FILE)).toEqual({ ...GOLDEN, conda_env: condaEnv });
  }
  await removeCapability("phrases", { ...options(), keepEnvironment: false });
  expect(readdirSync(workspace.at("data/manifests"))).toEqual(["adapter-keyword-pairs-Pairs.json"]);
  expect(workspace.environments()).toEqual([]);
});

test("two adapters whose task and class have the same names are both kept, each in its file", async () => {
  const one = await withAdapter("phrases:Pairs");
  const two = { ...(await withAdapter("more-phrases:Pairs")), name: "two", package: await phrases("more-phrases") };
  await install(one);
  await install(two);
  const files = ["adapter-keyword-pairs-Pairs-more-phrases.json", "adapter-keyword-pairs-Pairs.json"];
  expect(readdirSync(workspace.at("data/manifests"))).toEqual([...files, "more-phrases.json", "phrases.json"]);
  expect(files.map((file) => json(`data/manifests/${file}`))).toMatchObject([{ module: "more-phrases" }, { module: "phrases" }]);
  expect(await install(one, two)).toMatchObject([{ status: "unchanged" }, { status: "unchanged" }]);
});

test("an entry that names another module for the same class is installed again", async () => {
  await install(await withAdapter("phrases:Pairs"));
  expect(await install(await withAdapter("phrases/more:Pairs"))).toMatchObject([{ status: "installed" }]);
  expect(json("data/manifests/adapter-keyword-pairs-Pairs-phrases_more.json")).toMatchObject({ module: "phrases/more", version: "1.2.3" });
});

const MISTAKES = [
  [
    "phrases:Nobody",
    "phrases exports no class Nobody. It exports: Nameless, Pairs, Phrases, Vague.",
    "export class Nobody extends TaskAdapter",
  ],
  ["phrases:Nameless", "Nameless of phrases is no adapter: its taskName is no text.", "static override readonly taskName"],
  ["phrases:Phrases", "Phrases of phrases is no adapter: its taskName is no text.", "static override readonly taskName"],
  ["phrases:Vague", "Vague.requiredTool is no object", "methods"],
  ["absent:Pairs", "absent cannot be found from", "Install the package there"],
  ["phrases", "'phrases' names no adapter.", "module:Class"],
  ["phrases:Pairs,phrases:Nameless", "names no adapter.", "module:Class"],
] as const;

test("an author's mistakes are refused in the author's terms, and nothing is written", async () => {
  for (const [impl, message, hint] of MISTAKES) {
    const [outcome] = await install(await withAdapter(impl));
    if (outcome?.status !== "failed") throw new Error(`${impl} is ${outcome?.status}`);
    expect(outcome.error, impl).toMatchObject({
      code: "CJM_INTROSPECTION_FAILED",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  }
  expect(() => readdirSync(workspace.at("data/manifests"))).toThrow("ENOENT");
});

test("a folder that somebody else installed into is an environment too; one that is none is said", async () => {
  const [outcome] = await install(await withAdapter("phrases:Pairs"));
  renameSync(environmentOf(outcome).path, workspace.at("mine"));
  expect((await generateAdapterManifest(workspace.at("mine"), "phrases/more:Pairs", options())).manifest).toMatchObject({
    name: "phrases/more.Pairs",
  });
  await expect(generateAdapterManifest(workspace.at("nowhere"), "phrases:Pairs", options())).rejects.toMatchObject({
    code: "CJM_ENVIRONMENT_FAILED",
    message: expect.stringContaining("with a Python or a node_modules in it"),
  });
});
