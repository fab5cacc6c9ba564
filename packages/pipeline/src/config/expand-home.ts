import { homedir } from "node:os";
import { join } from "node:path";

/** `~` and `~/x` as a shell reads them; other paths as they are. */
export function expandHome(path: string, env: Readonly<Record<string, string | undefined>>): string {
  return path === "~" || path.startsWith("~/") ? join(homeOf(env), path.slice(1)) : path;
}

/** The home directory, as the shell of this environment has it. */
export function homeOf(env: Readonly<Record<string, string | undefined>>): string {
  return env["HOME"] || homedir();
}
