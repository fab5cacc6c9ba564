import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { dataLayout } from "@cjm/core";
import { allPids } from "@cjm/host";

/** A worker whose host is gone, with what it started. */
export interface OrphanedWorker {
  readonly sessionId: string;
  readonly pids: readonly number[];
}

interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly sessionId: string;
}

/**
 * Workers of this data directory whose host does not live: processes with its variables of which nobody above has its journal
 * open, as every host has. Empty where there is no `/proc`.
 */
export function orphanedWorkers(dataDir: string): readonly OrphanedWorker[] {
  const own = allPids().flatMap((pid) => factsOf(pid, dataLayout(dataDir).capabilityData) ?? []);
  const bySession = Map.groupBy(own, ({ sessionId }) => sessionId);
  const hosts = new Map<number, boolean>();
  const isHost = (pid: number): boolean => {
    const known = hosts.get(pid) ?? hasOpen(pid, dataLayout(dataDir).journal);
    hosts.set(pid, known);
    return known;
  };
  return [...bySession].flatMap(([sessionId, processes]) => {
    const isKept = processes.some(({ pid }) => ancestorsOf(pid).some(isHost));
    return isKept ? [] : [{ sessionId, pids: processes.map(({ pid }) => pid) }];
  });
}

/** Ends them at once; whoever is another process by now is left alone. */
export function endOrphan({ sessionId, pids }: OrphanedWorker, dataDir: string): void {
  for (const pid of pids) {
    if (factsOf(pid, dataLayout(dataDir).capabilityData)?.sessionId !== sessionId) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

/** Null: it is no process of a worker of that folder, or not ours to look at. */
function factsOf(pid: number, capabilityData: string): ProcessFacts | null {
  const variables = new Map(
    readText(`/proc/${pid}/environ`)
      .split("\0")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const sessionId = variables.get("CJM_WORKER_SESSION_ID");
  const folder = variables.get("CJM_CAPABILITY_DATA_DIR");
  if (sessionId === undefined || folder === undefined || realPath(folder) !== realPath(capabilityData)) return null;
  const parent = parentOf(pid);
  return parent === null ? null : { pid, parent, sessionId };
}

function ancestorsOf(pid: number): readonly number[] {
  const ancestors: number[] = [];
  for (let above = parentOf(pid); above !== null && above > 0; above = parentOf(above)) ancestors.push(above);
  return ancestors;
}

/** See proc_pid_stat(5); null for one that ended, or only waits to be reaped. */
function parentOf(pid: number): number | null {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === "") return null;
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? null : Number(parent);
}

function hasOpen(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => linkOf(`/proc/${pid}/fd/${descriptor}`) === realPath(path));
  } catch {
    return false;
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** The same folder may be known by several paths. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
