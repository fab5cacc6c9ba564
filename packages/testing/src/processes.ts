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
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readFacts(Number(name)))
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
 * Asks `condition` again and again until it is true. For states of the operating system that announce themselves to nobody,
 * such as the end of a process that is not our child.
 * @throws Error naming `what` after `timeoutMs`. @default 10 000
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function readFacts(pid: number): ProcessFacts | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { pid, parent: Number(parent), state };
  } catch {
    return null;
  }
}
