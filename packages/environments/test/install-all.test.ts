import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CapabilityEntry, CapabilityEntrySchema, type CjmConfig } from "@cjm/core";
import { configAt, descendants, Program, runProgram, skip, type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Environment, type InstallOptions, type Introspector, installAll } from "../src/index.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  // Names that a shell would stumble over.
  folder = await temporaryFolder('cjm it\'s a "test" ');
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (path: string): string => join(folder.path, path);
const config = (): CjmConfig => ({
  ...configAt(at("data")),
  runtime: {
    mode: "system",
    condaType: "micromamba",
    prefix: null,
    binaries: { "linux-x64": at("micromamba"), "linux-arm64": at("micromamba") },
  },
});

const NO_HASHES = { configSchema: null, surface: null };

/** Asks the environment itself for a version, without a worker. */
const ask: Introspector = async (environment, entry, steps) => {
  const script =
    environment.kind === "node"
      ? "console.log(JSON.stringify(require(process.argv[1]+'/package.json')))"
      : "import json, importlib.metadata as m, sys; d = m.metadata(sys.argv[1].split('.')[0].replace('_', '-')); print(json.dumps({'name': d['Name'], 'version': d['Version']}))";
  const argv: [string, ...string[]] =
    environment.kind === "node"
      ? [environment.interpreter, "-e", script, environment.module]
      : [environment.interpreter, "-c", script, environment.module];
  const { name, version } = JSON.parse(await steps.run({ title: "ask", argv, cwd: environment.path })) as { name: string; version: string };
  return { name: entry.name, version, description: name, module: environment.module, class: "Tool", hashes: NO_HASHES };
};

const entry = (fields: Record<string, unknown>): CapabilityEntry => CapabilityEntrySchema.parse(fields);
const install = (entries: readonly CapabilityEntry[], more: Partial<InstallOptions> = {}) =>
  installAll({ config: config(), file: at("capabilities.yaml"), entries, introspector: ask, ...more });

function nodePackage(name: string, version = "1.0.0", dependencies: Record<string, string> = {}): string {
  mkdirSync(at(name), { recursive: true });
  writeFileSync(at(`${name}/package.json`), JSON.stringify({ name, version, dependencies }));
  writeFileSync(at(`${name}/index.js`), `exports.version = ${JSON.stringify(version)};`);
  return `./${name}`;
}

function pythonPackage(name: string, version = "1.0.0"): string {
  mkdirSync(at(`${name}/build_backend`), { recursive: true });
  writeFileSync(
    at(`${name}/pyproject.toml`),
    `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["build_backend"]\n\n[project]\nname = "${name}"\nversion = "${version}"\n`,
  );
  const module = name.replaceAll("-", "_");
  writeFileSync(
    at(`${name}/build_backend/backend.py`),
    `import os, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = "${module}-${version}-py3-none-any.whl"
    info = "${module}-${version}.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        archive.writestr("${module}/__init__.py", "")
        archive.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")
        archive.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "/entry_points.txt", "[console_scripts]\\n${name}-tool = ${module}:main\\n")
        archive.writestr(info + "/RECORD", "${module}/__init__.py,,\\n" + info + "/METADATA,,\\n" + info + "/WHEEL,,\\n" + info + "/RECORD,,\\n")
    return wheel
`,
  );
  return `./${name}`;
}

const environments = (): string[] =>
  existsSync(at("data/environments")) ? readdirSync(at("data/environments")).filter((name) => name !== "recipes") : [];
const manifest = (name: string) =>
  JSON.parse(readFileSync(at(`data/manifests/${name}.json`), "utf8")) as {
    install: Record<string, string>;
    code: Record<string, unknown>;
    overrides: unknown;
  };
const environmentOf = (outcome: unknown): Environment => (outcome as { environment: Environment }).environment;

describe("node", () => {
  test("a folder becomes an environment of its own with the SDK beside it, and a manifest", async () => {
    const [outcome] = await install([entry({ name: "tool", runtime: "node", package: nodePackage("tool"), env_vars: { A: "1" } })]);
    expect(outcome).toMatchObject({ status: "installed", capabilityName: "tool", version: "1.0.0" });
    const { path, hash } = environmentOf(outcome);
    expect(statSync(join(path, "node_modules/tool")).isDirectory()).toBe(true);
    expect(existsSync(join(path, "node_modules/@cjm/capability/package.json"))).toBe(true);
    expect(manifest("tool").install).toMatchObject({
      runtime: "node",
      worker: "node",
      environment_path: path,
      environment_hash: hash,
      python_path: process.execPath,
      env_vars: { A: "1" },
    });
    expect(environments()).toEqual([path.split("/").at(-1)]);
  });

  test("a second time changes nothing, to the byte, and runs no step", async () => {
    const entries = [entry({ name: "tool", runtime: "node", package: nodePackage("tool") })];
    await install(entries);
    const before = readFileSync(at("data/manifests/tool.json"));
    const steps: string[] = [];
    const [outcome] = await install(entries, { onEvent: (event) => event.type === "step" && steps.push(event.title) });
    expect(outcome).toMatchObject({ status: "unchanged", version: "1.0.0" });
    expect(steps).toEqual([]);
    expect(readFileSync(at("data/manifests/tool.json"))).toEqual(before);
  });

  test("changed source makes another environment; what the operator wrote into the manifest stays", async () => {
    const entries = [entry({ name: "tool", runtime: "node", package: nodePackage("tool") })];
    const [first] = await install(entries);
    const edited = { ...manifest("tool"), overrides: { mine: true } };
    writeFileSync(at("data/manifests/tool.json"), JSON.stringify(edited));
    nodePackage("tool", "1.1.0");
    const [second] = await install(entries);
    expect(second).toMatchObject({ status: "installed", version: "1.1.0" });
    expect(environmentOf(second).hash).not.toBe(environmentOf(first).hash);
    expect(manifest("tool").overrides).toEqual({ mine: true });
  });

  test("equal environments are shared", async () => {
    const path = nodePackage("tool");
    const outcomes = await install([
      entry({ name: "one", runtime: "node", package: path }),
      entry({ name: "two", runtime: "node", package: path }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["installed", "installed"]);
    expect(environmentOf(outcomes[0]).path).toBe(environmentOf(outcomes[1]).path);
    expect(environments()).toHaveLength(1);
  });

  test("a tarball installs under the name inside it", async () => {
    nodePackage("inner-name");
    await runProgram("npm", ["pack", "--pack-destination", folder.path], { cwd: at("inner-name") });
    const [outcome] = await install([entry({ name: "tool", runtime: "node", package: "./inner-name-1.0.0.tgz" })]);
    expect(outcome).toMatchObject({ status: "installed" });
    expect(environmentOf(outcome).module).toBe("inner-name");
  });

  test("one that fails names command and output, stops no other, and leaves nothing", async () => {
    const outcomes = await install([
      entry({ name: "bad", runtime: "node", package: nodePackage("bad", "1.0.0", { nowhere: "file:/does/not/exist.tgz" }) }),
      entry({ name: "gone", runtime: "node", package: "./nowhere" }),
      entry({ name: "good", runtime: "node", package: nodePackage("good") }),
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
    expect(environments()).toHaveLength(1);
    expect(existsSync(at("data/manifests/bad.json"))).toBe(false);
  });
});

describe("venv", () => {
  test("a folder is built and installed without an index, and its scripts survive the move into place", async () => {
    const [outcome] = await install([entry({ name: "tool", runtime: "venv", package: pythonPackage("my-tool") })]);
    expect(outcome).toMatchObject({ status: "installed", version: "1.0.0" });
    const { path, interpreter, module } = environmentOf(outcome);
    expect(module).toBe("my_tool.capability");
    expect(interpreter).toBe(join(path, "bin/python"));
    const script = join(path, "bin/my-tool-tool");
    if (existsSync(script)) expect(readFileSync(script, "utf8")).toContain(path);
    expect(manifest("tool").install).toMatchObject({ runtime: "venv", worker: "python", python_path: interpreter });
    expect(existsSync(at("my-tool/build"))).toBe(false);
  });

  test("wheels from a folder, with nothing else to look in", async () => {
    pythonPackage("my-tool");
    mkdirSync(at("wheels"));
    await runProgram(
      "python3",
      ["-c", "import sys; sys.path.insert(0, 'build_backend'); import backend; backend.build_wheel('../wheels')"],
      { cwd: at("my-tool") },
    );
    const [outcome] = await install([entry({ name: "tool", runtime: "venv", package: "my-tool==1.0.0", wheels: "./wheels" })]);
    expect(outcome).toMatchObject({ status: "installed", version: "1.0.0" });
  });

  test("a package that no folder of wheels has fails with the way out", async () => {
    mkdirSync(at("wheels"));
    const [outcome] = await install([entry({ name: "tool", runtime: "venv", package: "absent==1.0", wheels: "./wheels" })]);
    expect(outcome).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("absent==1.0"), hint: expect.stringContaining("wheels") },
    });
    expect(environments()).toEqual([]);
  });
});

test("a pure package is installed without pip, where Python has none", async () => {
  pythonPackage("my-tool");
  mkdirSync(at("site"));
  const script = fileURLToPath(new URL("../python/install_source.py", import.meta.url));
  const installed = await runProgram("python3", [script, at("my-tool"), at("site")]);
  expect(installed).toMatchObject({ code: 0, stderr: "" });
  const { stdout } = await runProgram("python3", ["-c", "import importlib.metadata as m; print(m.version('my-tool'))"], {
    env: { PYTHONPATH: at("site") },
  });
  expect(stdout.trim()).toBe("1.0.0");
});

describe("conda", () => {
  /** Records its arguments and makes a virtual environment where conda would make one; it proves our argv, not a solver. */
  function standIn(venv: string): void {
    writeFileSync(
      at("micromamba"),
      `#!/bin/sh
echo "$@" >> '${at("argv").replaceAll("'", "'\\''")}'
case "$1" in
  create) shift 3; exec python3 -m venv ${venv} "$1" ;;
  list) echo '[{"name": "python", "version": "3.12"}]' ;;
esac
`,
    );
    chmodSync(at("micromamba"), 0o755);
  }
  const described: Introspector = (environment) =>
    Promise.resolve({ name: "tool", version: "1", description: "", module: environment.module, class: "C", hashes: NO_HASHES });
  const conda = () => entry({ name: "tool", env_name: "t", python_version: "3.12", package: pythonPackage("my-tool") });

  test("an executable that stands in for micromamba gets the right words, and the environment stays where it was made", async (context) => {
    const hasPip = (await runProgram("python3", ["-c", "import pip"])).code === 0;
    if (!hasPip) skip(context, "python3 has no pip, which a conda environment would bring");
    standIn("--without-pip --system-site-packages");
    const [outcome] = await install([conda()], { introspector: described });
    expect(outcome).toMatchObject({ status: "installed", capabilityName: "tool" });
    const { path, interpreter, module } = environmentOf(outcome);
    expect(path).toMatch(/\/environments\/conda-[0-9a-f]+$/);
    expect([interpreter, module]).toEqual([join(path, "bin/python"), "my_tool.capability"]);
    expect(readFileSync(at("argv"), "utf8").split("\n")).toEqual([`create -y -p ${path} python=3.12`, `list -p ${path} --json`, ""]);
    expect(manifest("tool").install).toMatchObject({ runtime: "conda", worker: "python", conda_env: "t", environment_path: path });
    expect(environments()).toEqual([path.split("/").at(-1)]);
  });

  test("one that fails half-way leaves nothing", async () => {
    standIn("--without-pip");
    const [outcome] = await install([conda()], { introspector: described });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "CJM_ENVIRONMENT_FAILED", message: expect.stringContaining("No module named pip") },
    });
    expect(environments()).toEqual([]);
  });

  test("without the program it says how to get one", async () => {
    const [outcome] = await installAll({
      config: { ...config(), runtime: { ...config().runtime, binaries: {}, condaType: "miniforge" } },
      file: at("capabilities.yaml"),
      entries: [entry({ name: "tool", env_name: "t", python_version: "3.12", package: "x" })],
    });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "CJM_ENVIRONMENT_TOOL_MISSING", hint: expect.stringContaining("runtime: venv") },
    });
  });
});

describe("interruptions", () => {
  test("an abort ends the step and leaves no half environment", async () => {
    const controller = new AbortController();
    const slow: Introspector = async (_environment, _entry, steps) => {
      setImmediate(() => controller.abort(new Error("stopped by the user")));
      await steps.run({ title: "hang", argv: ["sleep", "1000"] });
      throw new Error("unreachable");
    };
    await expect(
      install([entry({ name: "tool", runtime: "node", package: nodePackage("tool") })], { introspector: slow, signal: controller.signal }),
    ).rejects.toThrow("stopped by the user");
    expect(descendants(process.pid)).toEqual([]);
    expect(existsSync(at("data/manifests/tool.json"))).toBe(false);
  });

  test("kill -9 in the middle of a step leaves no process and no environment that could be used", async () => {
    const script = `
import { installAll } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
const provider = { kind: "node", relocatable: true, recipe: async () => ({}), build: async ({ steps }) => { await steps.run({ title: "hang", argv: ["sh", "-c", "echo begun >&2; sleep 1000 & wait"] }); } };
const entries = [{ name: "tool", runtime: "node", package: "./x", interface_libs: [], adapters: [], env_vars: {} }];
console.log("go");
await installAll({ config: ${JSON.stringify(config())}, file: ${JSON.stringify(at("capabilities.yaml"))}, entries, providers: { node: provider }, onEvent: (event) => console.log(event.type) });`;
    await using program = new Program(process.execPath, ["--input-type=module", "-e", script]);
    await program.line(/^step$/);
    await until("the step runs with its children", () => descendants(program.pid).length >= 3);
    const tree = descendants(program.pid);
    program.kill("SIGKILL");
    await program.result;
    await until(
      "nothing of it is left",
      () => tree.every((pid) => !descendants(1).includes(pid) && !existsSync(`/proc/${pid}/exe`)),
      3_000,
    );
    expect(environments().every((name) => name.startsWith(".building-"))).toBe(true);
    await install([entry({ name: "other", runtime: "node", package: nodePackage("other") })]);
    expect(environments().filter((name) => name.startsWith(".building-"))).toEqual([]);
  });

  test("two installers on one data directory come to the same end", async () => {
    const entries = [entry({ name: "tool", runtime: "node", package: nodePackage("tool") })];
    const outcomes = await Promise.all([install(entries), install(entries)]);
    expect(outcomes.flat().map(({ status }) => status)).toEqual(["installed", "installed"]);
    expect(environments()).toHaveLength(1);
  });

  test("a data directory that cannot be written is said plainly", async () => {
    writeFileSync(at("data"), "a file where the folder should be");
    const [outcome] = await install([entry({ name: "tool", runtime: "node", package: nodePackage("tool") })]);
    expect(outcome).toMatchObject({ status: "failed", error: { code: "CJM_ENVIRONMENT_FAILED" } });
  });
});
