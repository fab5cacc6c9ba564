import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { skip } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asOtherUser, whyNoOtherUser } from "./as-other-user.ts";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
  rmSync(workspace.at("cjm.yaml"));
});
afterEach(() => workspace[Symbol.asyncDispose]());

const marker = (): string => readFileSync(workspace.at("shop/cjm-workspace.yaml"), "utf8");

describe("workspace-init", () => {
  test("makes a workspace that other commands work in", async () => {
    const { code, stdout, stderr } = await workspace.cjm(["workspace-init", "shop", "--name", "My shop"]);
    expect([code, stdout.split("\n").filter((line) => line.startsWith("ok: ")).length]).toEqual([0, 4]);
    expect(stderr).toContain(`Made ${workspace.at("shop/cjm-workspace.yaml")}`);
    expect(marker()).toBe("name: My shop\n");
    const inside = await workspace.cjm(["config", "data_dir"], { cwd: workspace.at("shop/runs") });
    expect(inside.stdout).toBe(`${workspace.at("shop/.cjm")}\n`);
  });

  test("here, when no folder is named, with the folder's name; as JSON", async () => {
    mkdirSync(workspace.at("shop"));
    const { code, stdout, stderr } = await workspace.cjm(["workspace-init", "--json", "--quiet"], { cwd: workspace.at("shop") });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ root: workspace.at("shop"), name: "shop", findings: [{ ok: true }, {}, {}, {}] });
  });

  test("a second time changes nothing, whatever the name", async () => {
    await workspace.write("shop/cjm-workspace.yaml", "# by hand\nname: old\n");
    await workspace.write("shop/runs/one.json", "{}");
    await workspace.cjm(["workspace-init", "shop"]);
    const { code, stderr } = await workspace.cjm(["workspace-init", "shop", "--name", "new"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("keeps the name 'old'")]);
    expect([marker(), readFileSync(workspace.at("shop/runs/one.json"), "utf8")]).toEqual(["# by hand\nname: old\n", "{}"]);
  });

  test("works where CJM_WORKSPACE and cjm.yaml are broken: it is the way out", async () => {
    await workspace.write("cjm.yaml", "data_dir: [");
    const { code } = await workspace.cjm(["workspace-init", "shop"], { env: { CJM_WORKSPACE: workspace.at("shop") } });
    expect([code, existsSync(workspace.at("shop/runs"))]).toEqual([0, true]);
  });

  test("a file in the way, or an empty name, is said", async () => {
    await workspace.write("file", "");
    const blocked = await workspace.cjm(["workspace-init", "file"]);
    expect([blocked.code, blocked.stderr]).toEqual([1, expect.stringContaining(`${workspace.at("file")} cannot be made a workspace`)]);
    const unnamed = await workspace.cjm(["workspace-init", "shop", "--name", " "]);
    expect([unnamed.code, existsSync(workspace.at("shop"))]).toEqual([2, false]);
    expect(blocked.stderr + unnamed.stderr).not.toMatch(/^\s+at /m);
  });

  test("a folder that may not be written to is said", async (context) => {
    const reason = await whyNoOtherUser(workspace);
    if (reason !== null) skip(context, reason);
    mkdirSync(workspace.at("locked"));
    chmodSync(workspace.at("locked"), 0o500);
    const { code, stderr } = await asOtherUser(workspace, ["workspace-init", "locked"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/permission is denied[\s\S]*may write to/)]);
    chmodSync(workspace.at("locked"), 0o700);
  });
});

describe("workspace-doctor", () => {
  test("has nothing to say against a new one, wherever it is asked from", async () => {
    await workspace.cjm(["workspace-init", "shop"]);
    const asked = await Promise.all([
      workspace.cjm(["workspace-doctor"], { cwd: workspace.at("shop/.cjm/sidecars") }),
      workspace.cjm(["workspace-doctor", "-w", "shop"]),
      workspace.cjm(["workspace-doctor"], { env: { CJM_WORKSPACE: workspace.at("shop") } }),
    ]);
    for (const { code, stdout } of asked) {
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^(ok: .*\n){4}$/)]);
    }
  });

  test("names what is missing or broken, makes nothing, and fails", async () => {
    await workspace.write("shop/cjm-workspace.yaml", "name: [");
    await workspace.write("shop/runs", "a file");
    const { code, stdout, stderr } = await workspace.cjm(["workspace-doctor", "--workspace", "shop"]);
    expect(code).toBe(1);
    expect(stdout.match(/^warn: /gm)).toHaveLength(4);
    expect(stdout).toContain(`warn: runs folder ${workspace.at("shop/runs")} is no folder`);
    expect(stderr).toContain("'cjm-ctl workspace-init");
    expect(existsSync(workspace.at("shop/.cjm"))).toBe(false);
    const json = await workspace.cjm(["workspace-doctor", "--workspace", "shop", "--json"]);
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([1, { ok: false, findings: [{ part: "marker", ok: false }, {}, {}, {}] }]);
  });

  test("where there is none, it says how to have one", async () => {
    const none = await workspace.cjm(["workspace-doctor"]);
    expect([none.code, none.stdout, none.stderr]).toEqual([1, "", expect.stringContaining("workspace-init")]);
    const named = await workspace.cjm(["workspace-doctor", "--workspace", "gone", "--json"]);
    expect([named.code, JSON.parse(named.stderr)]).toMatchObject([1, { error: { code: "CJM_CONFIG_INVALID" } }]);
  });

  test("names what may not be written to", async (context) => {
    const reason = await whyNoOtherUser(workspace);
    if (reason !== null) skip(context, reason);
    await workspace.cjm(["workspace-init", "shop"]);
    chmodSync(workspace.at("shop/runs"), 0o500);
    const { code, stdout } = await asOtherUser(workspace, ["workspace-doctor", "-w", "shop"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`warn: runs folder ${workspace.at("shop/runs")} is not writable`)]);
    chmodSync(workspace.at("shop/runs"), 0o700);
  });
});
