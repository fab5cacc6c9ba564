import { existsSync, readFileSync } from "node:fs";

/**
 * Lines that other processes have written to `file` and ended, without their line feeds: a line that is still being written
 * is none yet, and a file that is not there has none.
 */
export function completeLines(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}
