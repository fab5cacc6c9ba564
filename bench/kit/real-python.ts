import { execFileSync } from "node:child_process";

/** The interpreter itself: what is in the PATH may be a script that looks for it, which takes longer than its start. */
export function realPython(): string {
  return execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
}
