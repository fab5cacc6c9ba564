import { chownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type ProgramResult, runProgram } from "@cjm/testing";
import type { CliWorkspace } from "./cli-workspace.ts";

const NOBODY = 65_534;

/** Why permissions cannot be tried out here; null when they can. */
export async function whyNoOtherUser(workspace: CliWorkspace): Promise<string | null> {
  const { code } = await asOtherUser(workspace, ["--version"]).catch(() => ({ code: null }));
  return code === 0 ? null : "root may do everything, and nobody else can run this checkout with setpriv";
}

/** Runs `cjm-ctl` as somebody whom permissions bind: as root as nobody, to whom the workspace is given; else as oneself. */
export async function asOtherUser(workspace: CliWorkspace, args: readonly string[], input?: string): Promise<ProgramResult> {
  const { command, env } = workspace.commandLine(args);
  const options = { cwd: workspace.path, env, ...(input === undefined ? {} : { input }) };
  if (process.getuid?.() !== 0) return await runProgram(command[0], command.slice(1), options);
  giveTo(NOBODY, workspace.path);
  return await runProgram("setpriv", [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...command], options);
}

function giveTo(user: number, path: string): void {
  chownSync(path, user, user);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) giveTo(user, below);
    else if (entry.isFile()) chownSync(below, user, user);
  }
}
