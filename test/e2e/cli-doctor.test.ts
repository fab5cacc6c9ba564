import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { isRunning, Program, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
});
afterEach(() => workspace[Symbol.asyncDispose]());

interface Report {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly part: string;
    readonly level: string;
    readonly text: string;
    readonly fix: string | null;
    readonly repaired: string | null;
    readonly repairable: boolean;
  }[];
}

const report = async (...args: string[]): Promise<Report> =>
  JSON.parse((await workspace.cjm(["doctor", "--json", ...args])).stdout) as Report;
const wrong = ({ findings }: Report): readonly string[] => findings.filter(({ level }) => level === "wrong").map(({ text }) => text);

async function gated(): Promise<Program> {
  await workspace.write(
    "gated.yaml",
    `name: gated\nnodes:\n  gate: { capability: probe, action: gate, args: { file: ${JSON.stringify(workspace.at("open"))} } }\n`,
  );
  const run = workspace.start(["run", "gated.yaml"]);
  await until("it stands at the gate", async () => (await workspace.cjm(["ps", "--json"])).stdout.includes('"state":"running"'));
  return run;
}

describe("where nothing is wrong", () => {
  test("it says what it looked at, with what there is", async () => {
    await workspace.cjm(["call", "probe", "echo", "--arg", "text=x"]);
    const { code, stdout, stderr } = await workspace.cjm(["doctor"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`✓ cjm-ctl runs on Node ${process.versions.node}, `);
    expect(stdout).toMatch(/^✓ Python 3\.\d+/m);
    expect(stdout).toContain(`✓ ${workspace.at("data")} can be written\n`);
    expect(stdout).toMatch(/^✓ \d+ databases are whole$/m);
    expect(stdout).toContain("✓ 1 capability is installed\n✓ no host runs\n");
    expect(stdout).toMatch(/\n\nEverything is in order\.\n$/);
  });

  test("an empty data directory is no fault, and is not made by looking", async () => {
    const { code, stdout } = await workspace.cjm(["doctor", "--data-dir", workspace.at("later")]);
    expect(code).toBe(0);
    expect(stdout).toContain(`· ${workspace.at("later")} is not there yet; the first command that needs it makes it\n`);
    expect(stdout).toContain("· no capability is installed\n    fix: 'cjm-ctl install-all' installs what capabilities.yaml lists.\n");
    expect(existsSync(workspace.at("later"))).toBe(false);
  });

  test("a file in the place of the data directory is one", async () => {
    await workspace.write("file", "");
    const { code, stdout } = await workspace.cjm(["doctor", "--data-dir", workspace.at("file")]);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`✗ ${workspace.at("file")} is a file, and no folder\n`)]);
  });

  test("a host that lives, its workers and its work are none", async () => {
    await using run = await gated();
    const { ok, findings } = await report("--repair");
    expect(ok).toBe(true);
    expect(findings.map(({ text }) => text)).toContain(`the host of pid ${run.pid} answers`);
    await workspace.write("open", "");
    expect(await run.result).toMatchObject({ code: 0 });
  });
});

describe("after a crash", () => {
  test("what died is named with the way out; --repair takes away what is of no use, and leaves the work to a person", async () => {
    {
      await using run = await gated();
      run.kill("SIGKILL");
      await run.result;
    }
    const env = { CJM_WORKER_SESSION_ID: "01a1ff9a-0b26-7ccc-9f32-02d1b23fa528", CJM_CAPABILITY_DATA_DIR: workspace.at("data/data") };
    await using orphan = new Program(process.execPath, ["-e", "console.log('here'); setInterval(() => {}, 1000)"], { env });
    await orphan.line(/^here$/);
    const halfMade = workspace.at("data/environments/.building-4194303-1-0123456789abcdef");
    mkdirSync(halfMade);

    const found = await workspace.cjm(["doctor"]);
    expect(found.code).toBe(1);
    expect(found.stdout).toContain(`✗ 1 control socket of hosts that died
    fix: cjm-ctl doctor --repair
✗ 1 composition of hosts that died: gated
    fix: cjm-ctl resume goes on with them; cjm-ctl cancel ID gives one up
✗ 1 worker of hosts that died still runs: pid ${orphan.pid}
    fix: kill -9 ${orphan.pid}
✗ 1 environment half made by an installation that died
    fix: cjm-ctl doctor --repair
`);
    expect(found.stdout).toContain("4 things are wrong. 'cjm-ctl doctor --repair' mends 3 of them.\n");
    expect([existsSync(halfMade), isRunning(orphan.pid)]).toEqual([true, true]);

    const mended = await report("--repair");
    expect(mended.findings.flatMap(({ repaired }) => repaired ?? [])).toEqual([
      "removed 1 control socket",
      "ended 1 worker",
      "removed 1 half-made environment",
    ]);
    expect(await orphan.result).toMatchObject({ signal: "SIGKILL" });
    expect(existsSync(halfMade)).toBe(false);
    expect(wrong(await report())).toEqual(["1 composition of hosts that died: gated"]);

    await workspace.write("open", "");
    expect(await workspace.cjm(["resume"])).toMatchObject({ code: 0 });
    expect(await report()).toMatchObject({ ok: true });
  });
});

describe("what is wrong with files", () => {
  test("secrets that others can read are closed by --repair", async () => {
    await workspace.cjm(["set-secret", "probe", "PROBE_KEY"], { input: "s3cret" });
    chmodSync(workspace.at("data/secrets"), 0o755);
    chmodSync(workspace.at("data/secrets/secrets.json"), 0o644);
    const found = await workspace.cjm(["doctor"]);
    expect(found.code).toBe(1);
    expect(found.stdout).toContain(`✗ ${workspace.at("data/secrets/secrets.json")} can be used by others: its mode is 0644
    fix: chmod 600 ${workspace.at("data/secrets/secrets.json")}
`);
    const mended = await workspace.cjm(["doctor", "--repair"]);
    expect([mended.code, mended.stdout.includes("    repaired: set the mode of ")]).toEqual([0, true]);
    const modes = ["data/secrets", "data/secrets/secrets.json"].map((path) => statSync(workspace.at(path)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600]);
    expect(await report()).toMatchObject({ ok: true });
  });

  test("databases that are none, manifests that are none, and environments that are gone are named, and left to a person", async () => {
    const noDatabase = "this is text, and long enough to be taken for a database at first ".repeat(40);
    await workspace.write("data/journal.db", noDatabase);
    await workspace.write("data/diagnostics.db", noDatabase);
    await workspace.write("data/manifests/broken.json", "{");
    await workspace.write("data/manifests/lost.json", JSON.stringify(lostManifest(workspace.at("data/environments/node-gone"))));
    const { findings } = await report("--repair");
    const named = new Map(findings.filter(({ level }) => level === "wrong").map(({ text, fix }) => [text, fix]));
    expect([...named.keys()]).toEqual([
      expect.stringMatching(/^journal\.db is damaged: /),
      expect.stringMatching(/^diagnostics\.db is damaged: /),
      expect.stringContaining("broken.json is no manifest: "),
      `The environment of lost is gone: ${workspace.at("data/environments/node-gone")}`,
      expect.stringMatching(/^What installations left cannot be told: .*broken\.json/),
    ]);
    expect([...named.values()]).toEqual([
      expect.stringContaining(".recover"),
      expect.stringContaining("mv "),
      expect.any(String),
      "cjm-ctl repair lost",
      "Mend the manifest first.",
    ]);
    expect(findings.every(({ repaired }) => repaired === null)).toBe(true);
    const { code, stdout, stderr } = await workspace.cjm(["doctor"]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/\n5 things are wrong\.\n$/);
  });
});

function lostManifest(environment: string): object {
  return {
    format_version: "2.0",
    install: { python_path: process.execPath, runtime: "node", worker: "node", environment_path: environment, package_source: "./lost" },
    code: { name: "lost", version: "1.0.0", description: "", module: "lost", class: "Lost" },
  };
}
