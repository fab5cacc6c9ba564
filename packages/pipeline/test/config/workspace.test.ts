import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { skip, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { examineWorkspace, findWorkspace, resolveConfig, startWorkspace, WORKSPACE_MARKER } from "../../src/index.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (...parts: string[]): string => join(folder.path, ...parts);
const mark = (root: string, text = ""): void => {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, WORKSPACE_MARKER), text);
};

describe("which workspace is in force", () => {
  test("none, when nothing names one and no folder upwards holds the marker", async () => {
    expect(await findWorkspace({ cwd: folder.path, env: {} })).toBeNull();
  });

  test("the nearest upwards, the folder itself included", async () => {
    mark(at("outer"), "name: outer one\n");
    mkdirSync(at("outer/a/b"), { recursive: true });
    expect(await findWorkspace({ cwd: at("outer/a/b"), env: {} })).toEqual({ root: at("outer"), name: "outer one" });
    mark(at("outer/a"));
    expect(await findWorkspace({ cwd: at("outer/a"), env: {} })).toEqual({ root: at("outer/a"), name: "a" });
  });

  test("that of CJM_WORKSPACE before the nearest, and the one that is named before both", async () => {
    for (const name of ["near", "variable", "named"]) mark(at(name));
    const env = { CJM_WORKSPACE: "~/variable", HOME: folder.path };
    expect(await findWorkspace({ cwd: at("near"), env })).toMatchObject({ name: "variable" });
    expect(await findWorkspace({ cwd: at("near"), env, workspace: "../named" })).toMatchObject({ name: "named", root: at("named") });
  });

  test("one that is named and lacks the marker is refused", async () => {
    mark(at("near"));
    mkdirSync(at("bare"));
    await expect(findWorkspace({ cwd: at("near"), env: { CJM_WORKSPACE: at("bare") } })).rejects.toMatchObject({
      code: "CJM_CONFIG_INVALID",
      message: expect.stringContaining(`CJM_WORKSPACE names ${at("bare")}`),
      hint: expect.stringContaining("unset CJM_WORKSPACE"),
    });
    await expect(findWorkspace({ cwd: at("near"), env: {}, workspace: at("bare") })).rejects.toMatchObject({
      message: expect.stringContaining(at("bare")),
    });
  });

  test.each([["name: [broken"], ["- a list"], ["name: 7"], ["name: ''"], ["\u0000"]])(
    "a marker that says nothing is an empty one: %j",
    async (text) => {
      mark(at("shop"), text);
      expect(await findWorkspace({ cwd: at("shop"), env: {} })).toEqual({ root: at("shop"), name: "shop" });
    },
  );
});

describe("what it does to the configuration", () => {
  test("its data directory is the default", async () => {
    mark(at("ws"));
    const { config, workspace, values } = await resolveConfig({ cwd: at("ws"), env: { HOME: "/h" } });
    expect([config.dataDir, workspace?.root]).toEqual([at("ws/.cjm"), at("ws")]);
    expect(values.find(({ key }) => key === "data_dir")).toMatchObject({ source: "workspace", from: at("ws", WORKSPACE_MARKER) });
  });

  test("whatever is said wins over it, also when it says what the default would be without", async () => {
    mark(at("ws"));
    writeFileSync(at("ws/cjm.yaml"), "data_dir: ~/.cjm\n");
    expect((await resolveConfig({ cwd: at("ws"), env: { HOME: "/h" } })).config.dataDir).toBe("/h/.cjm");
    expect((await resolveConfig({ cwd: at("ws"), env: { HOME: "/h", CJM_DATA_DIR: "/env" } })).config.dataDir).toBe("/env");
    expect((await resolveConfig({ cwd: at("ws"), env: { HOME: "/h" }, dataDir: "d" })).config.dataDir).toBe(at("ws/d"));
  });

  test("its cjm.yaml counts where none is nearer", async () => {
    mark(at("ws"));
    writeFileSync(at("ws/cjm.yaml"), "models_dir: ./models\n");
    mkdirSync(at("elsewhere"));
    const env = { CJM_WORKSPACE: at("ws"), HOME: "/h" };
    const far = await resolveConfig({ cwd: at("elsewhere"), env });
    expect([far.file, far.config.modelsDir, far.config.dataDir]).toEqual([at("ws/cjm.yaml"), at("ws/models"), at("ws/.cjm")]);
    writeFileSync(at("elsewhere/cjm.yaml"), "");
    const near = await resolveConfig({ cwd: at("elsewhere"), env });
    expect([near.file, near.config.modelsDir, near.config.dataDir]).toEqual([at("elsewhere/cjm.yaml"), null, at("ws/.cjm")]);
  });

  test("a bad CJM_WORKSPACE is said, whatever else is given", async () => {
    await expect(resolveConfig({ cwd: folder.path, env: { CJM_WORKSPACE: "nowhere" }, dataDir: "d" })).rejects.toMatchObject({
      code: "CJM_CONFIG_INVALID",
    });
  });
});

describe("starting one", () => {
  test("makes marker and folders, and says so", async () => {
    const { workspace, made } = await startWorkspace(at("new/shop"), 'the "shop": №1');
    expect(workspace).toEqual({ root: at("new/shop"), name: 'the "shop": №1' });
    expect(made).toEqual([at("new/shop", WORKSPACE_MARKER), at("new/shop/runs"), at("new/shop/.cjm"), at("new/shop/.cjm/sidecars")]);
    expect((await examineWorkspace(workspace)).every(({ ok }) => ok)).toBe(true);
  });

  test("changes nothing that is there, and makes what is missing", async () => {
    mark(at("shop"), "# mine\nname: old\n");
    mkdirSync(at("shop/runs"));
    writeFileSync(at("shop/runs/keep"), "kept");
    const { workspace, made } = await startWorkspace(at("shop"), "new");
    expect(workspace.name).toBe("old");
    expect(made).toEqual([at("shop/.cjm"), at("shop/.cjm/sidecars")]);
    expect((await startWorkspace(at("shop"))).made).toEqual([]);
    expect([readFileSync(at("shop", WORKSPACE_MARKER), "utf8"), readFileSync(at("shop/runs/keep"), "utf8")]).toEqual([
      "# mine\nname: old\n",
      "kept",
    ]);
  });

  test("a file in the way is said, and stays", async () => {
    mkdirSync(at("shop"));
    writeFileSync(at("shop/runs"), "a file");
    await expect(startWorkspace(at("shop"))).rejects.toMatchObject({
      code: "CJM_CONFIG_INVALID",
      message: expect.stringContaining(at("shop")),
    });
    expect(readFileSync(at("shop/runs"), "utf8")).toBe("a file");
  });
});

describe("examining one", () => {
  test("names what is missing, no folder, or no marker", async () => {
    const { workspace } = await startWorkspace(at("shop"));
    rmSync(at("shop/runs"), { recursive: true });
    rmSync(at("shop/.cjm/sidecars"), { recursive: true });
    writeFileSync(at("shop/.cjm/sidecars"), "");
    writeFileSync(at("shop", WORKSPACE_MARKER), "name: [");
    const findings = await examineWorkspace(workspace);
    expect(findings.map(({ part, ok }) => [part, ok])).toEqual([
      ["marker", false],
      ["runs", false],
      ["data", true],
      ["sidecars", false],
    ]);
    expect(findings.map(({ text }) => text)).toEqual([
      expect.stringContaining("cannot be read"),
      `runs folder ${at("shop/runs")} is missing`,
      `data directory ${at("shop/.cjm")}`,
      `sidecars folder ${at("shop/.cjm/sidecars")} is no folder`,
    ]);
  });

  test("names what cannot be written", async (context) => {
    if (process.getuid?.() === 0) skip(context, "root may write everywhere; test/e2e/cli-workspace.test.ts looks as another user");
    const { workspace } = await startWorkspace(at("shop"));
    chmodSync(at("shop/runs"), 0o500);
    expect((await examineWorkspace(workspace))[1]).toEqual({
      ok: false,
      part: "runs",
      text: `runs folder ${at("shop/runs")} is not writable`,
    });
    chmodSync(at("shop/runs"), 0o700);
  });
});
