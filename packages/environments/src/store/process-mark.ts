import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { systemErrorCode } from "@cjm/core";

/** Part of a file name that says which process it belongs to; no two are equal. A pid alone comes round again. */
export function processMark(): string {
  return `${process.pid}-${startTicks(process.pid) ?? 0}-${randomBytes(8).toString("hex")}`;
}

/** Pid of the process that a mark belongs to; null when that process is gone, or the text is no mark. */
export function livingOwner(text: string): number | null {
  const mark = /(\d+)-(\d+)-[0-9a-f]{16}/.exec(text);
  if (mark === null) return null;
  const pid = Number(mark[1]);
  return startTicks(pid) === Number(mark[2]) ? pid : null;
}

/** When a process started, in ticks since boot; null when it does not run, and where there is no /proc. */
function startTicks(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? null : Number(fields[18]);
  } catch {
    return isAlive(pid) ? 0 : null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}
