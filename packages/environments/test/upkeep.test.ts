import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CondaStandIn, runProgram, skip } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, type TestContext, test, vi } from "vitest";
import type { InstallOptions } from "../src/index.ts";
import { collectGarbage, findGarbage, planRemoval, regenerateManifest, removeCapability, repair } from "../src/index.ts";
import { occupy } from "../src/store/occupancy.ts";
import { ask, entry, environmentOf, InstallWorkspace } from "./install-workspace.ts";

let workspace: InstallWorkspace;
let standIn: CondaStandIn;
beforeEach(async () => {
  workspace = await InstallWorkspace.create();
  standIn = await CondaStandIn.create(workspace.at("bin"));
  // Nothing here may need a network: whoever asks one is refused at once.
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:9/");
  vi.stubEnv("PIP_INDEX_URL", "http://127.0.0.1:9/");
  vi.stubEnv("PIP_RETRIES", "0");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await workspace[Symbol.asyncDispose]();
});

const config = () => workspace.config({ binaries: { [`${process.platform}-${process.arch}`]: standIn.path } });
const KINDS = {
  node: () => entry({ name: "tool", runtime: "node", package: workspace.nodePackage("tool") }),
  venv: () => entry({ name: "tool", runtime: "venv", package: workspace.pythonPackage("my-tool") }),
  conda: () => entry({ name: "tool", env_name: "t", python_version: "3.12", package: workspace.pythonPackage("my-tool") }),
} as const;

async function installed(kind: keyof typeof KINDS, context: TestContext, more: Partial<InstallOptions> = {}) {
  if (kind === "conda" && (await runProgram("python3", ["-c", "import pip"])).code !== 0) skip(context, "python3 has no pip");
  const [outcome] = await workspace.install([KINDS[kind]()], { config: config(), ...more });
  if (outcome?.status === "failed") throw outcome.error;
  return environmentOf(outcome);
}

describe.each(["node", "venv", "conda"] as const)("%s", (kind) => {
  test("what is broken is made again from its lock, without the source and without a network", async (context) => {
    const { path, lock, hash } = await installed(kind, context);
    expect(workspace.manifest("tool").install).toMatchObject({ environment_lock: lock, environment_hash: hash });
    const inside = join(path, kind === "node" ? "node_modules" : "bin");
    rmSync(inside, { recursive: true });
    rmSync(workspace.at(kind === "node" ? "tool" : "my-tool"), { recursive: true });
    const steps: string[] = [];
    const outcome = await repair("tool", { config: config(), onStep: (title) => steps.push(title) });
    expect(outcome).toMatchObject({ name: "tool", environment: { path }, sharedWith: [] });
    expect(steps.join()).toContain("locked");
    expect(existsSync(inside)).toBe(true);
    expect((await regenerateManifest("tool", { config: config(), introspector: ask })).introspection.version).toBe("1.0.0");
    expect(workspace.environments()).toEqual([path.split("/").at(-1)]);
  });

  test("one that is interrupted while it is made again is left as it was", async (context) => {
    const { path } = await installed(kind, context);
    writeFileSync(join(path, "mine"), "");
    const controller = new AbortController();
    const onStep = (): void => controller.abort(new Error("stopped"));
    await expect(repair("tool", { config: config(), signal: controller.signal, onStep })).rejects.toThrow("stopped");
    expect(existsSync(join(path, "mine"))).toBe(true);
    expect(workspace.environments()).toEqual([path.split("/").at(-1)]);
  });
});

describe("a lock", () => {
  test("that was changed is refused, and the environment stays", async (context) => {
    const { path, lock } = await installed("venv", context);
    const file = readdirSync(lock, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith(".whl")) ?? "";
    writeFileSync(join(lock, file), "something else");
    await expect(repair("tool", { config: config() })).rejects.toMatchObject({
      code: "CJM_ENVIRONMENT_LOCK_INVALID",
      message: expect.stringContaining(`its file ${file} was changed`),
    });
    expect(existsSync(join(path, "bin/python"))).toBe(true);
  });

  test("pins every package with the hash of its archive", async (context) => {
    if ((await runProgram("python3", ["-c", "import pip"])).code !== 0) skip(context, "python3 has no pip");
    workspace.pythonPackage("helper");
    const own = workspace.pythonPackage("my-tool", "1.0.0", ["helper"]);
    const [outcome] = await workspace.install([entry({ name: "tool", runtime: "venv", package: own, interface_libs: ["./helper"] })]);
    const text = readFileSync(join(environmentOf(outcome).lock, "requirements.txt"), "utf8");
    expect(text.trim().split("\n").sort()).toEqual([
      expect.stringMatching(/^helper==1\.0\.0 --hash=sha256:[0-9a-f]{64}$/),
      expect.stringMatching(/^my-tool==1\.0\.0 --hash=sha256:[0-9a-f]{64}$/),
    ]);
  });
});

test("where Python has no pip, a package that needs none is locked as its wheel, and made again from it", async (context) => {
  const bare = await runProgram("/usr/bin/python3", ["-c", "import venv\ntry:\n import pip\nexcept ImportError: print('bare')"]).catch(
    () => null,
  );
  if (bare?.code !== 0 || bare.stdout !== "bare\n") skip(context, "/usr/bin/python3 has pip, or no venv");
  vi.stubEnv("PATH", "/usr/bin");
  const { path, lock } = await installed("venv", context);
  expect(readdirSync(lock)).toContain("my_tool-1.0.0-py3-none-any.whl");
  rmSync(join(path, "lib"), { recursive: true });
  expect(await repair("tool", { config: config() })).toMatchObject({ environment: { path } });
});

describe("garbage", () => {
  test("is what no manifest refers to: environments with their locks, leftovers, logs", async (context) => {
    const first = await installed("venv", context);
    workspace.pythonPackage("my-tool", "2.0.0");
    const [second] = await workspace.install([entry({ name: "tool", runtime: "venv", package: "./my-tool" })]);
    writeFileSync(workspace.at("data/environments/.building-999999999-1-0123456789abcdef"), "");
    writeFileSync(workspace.at("data/logs/install-gone.log"), "12345");
    const items = await findGarbage(config());
    expect(items.map(({ kind }) => kind)).toEqual(["environment", "lock", "leftover", "recipe", "log"]);
    expect(items[0]).toMatchObject({ path: first.path });
    expect(items.at(-1)).toMatchObject({ bytes: 5 });
    expect(await collectGarbage(config(), items)).toEqual(items);
    expect(await findGarbage(config())).toEqual([]);
    expect(existsSync(environmentOf(second).interpreter)).toBe(true);
    expect(existsSync(first.path)).toBe(false);
  });

  test("is not looked for while a manifest cannot be read", async (context) => {
    await installed("venv", context);
    writeFileSync(workspace.at("data/manifests/broken.json"), "{");
    await expect(findGarbage(config())).rejects.toMatchObject({
      code: "CJM_MANIFEST_INVALID",
      message: expect.stringContaining("broken.json"),
    });
  });

  test("is not collected while somebody installs, nor is installed while it is collected", async () => {
    const root = workspace.at("data/environments");
    {
      await using _installing = await occupy(root, "shared");
      await expect(collectGarbage(config(), [])).rejects.toMatchObject({ code: "CJM_ENVIRONMENT_BUSY" });
    }
    await using _collecting = await occupy(root, "exclusive");
    await expect(workspace.install([KINDS.node()])).rejects.toMatchObject({ code: "CJM_ENVIRONMENT_BUSY", details: { pid: process.pid } });
  });
});

describe("removing", () => {
  test("takes the environment along, unless another lives in it", async (context) => {
    const path = workspace.pythonPackage("my-tool");
    if ((await runProgram("python3", ["-c", "import venv"])).code !== 0) skip(context, "python3 has no venv");
    const outcomes = await workspace.install([
      entry({ name: "one", runtime: "venv", package: path }),
      entry({ name: "two", runtime: "venv", package: path }),
    ]);
    const shared = environmentOf(outcomes[0]).path;
    expect(await planRemoval("one", { config: config() })).toMatchObject({ environment: shared, sharedWith: ["two"] });
    await removeCapability("one", { config: config(), keepEnvironment: false });
    expect([existsSync(shared), existsSync(workspace.at("data/manifests/one.json"))]).toEqual([true, false]);
    await removeCapability("two", { config: config(), keepEnvironment: false });
    expect(workspace.environments()).toEqual([]);
  });

  test("an environment that conda knows by name is removed by conda", async () => {
    const prefix = workspace.at("bin/micromamba-state/root/envs/theirs");
    await runProgram(standIn.path, ["create", "--yes", "--name", "theirs", "ffmpeg=6"]);
    expect(existsSync(prefix)).toBe(true);
    await workspace.writeManifest("old", { python_path: join(prefix, "bin/python"), conda_env: "theirs" });
    await removeCapability("old", { config: config(), keepEnvironment: false });
    expect(standIn.calls.slice(-2)).toEqual([
      ["env", "list", "--json"],
      ["env", "remove", "--yes", "--prefix", prefix],
    ]);
    expect(existsSync(prefix)).toBe(false);
  });
});

test("a manifest written again keeps what an operator wrote, and when and from what it was installed", async (context) => {
  await installed("venv", context);
  const before = workspace.manifest("tool");
  const { python_path, environment_path, environment_hash, runtime, worker } = before.install;
  await workspace.writeManifest(
    "tool",
    {
      python_path,
      environment_path,
      environment_hash,
      runtime,
      worker,
      installed_at: "2026-01-01T00:00:00+00:00",
      package_source: "./my-tool",
      db_path: "/db",
      env_vars: { A: "1" },
    },
    { code: { ...before.code, resources: { requires_gpu: true } }, overrides: { mine: true } },
  );
  await regenerateManifest("tool", { config: config(), introspector: ask });
  expect(workspace.manifest("tool")).toMatchObject({
    install: { installed_at: "2026-01-01T00:00:00+00:00", package_source: "./my-tool", db_path: "/db", env_vars: { A: "1" } },
    code: { resources: { requires_gpu: true } },
    overrides: { mine: true },
  });
});
