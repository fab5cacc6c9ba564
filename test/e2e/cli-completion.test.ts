import { chmodSync } from "node:fs";
import { runProgram, skip } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeAll(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
  await workspace.write("flow.yaml", "name: flow\ninputs:\n  folder: { type: path }\nnodes:\n  a: { capability: probe, action: echo }\n");
  const { command } = workspace.commandLine([]);
  await workspace.write("bin/cjm-ctl", `#!/bin/sh\nexec ${command.join(" ")} "$@"\n`);
  chmodSync(workspace.at("bin/cjm-ctl"), 0o755);
  for (const shell of Object.keys(SHELLS)) {
    await workspace.write(`cjm-ctl.${shell}`, (await workspace.cjm(["completion", shell])).stdout);
  }
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** A line that has the shell complete the words that follow it, and print what it would offer, one a line. */
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  bash: [
    "bash",
    "--norc",
    "-c",
    `source ./cjm-ctl.bash; COMP_WORDS=(cjm-ctl "$@"); COMP_CWORD=$#; _cjm_ctl; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
  ],
  zsh: [
    "zsh",
    "-f",
    "-c",
    `compdef() { :; }; _files() { :; }; _describe() { print -rl -- \${(P)2%%:*}; }; source ./cjm-ctl.zsh; words=(cjm-ctl "$@"); CURRENT=$(($# + 1)); _cjm_ctl; true`,
    "zsh",
  ],
  fish: [
    "fish",
    "--no-config",
    "-c",
    `source ./cjm-ctl.fish; set -l line (string join -- ' ' cjm-ctl $argv[1..-2]); complete -C "$line $argv[-1]" | string replace -r '\\t.*' ''`,
  ],
};

const CASES: [readonly string[], readonly string[]][] = [
  [["wor"], ["workspace-doctor", "workspace-init"]],
  [["logs", "--lev"], ["--level"]],
  [["logs", "--level", "w"], ["warning"]],
  [["call", "pr"], ["probe"]],
  [["call", "probe", "o"], ["odd"]],
  [
    ["call", "probe", "add", "--arg", ""],
    ["a=", "b=", "tags="],
  ],
  [["run", "flow.yaml", "--set", "fo"], ["folder="]],
  [["set-secret", "probe", ""], ["PROBE_KEY"]],
  [["config", "substrate.drift"], ["substrate.drift_detection"]],
  [["completion", "z"], ["zsh"]],
];

describe.each(Object.entries(SHELLS))("%s", (shell, [program = "", ...args]) => {
  test.for(CASES)("%j", async ([words, expected], context) => {
    if (!(await isThere(program))) skip(context, `there is no ${shell} here`);
    const { env } = workspace.commandLine([]);
    const PATH = `${workspace.at("bin")}:${process.env["PATH"] ?? ""}`;
    const { stdout, stderr } = await runProgram(program, [...args, ...words], { cwd: workspace.path, env: { ...env, PATH } });
    expect(stderr).toBe("");
    expect(stdout.split("\n").filter(Boolean).sort()).toEqual(expected);
  });
});

async function isThere(program: string): Promise<boolean> {
  const { code } = await runProgram(program, ["-c", "true"]).catch(() => ({ code: null }));
  return code === 0;
}

test("offers the ids of what was run, as tables show them", async () => {
  await workspace.write("echo.yaml", "name: said\nnodes:\n  a: { capability: probe, action: echo, args: { text: x } }\n");
  expect(await workspace.cjm(["run", "echo.yaml"])).toMatchObject({ code: 0 });
  const { stdout } = await workspace.cjm(["__complete", "--", "inspect", ""]);
  expect(stdout).toMatch(/^[0-9a-f]{8}\tcompleted: composition said\n[0-9a-f]{8}\tcompleted: probe echo\n$/);
  const [id = ""] = stdout.split("\t");
  expect(await workspace.cjm(["inspect", id])).toMatchObject({ code: 0, stdout: expect.stringContaining("said") });
});

test("says nothing, and prints nothing, where it cannot know", async () => {
  await workspace.write("broken/cjm.yaml", "data_dir: [");
  await workspace.write("broken/flow.yaml", "nodes: [");
  for (const words of [
    ["call", ""],
    ["run", "flow.yaml", "--set", ""],
    ["run", ""],
    ["no-such-command", ""],
    ["logs", "--lim=", "x"],
  ]) {
    const { code, stdout, stderr } = await workspace.cjm(["__complete", "--", ...words], { cwd: workspace.at("broken") });
    expect([code, stdout, stderr]).toEqual([0, "", ""]);
  }
});

test("the script is that of the shell that is used; one that is not known is refused", async () => {
  expect((await workspace.cjm(["completion"], { env: { SHELL: "/usr/bin/fish" } })).stdout).toContain("complete -c cjm-ctl");
  const { code, stderr } = await workspace.cjm(["completion", "zhs"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean 'zsh'?")]);
  const plain = await workspace.cjm(["completion"], { env: { SHELL: "/bin/sh" } });
  expect([plain.code, plain.stdout]).toEqual([2, ""]);
  expect(plain.stderr).toContain("There is no completion for 'sh', the shell that SHELL names (/bin/sh).");
  expect(plain.stderr).toContain("bash, zsh, fish; choose it with 'cjm-ctl completion bash', 'cjm-ctl completion zsh' or");
  expect((await workspace.cjm(["completion", "--help"])).stdout).toContain(".bashrc");
});
