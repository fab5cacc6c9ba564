import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CondaStandIn, descendants, skip, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

/** A registry that refuses at once: nothing here may need a network. */
const OFFLINE = { npm_config_registry: "http://127.0.0.1:9/", PIP_INDEX_URL: "http://127.0.0.1:9/", PIP_RETRIES: "0" };
const cjm = (...args: string[]) => workspace.cjm(args, { env: OFFLINE });
const environments = (): readonly string[] =>
  existsSync(workspace.at("data/environments"))
    ? readdirSync(workspace.at("data/environments")).filter((name) => !["recipes", "locks"].includes(name))
    : [];

/** A capability, and an adapter, in a Python package that brings its own build backend. */
async function writeTool(version = "1.0.0"): Promise<void> {
  await workspace.write(
    "tool/pyproject.toml",
    `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["backend_of_it"]\n\n[project]\nname = "tool"\nversion = "${version}"\n`,
  );
  await workspace.write(
    "tool/src/capability.py",
    `from cjm_capability import ToolCapability, TaskAdapter, capability_action
class Tool(ToolCapability):
    @capability_action()
    def echo(self, text: str) -> str:
        return text
class NeedsTool:
    def echo(self, text: str) -> str: ...
class Echoes(TaskAdapter):
    task_name = "echoing"
    required_tool_protocol = NeedsTool
`,
  );
  await workspace.write(
    "tool/backend_of_it/backend.py",
    `import os, time, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if os.environ.get("TEST_HANG"):
        time.sleep(1000)
    info = "tool-${version}.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, "tool-${version}-py3-none-any.whl"), "w") as archive:
        archive.writestr("tool/__init__.py", "__version__ = '${version}'")
        archive.write("src/capability.py", "tool/capability.py")
        archive.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: tool\\nVersion: ${version}\\n")
        archive.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "/RECORD", "tool/__init__.py,,\\ntool/capability.py,,\\n" + info + "/METADATA,,\\n" + info + "/WHEEL,,\\n" + info + "/RECORD,,\\n")
    return "tool-${version}-py3-none-any.whl"
`,
  );
  await workspace.write("capabilities.yaml", "capabilities:\n  - name: my tool\n    runtime: venv\n    package: ./tool\n");
}

describe("a capability's life", () => {
  test("from a dry run to its removal, without a network", async () => {
    await writeTool();
    const dry = await cjm("install-all", "--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining("my tool: a venv environment would be built")]);
    expect(environments()).toEqual([]);

    const installed = await cjm("install-all", "--json");
    expect([installed.code, installed.stdout]).toEqual([0, expect.stringContaining('"status":"installed"')]);
    expect((await cjm("install-all")).stdout).toContain("0 installed, 1 unchanged, 0 failed.");

    const [environment = ""] = environments();
    rmSync(workspace.at("data/environments", environment, "lib"), { recursive: true });
    rmSync(workspace.at("tool"), { recursive: true });
    const repaired = await cjm("repair", "tool");
    expect([repaired.code, repaired.stdout]).toEqual([0, expect.stringContaining("was made again")]);
    expect(await cjm("call", "tool", "echo", "--arg", "text=hello")).toMatchObject({ code: 0, stdout: expect.stringContaining("hello") });

    const manifest = workspace.at("data/manifests/tool.json");
    const edited = JSON.parse(readFileSync(manifest, "utf8")) as { overrides: object; code: { description: string } };
    writeFileSync(
      manifest,
      JSON.stringify({ ...edited, code: { ...edited.code, version: "0.0.1" }, overrides: { code: { description: "Mine." } } }),
    );
    expect((await cjm("list")).stdout).toContain("Mine.");
    expect((await cjm("regenerate-manifest", "tool")).stdout).toContain("Wrote the manifest of tool 1.0.0");
    expect(JSON.parse(readFileSync(manifest, "utf8"))).toMatchObject({
      overrides: { code: { description: "Mine." } },
      code: { version: "1.0.0" },
    });

    const adapter = await cjm("generate-adapter-manifest", "tool", "tool.capability:Echoes");
    expect([adapter.code, adapter.stdout]).toEqual([0, expect.stringContaining("for the task echoing")]);
    expect(JSON.parse(readFileSync(workspace.at("data/manifests/adapter-echoing-Echoes.json"), "utf8"))).toMatchObject({
      unit: "adapter",
      version: "1.0.0",
      required_tool_protocol: "tool.capability.NeedsTool",
      language: "python",
      protocol_members: { methods: [{ name: "echo", params: ["text"] }], properties: [] },
    });

    // What repairing and introspecting printed; neither environment nor recipe.
    expect((await cjm("gc", "--dry-run")).stdout).toMatch(/^(log .*\n)+\S+ \S+ in all\n$/);
    await workspace.cjm(["set-secret", "tool", "KEY"], { input: "s" });
    const removed = await cjm("remove", "tool", "--yes", "--purge");
    expect([removed.code, removed.stdout]).toEqual([0, expect.stringContaining("Removed tool. Forgot its")]);
    expect(environments()).toEqual([]);
    expect((await cjm("remove", "tool", "--yes")).stderr).toContain("No capability 'tool' is installed");

    const freed = await cjm("gc", "--yes");
    expect([freed.code, freed.stdout]).toEqual([0, expect.stringMatching(/^Freed /)]);
    expect((await cjm("gc")).stdout).toBe("There is nothing to free.\n");
  });
});

test("install-all --force makes an environment beside the one that is there, so that whatever runs in that goes on", async () => {
  await writeTool();
  expect((await cjm("install-all")).code).toBe(0);
  const [first = ""] = environments();
  const mark = await workspace.write(`data/environments/${first}/mark`, "");
  await writeTool("1.0.1");
  expect((await cjm("install-all", "--force")).stdout).toContain("1 installed");
  expect([environments().length, existsSync(mark)]).toEqual([2, true]);
  expect((await cjm("install-all", "--force")).stdout).toContain("1 installed");
  expect([environments().length, existsSync(mark)]).toEqual([2, true]);
  expect((await cjm("gc", "--yes")).stdout).toMatch(/^Freed /);
  expect([environments().length, existsSync(mark)]).toEqual([1, false]);
});

test("adapters of an entry get manifests of their own, and one that is none is said", async () => {
  await writeTool();
  const withAdapter = (impl: string): string =>
    `capabilities:\n  - {name: t, runtime: venv, package: ./tool, adapters: [{impl: "${impl}"}]}\n`;
  await workspace.write("capabilities.yaml", withAdapter("tool.capability:Tool"));
  const refused = await cjm("install-all");
  expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining("tool.capability:Tool is no adapter")]);
  expect(existsSync(workspace.at("data/manifests"))).toBe(false);
  await workspace.write("capabilities.yaml", withAdapter("tool.capability:Echoes"));
  expect((await cjm("install-all")).stdout).toContain("1 installed");
  expect(existsSync(workspace.at("data/manifests/adapter-echoing-Echoes.json"))).toBe(true);
  expect((await cjm("install-all")).stdout).toContain("1 unchanged");
  expect(environments()).toHaveLength(1);
});

describe("what goes wrong is said, and leaves nothing", () => {
  test.each([
    [["repair"], 2, "The argument <name> is missing."],
    [["repair", "nope"], 1, "No capability 'nope' is installed"],
    [["regenerate-manifest", "nope"], 1, "No capability 'nope' is installed"],
    [["remove", "nope", "--yes"], 1, "No capability 'nope' is installed"],
    [["generate-adapter-manifest", "nope", "noclass"], 2, "Write it as module:Class"],
    [["generate-adapter-manifest", "nope", "a.b:C"], 1, "There is no environment 'nope'"],
    [["install-all"], 1, "capabilities.yaml"],
    [["install-all", "--only"], 2, "--only takes a value."],
    [["install-all", "--concurrency", "0"], 2, "--concurrency takes a whole number from 1 to 64, not '0'."],
    [["setup-host"], 1, "capabilities.yaml"],
    [["gc", "extra"], 2, "one argument too many"],
    [["setup-runtime", "--forse"], 2, "Did you mean '--force'?"],
  ])("%j", async (args, code, message) => {
    const result = await cjm(...args);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(result.code).toBe(code);
  });

  test.each([["repair"], ["regenerate-manifest"], ["remove"], ["gc"]])("a damaged manifest: %s", async (command) => {
    await workspace.write("data/manifests/tool.json", "{");
    const { code, stderr } = await cjm(command, ...(command === "gc" ? [] : ["tool"]));
    expect([code, stderr]).toEqual([1, expect.stringContaining("CJM_MANIFEST_INVALID")]);
  });

  test("a question that nobody can answer", async () => {
    await workspace.write("data/environments/venv-0123456789abcdef/file", "x");
    const { code, stderr } = await cjm("gc");
    expect([code, stderr]).toEqual([2, expect.stringContaining("--yes")]);
    expect(stderr).toContain("venv-0123456789abcdef");
    expect(environments()).toEqual(["venv-0123456789abcdef"]);
    expect((await cjm("gc", "--dry-run")).code).toBe(0);
    expect(environments()).toEqual(["venv-0123456789abcdef"]);
  });

  test("no permission to write", async (context) => {
    if (process.getuid?.() === 0) skip(context, "root may write everywhere");
    await writeTool();
    mkdirSync(workspace.at("data"));
    chmodSync(workspace.at("data"), 0o555);
    const { code, stderr } = await cjm("install-all");
    chmodSync(workspace.at("data"), 0o755);
    expect([code, stderr]).toEqual([1, expect.stringContaining("--data-dir")]);
  });

  test("Ctrl-C in the middle of an installation leaves no half environment and nothing running, and a second run goes on", async () => {
    await writeTool();
    await using program = workspace.start(["install-all"], { env: { ...OFFLINE, TEST_HANG: "1" } });
    await program.line(/my tool {2}(build|install package)/);
    await until("the step runs", () => descendants(program.pid).length >= 2);
    const tree = descendants(program.pid);
    program.kill("SIGINT");
    expect((await program.result).code).toBe(130);
    await until("nothing of it is left", () => tree.every((pid) => !existsSync(`/proc/${pid}/exe`)));
    expect(environments()).toEqual([]);
    expect((await cjm("install-all")).stdout).toContain("1 installed");
  });
});

test("setup-runtime downloads micromamba once, says how far it is, and refuses what is not what it should be", async () => {
  const program = CondaStandIn.text(workspace.at("state"));
  let sha256 = "0".repeat(64);
  const server = createServer((request, response) => response.end(request.url?.endsWith(".sha256") ? sha256 : program));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await workspace.write(
    "cjm.yaml",
    `data_dir: ./data\nruntime:\n  conda_type: micromamba\n  prefix: ./runtime\n  micromamba:\n    mirror: http://127.0.0.1:${port}\n`,
  );
  const refused = await cjm("setup-runtime", "--force");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("CJM_DOWNLOAD_FAILED")]);
  expect(readdirSync(workspace.at("runtime/bin"))).toEqual([]);
  sha256 = createHash("sha256").update(program).digest("hex");
  const done = await cjm("setup-runtime", "--force");
  expect(done).toMatchObject({ code: 0, stdout: `micromamba 2.4.0 was downloaded: ${workspace.at("runtime/bin/micromamba")}\n` });
  expect((await cjm("setup-runtime")).stdout).toContain("micromamba 2.4.0 is there");
  expect((await cjm("setup-runtime", "--conda-type", "conda")).stdout).toContain("only micromamba is downloaded");
  await new Promise((resolve) => server.close(resolve));
});

test("setup-host installs the libraries of all entries into the host's package", async () => {
  await workspace.write("lib/package.json", JSON.stringify({ name: "nouns", version: "1.0.0" }));
  await workspace.write("app/package.json", JSON.stringify({ name: "app", version: "1.0.0" }));
  await workspace.write(
    "capabilities.yaml",
    "capabilities:\n  - {name: a, runtime: node, package: ./a, interface_libs: [./lib]}\n  - {name: b, runtime: venv, package: ./b, interface_libs: [py-nouns]}\n",
  );
  expect(await cjm("setup-host", "--dry-run")).toMatchObject({ code: 0, stdout: "./lib\n", stderr: expect.stringContaining("py-nouns") });
  const done = await cjm("setup-host", "--into", "app", "--yes");
  expect(done).toMatchObject({ code: 0, stdout: "Installed ./lib.\n" });
  expect(existsSync(workspace.at("app/node_modules/nouns/package.json"))).toBe(true);
});
