import { chmod, mkdir } from "node:fs/promises";
import { skip } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asOtherUser, whyNoOtherUser } from "./as-other-user.ts";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeAll(async () => {
  workspace = await CliWorkspace.create();
});
afterAll(() => workspace[Symbol.asyncDispose]());

describe("help", () => {
  test("nothing at all shows the help and is not understood", async () => {
    const { code, stdout } = await workspace.cjm([]);
    expect([code, stdout.includes("Commands:")]).toEqual([2, true]);
  });

  test("the version is that of the package", async () => {
    expect((await workspace.cjm(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("what is not understood", () => {
  test.each([
    [["lits"], "There is no command 'lits'."],
    [["lst"], "Did you mean 'list'?"],
    [["logs", "--limt", "3"], "There is no option --limt. Did you mean '--limit'?"],
    [["--jsn", "list"], "There is no option --jsn. Did you mean '--json'?"],
    [["--jsn"], "There is no option --jsn."],
    [["logs", "--limit"], "--limit takes a value."],
    [["logs", "--limit", "many"], "--limit takes a whole number from 0 to 999999999, not 'many'."],
    [["logs", "--limit", "-3"], "not '-3'"],
    [["logs", "--limit", "1.5"], "not '1.5'"],
    [["logs", "--limit", "10000000000"], "from 0 to 999999999, not '10000000000'."],
    [["ps", "--limit", "0"], "--limit takes a whole number from 1"],
    [["call", "x", "y", "--timeout", "0"], "--timeout takes a whole number from 1 to 2147483, not '0'."],
    [["call", "x", "y", "--timeout", "2147484"], "--timeout takes a whole number from 1 to 2147483"],
    [["retention", "--max-total-mb", "0"], "--max-total-mb takes a whole number from 1"],
    [["retention", "--max-age-days", "36501"], "--max-age-days takes a whole number from 0 to 36500"],
    [["retention", "--jobs-max-age-days", "1e3"], "--jobs-max-age-days takes a whole number from 0 to 36500, not '1e3'."],
    [["logs", "--level", "loud"], "There is no level 'loud'"],
    [["logs", "--journal", "--chunks"], "different logs"],
    [["logs", "extra"], "'extra' is one argument too many"],
    [["call"], "The argument <name> is missing."],
    [["call", "x", "y", "--arg", "novalue"], "--arg takes NAME=VALUE"],
    [["call", "x", "y", "--args-json", "{"], "--args-json is not JSON"],
    [["call", "x", "--task", "t"], "--task and --method go together"],
    [["set-secret", "x", "1st"], "cannot be the name of a secret"],
    [["validate", "cjm.yaml", "--kind", "poem"], "There is no kind 'poem'"],
  ])("%j", async (args, message) => {
    await workspace.write("data/manifests/x.json", JSON.stringify({ unit: "adapter" }));
    const { code, stdout, stderr } = await workspace.cjm(args, { input: "value" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("what is wrong with configuration", () => {
  test("a cjm.yaml that is not there, is broken, or says nonsense is named with line and field", async () => {
    expect((await workspace.cjm(["list", "--config", "nowhere.yaml"])).stderr).toContain(
      `There is no configuration file at ${workspace.at("nowhere.yaml")}`,
    );
    const broken = await workspace.write("broken.yaml", "data_dir: [");
    expect((await workspace.cjm(["list", "--config", broken])).stderr).toContain("line 1");
    const wrong = await workspace.write("wrong.yaml", "runtime:\n  conda_type: anaconda\n");
    const { code, stderr } = await workspace.cjm(["list", "--config", wrong]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("line 2: runtime.conda_type")]);
  });

  test("the option wins over the environment, which wins over the file", async () => {
    const dataDirOf = async (args: string[], env = {}): Promise<string> => (await workspace.cjm(["list", ...args], { env })).stderr;
    expect(await dataDirOf([])).toContain(workspace.at("data/manifests"));
    expect(await dataDirOf([], { CJM_DATA_DIR: "/tmp/from-env" })).toContain("/tmp/from-env/manifests");
    expect(await dataDirOf(["--data-dir", "opt"], { CJM_DATA_DIR: "/tmp/from-env" })).toContain(workspace.at("opt/manifests"));
  });

  test.each([
    ["ps"],
    ["top", "--once"],
    ["logs"],
    ["retention"],
    ["resume"],
    ["list"],
    ["gc"],
    ["list-secrets", "x"],
    ["install-all"],
    ["inspect", "x"],
  ])("a data directory that is a file is no empty installation: %s %s", async (...words) => {
    const file = await workspace.write("file", "");
    const args = words.filter((word) => word !== undefined);
    const { code, stdout, stderr } = await workspace.cjm([...args, "--data-dir", "file"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`The data directory ${file} cannot be used: it is no folder. [CJM_CONFIG_INVALID]`);
    expect(stderr).toContain("Its path is from --data-dir;");
  });

  test("where the path of a bad data directory comes from is said; 'config' shows it all the same", async () => {
    const file = await workspace.write("file", "");
    expect((await workspace.cjm(["ps"], { env: { CJM_DATA_DIR: "file/inside" } })).stderr).toMatch(
      /file\/inside cannot be used: a part of its path is no folder\.[\s\S]*from CJM_DATA_DIR;/,
    );
    const yaml = await workspace.write("filed.yaml", "data_dir: ./file\n");
    expect((await workspace.cjm(["ps", "--config", yaml])).stderr).toContain(`Its path is from ${yaml}:1;`);
    expect(await workspace.cjm(["config", "data_dir", "--config", yaml])).toMatchObject({ code: 0, stdout: `${file}\n` });
  });

  test("a data directory that may not be looked into is no empty installation", async (context) => {
    const reason = await whyNoOtherUser(workspace);
    if (reason !== null) skip(context, reason);
    await mkdir(workspace.at("locked"), { mode: 0 });
    const { code, stderr } = await asOtherUser(workspace, ["ps", "--data-dir", "locked"]);
    await chmod(workspace.at("locked"), 0o700);
    expect([code, stderr]).toEqual([1, expect.stringContaining("cannot be used: permission is denied.")]);
  });

  test("a data directory that cannot be made is said without a stack", async () => {
    await workspace.write("file", "");
    const { code, stderr } = await workspace.cjm(["set-secret", "x", "K", "--data-dir", "file/inside"], { input: "v" });
    expect(code).toBe(1);
    expect(stderr).toContain("file/inside");
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test("an error code stands beside the message, and colours only where they are wanted", async () => {
  const escapeCode = String.fromCharCode(27);
  const plain = await workspace.cjm(["validate", "nope.yaml"]);
  expect(plain.stderr).toContain("[CJM_CONFIG_INVALID]");
  expect(plain.stderr).not.toContain(escapeCode);
  expect((await workspace.cjm(["validate", "nope.yaml"], { env: { FORCE_COLOR: "1" } })).stderr).toContain(escapeCode);
  expect((await workspace.cjm(["validate", "nope.yaml", "--no-color"], { env: { FORCE_COLOR: "1" } })).stderr).not.toContain(escapeCode);
  expect((await workspace.cjm(["validate", "nope.yaml"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stderr).not.toContain(escapeCode);
});

test("--debug adds the stack", async () => {
  expect((await workspace.cjm(["validate", "nope.yaml", "--debug"])).stderr).toMatch(/^\s+at .*validate\.ts/m);
});
