import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, constants, openSync, rmSync } from "node:fs";
import { skip, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asOtherUser, whyNoOtherUser } from "./as-other-user.ts";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

interface Shown {
  readonly file: string | null;
  readonly workspace: { readonly root: string } | null;
  readonly values: readonly { readonly key: string; readonly value: unknown; readonly source: string; readonly from: string | null }[];
  readonly warnings: readonly string[];
}
const shown = async (args: readonly string[] = [], env: Record<string, string> = {}): Promise<Shown> =>
  JSON.parse((await workspace.cjm(["config", "--json", ...args], { env })).stdout) as Shown;
const dataDir = ({ values }: Shown) => values.find(({ key }) => key === "data_dir");

describe("every value, with where it came from", () => {
  test("for people: the key, the value, and the line of the file", async () => {
    const { code, stdout, stderr } = await workspace.cjm(["config"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`cjm.yaml  ${workspace.at("cjm.yaml")}`);
    expect(stdout).toMatch(new RegExp(`^data_dir +${workspace.at("data")} +${workspace.at("cjm.yaml")}:1$`, "m"));
    expect(stdout).toMatch(/^substrate\.diagnostics_retention_days +30 +default$/m);
  });

  test("layer over layer", async () => {
    await workspace.write("sub/cjm-workspace.yaml", "name: sub\n");
    const root = workspace.at("sub");
    const inside = { CJM_WORKSPACE: root };
    expect(dataDir(await shown([], inside))).toMatchObject({ source: "file", from: `${workspace.at("cjm.yaml")}:1` });
    rmSync(workspace.at("cjm.yaml"));
    expect(dataDir(await shown())).toEqual({ key: "data_dir", value: workspace.at(".cjm"), source: "default", from: null });
    expect(dataDir(await shown([], inside))).toMatchObject({
      value: `${root}/.cjm`,
      source: "workspace",
      from: `${root}/cjm-workspace.yaml`,
    });
    expect(dataDir(await shown([], { ...inside, CJM_DATA_DIR: "~/e" }))).toMatchObject({
      value: workspace.at("e"),
      source: "environment",
      from: "CJM_DATA_DIR",
    });
    expect(dataDir(await shown(["--data-dir", "o"], { ...inside, CJM_DATA_DIR: "~/e" }))).toMatchObject({
      value: workspace.at("o"),
      source: "option",
      from: "--data-dir",
    });
    const conda = await shown(["--conda-type", "miniforge", "--conda-prefix", "c"], { CJM_CONDA_TYPE: "micromamba" });
    expect(conda.values.filter(({ source }) => source === "option").map(({ key, value }) => [key, value])).toEqual([
      ["runtime.conda_type", "miniforge"],
      ["runtime.prefix", workspace.at("c")],
    ]);
  });

  test("one value for a script, a section, and a key that is not there", async () => {
    expect((await workspace.cjm(["config", "data_dir"])).stdout).toBe(`${workspace.at("data")}\n`);
    expect((await workspace.cjm(["config", "models_dir"])).stdout).toBe("\n");
    expect((await shown(["runtime.micromamba"])).values.map(({ key }) => key.split(".").at(-1))).toEqual(["version", "mirror", "sha256"]);
    const { code, stdout, stderr } = await workspace.cjm(["config", "datadir"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("There is no configuration key 'datadir'. Did you mean 'data_dir'?");
    expect((await workspace.cjm(["config", "conda_type"])).stderr).toContain("Did you mean 'runtime.conda_type'?");
  });

  test("a key of the file that is not known is warned of by every command, and by validate", async () => {
    await workspace.write("cjm.yaml", "data_dir: ./data\nsubstrate:\n  drift_detecton: false\n");
    const warning = `${workspace.at("cjm.yaml")}:3: substrate.drift_detecton is not known. Did you mean 'drift_detection'?`;
    expect((await shown()).warnings).toEqual([warning]);
    const listed = await workspace.cjm(["list"]);
    expect([listed.code, listed.stderr.split(warning).length]).toEqual([0, 2]);
    expect((await workspace.cjm(["list", "--quiet"])).stderr).toBe("");
    const validated = await workspace.cjm(["validate", "cjm.yaml", "--json"]);
    expect(JSON.parse(validated.stdout)).toMatchObject({ valid: true, warnings: [warning] });
  });
});

describe("what is wrong", () => {
  test("with the file: not there, no YAML, wrong values, a folder", async () => {
    const cases: [string, string, string][] = [
      ["none.yaml", "", `There is no configuration file at ${workspace.at("none.yaml")}`],
      ["broken.yaml", "data_dir: [", "line 1: "],
      ["wrong.yaml", "substrate:\n  drift_detection: 'no'\nruntime:\n  mode: far\n", "line 2: substrate.drift_detection: "],
      ["list.yaml", "- a\n", "must be a map, not a list"],
    ];
    for (const [name, text, message] of cases) {
      if (text !== "") await workspace.write(name, text);
      const { code, stdout, stderr } = await workspace.cjm(["config", "--cjm-config", name]);
      expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining(message)]);
      expect(stderr).toContain("[CJM_CONFIG_INVALID]");
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect((await workspace.cjm(["config", "--cjm-config", "."])).stderr).toContain("cannot be read");
  });

  test("with the environment and the options", async () => {
    const variable = await workspace.cjm(["config"], { env: { CJM_CONDA_TYPE: "coda" } });
    expect([variable.code, variable.stderr.split("\n")[0]]).toEqual([
      1,
      "error CJM_CONDA_TYPE is 'coda'. Did you mean 'conda'? [CJM_CONFIG_INVALID]",
    ]);
    expect((await workspace.cjm(["config", "--conda-type", "anaconda"])).stderr).toContain("--conda-type is 'anaconda'");
    expect((await workspace.cjm(["config"], { env: { CJM_WORKSPACE: "gone" } })).stderr).toContain(
      `CJM_WORKSPACE names ${workspace.at("gone")}`,
    );
  });

  test("with permissions", async (context) => {
    const reason = await whyNoOtherUser(workspace);
    if (reason !== null) skip(context, reason);
    chmodSync(workspace.at("cjm.yaml"), 0o000);
    const { code, stderr } = await asOtherUser(workspace, ["config"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot be read: permission is denied[\s\S]*you may read it/)]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test("Ctrl-C while a file cannot be read to its end: the second one does not wait", async () => {
  rmSync(workspace.at("cjm.yaml"));
  execFileSync("mkfifo", [workspace.at("cjm.yaml")]);
  await using program = workspace.start(["config"]);
  await until("it opened the pipe", () => hasReader(workspace.at("cjm.yaml")));
  program.kill("SIGINT");
  await program.line(/Cancelling; press Ctrl-C again/);
  program.kill("SIGINT");
  expect(await program.result).toMatchObject({ code: null, signal: "SIGINT", stdout: "" });
});

/** Opening a pipe for writing without waiting works only when somebody reads it. */
function hasReader(path: string): boolean {
  try {
    // What is opened is never closed while the program runs: it would read an empty file.
    openPipes.push(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

const openPipes: number[] = [];
afterEach(() => {
  for (const pipe of openPipes.splice(0)) closeSync(pipe);
});
