import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { descendants, Program, runProgram, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Introspector } from "../src/index.ts";
import { entry, environmentOf, InstallWorkspace } from "./install-workspace.ts";

let workspace: InstallWorkspace;
beforeEach(async () => {
  workspace = await InstallWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

describe("node", () => {
  test("a folder becomes an environment of its own with the SDK beside it, and a manifest", async () => {
    const [outcome] = await workspace.install([
      entry({ name: "tool", runtime: "node", package: workspace.nodePackage("tool"), env_vars: { A: "1" } }),
    ]);
    if (outcome?.status === "failed") throw outcome.error;
    expect(outcome).toMatchObject({ status: "installed", capabilityName: "tool", version: "1.0.0" });
    const { path, hash } = environmentOf(outcome);
    expect(statSync(join(path, "node_modules/tool")).isDirectory()).toBe(true);
    expect(existsSync(join(path, "node_modules/@cjm/capability/package.json"))).toBe(true);
    expect(workspace.manifest("tool").install).toMatchObject({
      runtime: "node",
      worker: "node",
      environment_path: path,
      environment_hash: hash,
      python_path: process.execPath,
      env_vars: { A: "1" },
    });
    expect(workspace.environments()).toEqual([path.split("/").at(-1)]);
  });

  test("a second time changes nothing, to the byte, and runs no step", async () => {
    const entries = [entry({ name: "tool", runtime: "node", package: workspace.nodePackage("tool") })];
    await workspace.install(entries);
    const before = readFileSync(workspace.at("data/manifests/tool.json"));
    const steps: string[] = [];
    const [outcome] = await workspace.install(entries, { onEvent: (event) => event.type === "step" && steps.push(event.title) });
    expect(outcome).toMatchObject({ status: "unchanged", version: "1.0.0" });
    expect(steps).toEqual([]);
    expect(readFileSync(workspace.at("data/manifests/tool.json"))).toEqual(before);
  });

  test("changed source makes another environment; what the operator wrote into the manifest stays", async () => {
    const entries = [entry({ name: "tool", runtime: "node", package: workspace.nodePackage("tool") })];
    const [first] = await workspace.install(entries);
    const edited = { ...workspace.manifest("tool"), overrides: { mine: true } };
    writeFileSync(workspace.at("data/manifests/tool.json"), JSON.stringify(edited));
    workspace.nodePackage("tool", "1.1.0");
    const [second] = await workspace.install(entries);
    expect(second).toMatchObject({ status: "installed", version: "1.1.0" });
    expect(environmentOf(second).hash).not.toBe(environmentOf(first).hash);
    expect(workspace.manifest("tool").overrides).toEqual({ mine: true });
  });

  test("equal environments are shared", async () => {
    const path = workspace.nodePackage("tool");
    const outcomes = await workspace.install([
      entry({ name: "one", runtime: "node", package: path }),
      entry({ name: "two", runtime: "node", package: path }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["installed", "installed"]);
    expect(environmentOf(outcomes[0]).path).toBe(environmentOf(outcomes[1]).path);
    expect(workspace.environments()).toHaveLength(1);
  });

  test("a tarball installs under the name inside it", async () => {
    workspace.nodePackage("inner-name");
    await runProgram("npm", ["pack", "--pack-destination", workspace.path], { cwd: workspace.at("inner-name") });
    const [outcome] = await workspace.install([entry({ name: "tool", runtime: "node", package: "./inner-name-1.0.0.tgz" })]);
    expect(outcome).toMatchObject({ status: "installed" });
    expect(workspace.manifest("tool").code.module).toBe("inner-name");
  });

  test("one that fails names command and output, stops no other, and leaves nothing", async () => {
    const outcomes = await workspace.install([
      entry({ name: "bad", runtime: "node", package: workspace.nodePackage("bad", "1.0.0", { nowhere: "file:/does/not/exist.tgz" }) }),
      entry({ name: "gone", runtime: "node", package: "./nowhere" }),
      entry({ name: "good", runtime: "node", package: workspace.nodePackage("good") }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["failed", "failed", "installed"]);
    expect(outcomes[0]).toMatchObject({
      error: {
        code: "CJM_ENVIRONMENT_FAILED",
        message: expect.stringMatching(/bad: 'install packages' failed[\s\S]*npm install[\s\S]*does\/not\/exist/),
        hint: expect.stringContaining("install-bad.log"),
      },
    });
    expect(outcomes[1]).toMatchObject({ error: { message: expect.stringContaining("There is no package at") } });
    expect(workspace.environments()).toHaveLength(1);
    expect(existsSync(workspace.at("data/manifests/bad.json"))).toBe(false);
  });
});

describe("venv", () => {
  test("a folder is built and installed without an index, and its scripts survive the move into place", async () => {
    const [outcome] = await workspace.install([entry({ name: "tool", runtime: "venv", package: workspace.pythonPackage("my-tool") })]);
    expect(outcome).toMatchObject({ status: "installed", version: "1.0.0" });
    const { path, interpreter } = environmentOf(outcome);
    expect(workspace.manifest("tool").code.module).toBe("my_tool.capability");
    expect(interpreter).toBe(join(path, "bin/python"));
    const script = join(path, "bin/my-tool-tool");
    if (existsSync(script)) expect(readFileSync(script, "utf8")).toContain(path);
    expect(workspace.manifest("tool").install).toMatchObject({ runtime: "venv", worker: "python", python_path: interpreter });
    expect(existsSync(workspace.at("my-tool/build"))).toBe(false);
  });

  test("wheels from a folder, with nothing else to look in", async () => {
    workspace.pythonPackage("my-tool");
    mkdirSync(workspace.at("wheels"));
    await runProgram(
      "python3",
      ["-c", "import sys; sys.path.insert(0, 'build_backend'); import backend; backend.build_wheel('../wheels')"],
      { cwd: workspace.at("my-tool") },
    );
    const [outcome] = await workspace.install([entry({ name: "tool", runtime: "venv", package: "my-tool==1.0.0", wheels: "./wheels" })]);
    expect(outcome).toMatchObject({ status: "installed", version: "1.0.0" });
  });

  test("a package that no folder of wheels has fails with the way out", async () => {
    mkdirSync(workspace.at("wheels"));
    const [outcome] = await workspace.install([entry({ name: "tool", runtime: "venv", package: "absent==1.0", wheels: "./wheels" })]);
    expect(outcome).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("absent==1.0"), hint: expect.stringContaining("wheels") },
    });
    expect(workspace.environments()).toEqual([]);
  });
});

test("a pure package is installed without pip, where Python has none, and again from the wheel that was kept", async () => {
  workspace.pythonPackage("my-tool");
  for (const folder of ["site", "kept", "again"]) mkdirSync(workspace.at(folder));
  const script = fileURLToPath(new URL("../python/install_source.py", import.meta.url));
  const version = async (site: string): Promise<string> => {
    const { stdout } = await runProgram("python3", ["-c", "import importlib.metadata as m; print(m.version('my-tool'))"], {
      env: { PYTHONPATH: workspace.at(site) },
    });
    return stdout.trim();
  };
  const built = await runProgram("python3", [script, workspace.at("my-tool"), workspace.at("site"), workspace.at("kept")]);
  expect([built, await version("site")]).toMatchObject([{ code: 0, stderr: "" }, "1.0.0"]);
  const wheel = workspace.at("kept/my_tool-1.0.0-py3-none-any.whl");
  expect([await runProgram("python3", [script, wheel, workspace.at("again")]), await version("again")]).toMatchObject([
    { code: 0 },
    "1.0.0",
  ]);
});

describe("interruptions", () => {
  test("an abort ends the step and leaves no half environment", async () => {
    const controller = new AbortController();
    const slow: Introspector = async (_target, steps) => {
      setImmediate(() => controller.abort(new Error("stopped by the user")));
      await steps.run({ title: "hang", argv: ["sleep", "1000"] });
      throw new Error("unreachable");
    };
    await expect(
      workspace.install([entry({ name: "tool", runtime: "node", package: workspace.nodePackage("tool") })], {
        introspector: slow,
        signal: controller.signal,
      }),
    ).rejects.toThrow("stopped by the user");
    expect(descendants(process.pid)).toEqual([]);
    expect(existsSync(workspace.at("data/manifests/tool.json"))).toBe(false);
  });

  test("kill -9 in the middle of a step leaves no process and no environment that could be used", async () => {
    const script = `
import { installAll } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
const provider = { kind: "node", relocatable: true, recipe: async () => ({}), build: async ({ steps }) => { await steps.run({ title: "hang", argv: ["sh", "-c", "echo begun >&2; sleep 1000 & wait"] }); } };
const entries = [{ name: "tool", runtime: "node", package: "./x", interface_libs: [], adapters: [], env_vars: {} }];
console.log("go");
await installAll({ config: ${JSON.stringify(workspace.config())}, file: ${JSON.stringify(workspace.at("capabilities.yaml"))}, entries, providers: { node: provider }, onEvent: (event) => console.log(event.type) });`;
    await using program = new Program(process.execPath, ["--input-type=module", "-e", script]);
    await program.line(/^step$/);
    await until("the step runs with its children", () => descendants(program.pid).length >= 3);
    const tree = descendants(program.pid);
    program.kill("SIGKILL");
    await program.result;
    await until("nothing of it is left", () => tree.every((pid) => !descendants(1).includes(pid) && !existsSync(`/proc/${pid}/exe`)));
    expect(workspace.environments().every((name) => name.startsWith("."))).toBe(true);
    await workspace.install([entry({ name: "other", runtime: "node", package: workspace.nodePackage("other") })]);
    expect(workspace.environments().filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("two installers on one data directory come to the same end", async () => {
    const entries = [entry({ name: "tool", runtime: "node", package: workspace.nodePackage("tool") })];
    const outcomes = await Promise.all([workspace.install(entries), workspace.install(entries)]);
    expect(outcomes.flat().map(({ status }) => status)).toEqual(["installed", "installed"]);
    expect(workspace.environments()).toHaveLength(1);
  });

  test("a data directory that cannot be written is said plainly", async () => {
    writeFileSync(workspace.at("data"), "a file where the folder should be");
    const installed = workspace.install([entry({ name: "tool", runtime: "node", package: workspace.nodePackage("tool") })]);
    await expect(installed).rejects.toMatchObject({ code: "CJM_ENVIRONMENT_FAILED", hint: expect.stringContaining("--data-dir") });
  });
});
