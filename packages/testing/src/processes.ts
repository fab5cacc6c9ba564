import { readdirSync, readFileSync } from "node:fs";

interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

/** Whether a process runs; a zombie that only waits to be reaped does not. Linux. */
export function isRunning(pid: number): boolean {
  const facts = readFacts(pid);
  return facts !== null && facts.state !== "Z" && facts.state !== "X";
}

/** Pids of every running descendant of `root`, also of those in other process groups and sessions; without `root`. Linux. */
export function descendants(root: number): readonly number[] {
  const all = allPids()
    .map(readFacts)
    .filter((facts) => facts !== null);
  const found = new Set([root]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent } of all) {
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
    }
  }
  found.delete(root);
  return [...found].filter(isRunning);
}

/**
 * Pids of every running process that was started with `NAME=value` in its environment, whoever its parent is by now: so are
 * found also those that left their tree. Linux.
 */
export function processesWith(name: string, value: string): readonly number[] {
  return allPids().filter((pid) => readText(`/proc/${pid}/environ`).split("\0").includes(`${name}=${value}`) && isRunning(pid));
}

/**
 * Asks `condition` again and again until it is true. For states of the operating system that announce themselves to nobody,
 * such as the end of a process that is not our child.
 * @throws Error naming `what` after `timeoutMs`. By default that is far more than any crowded machine needs. @default 60 000
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function allPids(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readFacts(pid: number): ProcessFacts | null {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === "") return null;
  const [state = "", parent = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, parent: Number(parent), state };
}

/** Empty when the process is gone or not ours to look at. */
function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
