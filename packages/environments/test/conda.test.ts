import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CondaStandIn, runProgram, skip } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, type TestContext, test, vi } from "vitest";
import { CondaProgram, environmentPrefixes } from "../src/conda/conda-program.ts";
import { installAll, repair } from "../src/index.ts";
import { entry, environmentOf, InstallWorkspace } from "./install-workspace.ts";

let workspace: InstallWorkspace;
let standIn: CondaStandIn;
beforeEach(async () => {
  workspace = await InstallWorkspace.create();
  standIn = await CondaStandIn.create(workspace.at("bin"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await workspace[Symbol.asyncDispose]();
});

const KEY = `${process.platform}-${process.arch}`;
const config = (more = {}) => workspace.config({ binaries: { [KEY]: standIn.path }, ...more });
const tool = (more: Record<string, unknown> = {}) =>
  entry({ name: "tool", env_name: "t", python_version: "3.12", package: workspace.pythonPackage("my-tool"), ...more });

async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function needsPip(context: TestContext): Promise<void> {
  const { code } = await runProgram("python3", ["-c", "import pip"]);
  if (code !== 0) skip(context, "python3 has no pip, which a conda environment would bring");
}

describe("with an executable that stands in for it", () => {
  test("micromamba gets the right words, and the environment stays where it was made", async (context) => {
    await needsPip(context);
    const [outcome] = await workspace.install([tool()], { config: config() });
    const { path, interpreter } = environmentOf(outcome);
    expect(path).toMatch(/\/environments\/conda-[0-9a-f]+$/);
    expect(interpreter).toBe(join(path, "bin/python"));
    expect(standIn.calls).toEqual([["create", "--yes", "--prefix", path, "--channel", "conda-forge", "python=3.12", "pip"]]);
    const { install, code } = workspace.manifest("tool");
    expect(install).toMatchObject({ runtime: "conda", worker: "python", conda_env: "t", environment_path: path });
    expect(code.module).toBe("my_tool.capability");
    expect(workspace.environments()).toEqual([path.split("/").at(-1)]);
    expect(await workspace.install([tool()], { config: config() })).toMatchObject([{ status: "unchanged" }]);
  });

  test.each([
    ["micromamba", (path: string, file: string) => ["create", "--yes", "--prefix", path, "--file", file]],
    ["miniforge", (path: string, file: string) => ["env", "create", "--prefix", path, "--file", file]],
    ["conda", (path: string, file: string) => ["env", "create", "--prefix", path, "--file", file]],
  ] as const)("%s makes one from a file", async (condaType, words) => {
    const own = await CondaStandIn.create(workspace.at("other bin"), condaType === "miniforge" ? "mamba" : condaType);
    writeFileSync(
      workspace.at("env.yml"),
      "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.12\n  - pip\n  - ffmpeg=6.1\n",
    );
    const hasPip = (await runProgram("python3", ["-c", "import pip"])).code === 0;
    const entries = [tool({ env_file: "./env.yml", python_version: undefined })];
    const [outcome] = await workspace.install(entries, { config: config({ condaType, binaries: { [KEY]: own.path } }) });
    expect(outcome?.status).toBe(hasPip ? "installed" : "failed");
    const prefix = own.calls[0]?.[own.calls[0].indexOf("--prefix") + 1] ?? "";
    expect(own.calls).toEqual([words(prefix, workspace.at("env.yml"))]);
    if (!hasPip) return;
    expect(readFileSync(join(environmentOf(outcome).lock, "explicit.txt"), "utf8")).toMatch(
      /^@EXPLICIT\n.*\/ffmpeg-6\.1-0\.conda#[0-9a-f]{32}\n/,
    );
  });

  test("a file at an address is downloaded; what pip puts in on its behalf is locked, too", async (context) => {
    await needsPip(context);
    workspace.pythonPackage("helper");
    mkdirSync(workspace.at("wheels"));
    await runProgram(
      "python3",
      ["-c", "import sys; sys.path.insert(0, 'build_backend'); import backend; backend.build_wheel('../wheels')"],
      { cwd: workspace.at("helper") },
    );
    vi.stubEnv("PIP_NO_INDEX", "1");
    vi.stubEnv("PIP_FIND_LINKS", pathToFileURL(workspace.at("wheels")).href);
    const text = "dependencies:\n  - python=3.12\n  - pip\n  - pip:\n    - helper==1.0.0\n";
    await using server = await serve((_request, response) => response.end(text));
    const entries = [tool({ env_file: `${server.url}/env.yml`, python_version: undefined })];
    const [outcome] = await workspace.install(entries, { config: config() });
    if (outcome?.status === "failed") throw outcome.error;
    const { lock, path } = environmentOf(outcome);
    expect(readFileSync(join(lock, "from-file.txt"), "utf8")).toBe("helper==1.0.0\n");
    expect(readFileSync(join(lock, "environment.yml"), "utf8")).toBe(text);
    rmSync(join(path, "lib"), { recursive: true });
    expect(await repair("tool", { config: config() })).toMatchObject({ environment: { path } });
    expect(standIn.calls.at(-1)).toEqual(["create", "--yes", "--prefix", path, "--file", join(lock, "explicit.txt")]);
  });

  test("a file at an address that is not there is said with its address", async () => {
    await using server = await serve((_request, response) => response.writeHead(404).end());
    const [outcome] = await workspace.install([tool({ env_file: `${server.url}/env.yml`, python_version: undefined })], {
      config: config(),
    });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "CJM_DOWNLOAD_FAILED", message: expect.stringContaining("/env.yml") },
    });
    expect(workspace.environments()).toEqual([]);
  });

  test("one that was set aside by a repair that died is put back, and the half-made one goes", async (context) => {
    await needsPip(context);
    const [outcome] = await workspace.install([tool()], { config: config() });
    const { path, id, interpreter } = environmentOf(outcome);
    const dead = workspace.at("data/environments/.building-999999999-1-0123456789abcdef");
    renameSync(path, `${dead}-old=${id}`);
    writeFileSync(dead, id);
    mkdirSync(`${dead}-lock`);
    mkdirSync(join(path, "half"), { recursive: true });
    expect(await workspace.install([tool()], { config: config() })).toMatchObject([{ status: "unchanged" }]);
    expect([existsSync(interpreter), existsSync(join(path, "half"))]).toEqual([true, false]);
    expect(workspace.environments()).toEqual([id]);
  });

  test("in local mode micromamba keeps its packages below the prefix", async () => {
    const program = await CondaProgram.find(config({ mode: "local", prefix: workspace.at("my prefix") }));
    mkdirSync(workspace.at("my prefix/envs/mine"), { recursive: true });
    expect(program.createFromExplicit("/p", "/f")).toEqual([
      standIn.path,
      "--root-prefix",
      workspace.at("my prefix"),
      "create",
      "--yes",
      "--prefix",
      "/p",
      "--file",
      "/f",
    ]);
    expect(await program.prefixOf("mine")).toBe(workspace.at("my prefix/envs/mine"));
    expect(await program.prefixOf("theirs")).toBeNull();
    expect(standIn.calls[0]).toEqual(["--root-prefix", workspace.at("my prefix"), "env", "list", "--json"]);
  });

  test("entries of one env_name share an environment with everything they need", async (context) => {
    await needsPip(context);
    const entries = [
      tool({ name: "one" }),
      tool({ name: "two", package: workspace.pythonPackage("second-tool"), interface_libs: [workspace.at("third-tool")] }),
    ];
    workspace.pythonPackage("third-tool");
    const outcomes = await workspace.install(entries, { config: config() });
    expect(outcomes).toMatchObject([{ status: "installed" }, { status: "installed" }]);
    expect(environmentOf(outcomes[0]).path).toBe(environmentOf(outcomes[1]).path);
    expect(standIn.calls).toHaveLength(1);
    const only = await workspace.install(entries, { config: config(), only: ["two"] });
    expect(only).toMatchObject([{ name: "two", status: "unchanged" }]);
  });

  test("entries that share a name and want different things are refused, and stop no other", async () => {
    const entries = [tool({ name: "one" }), tool({ name: "two", python_version: "3.11" })];
    const outcomes = await workspace.install(entries, { config: config() });
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: "failed",
        error: {
          code: "CJM_CAPABILITIES_FILE_INVALID",
          message: "one, two share the environment 't', but python_version is '3.12' for one and '3.11' for two.",
        },
      });
    }
    expect(standIn.calls).toEqual([]);
  });

  test("one that fails half-way says what was said, and leaves nothing", async () => {
    const [outcome] = await workspace.install([tool({ python_version: "fail" })], { config: config() });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "CJM_ENVIRONMENT_FAILED", message: expect.stringContaining("libmamba python: nothing provides it") },
    });
    expect(workspace.environments()).toEqual([]);
  });
});

test("without the program it says how to get one", async () => {
  const [outcome] = await installAll({
    config: workspace.config({ condaType: "miniforge" }),
    file: workspace.at("capabilities.yaml"),
    entries: [tool()],
  });
  expect(outcome).toMatchObject({
    status: "failed",
    error: { code: "CJM_ENVIRONMENT_TOOL_MISSING", hint: expect.stringContaining("runtime: venv") },
  });
});

test("a configured program that is not there is named", async () => {
  await expect(CondaProgram.find(config({ binaries: { [KEY]: "/nowhere/micromamba" } }))).rejects.toMatchObject({
    code: "CJM_ENVIRONMENT_TOOL_MISSING",
    message: expect.stringContaining("/nowhere/micromamba"),
  });
});

test.each([
  ["micromamba", '{\n    "envs": [\n        "/r",\n        "/r/envs/a b"\n    ]\n}'],
  ["conda", '{"envs": ["/r", "/r/envs/a b"], "envs_details": {"/r": {"name": "base"}}}'],
])("what %s lists is read as JSON", (_program, printed) => {
  expect(environmentPrefixes(printed)).toEqual(["/r", "/r/envs/a b"]);
});

for (const condaType of ["micromamba", "miniforge", "conda"] as const) {
  test(`the real ${condaType} makes an environment`, async (context) => {
    const found = await CondaProgram.find(workspace.config({ condaType })).catch(() => null);
    if (found === null) skip(context, `${condaType} is not on the PATH`);
    const [outcome] = await workspace.install([tool()], { config: workspace.config({ condaType }) });
    expect(outcome).toMatchObject({ status: "installed" });
  }, 600_000);
}
