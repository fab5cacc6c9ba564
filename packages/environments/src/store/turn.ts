import { readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CjmError } from "@cjm/core";
import { livingOwner, processMark } from "./process-mark.ts";

export interface TurnOptions {
  /** How long to wait for whoever has it, ms. */
  readonly waitMs: number;
  /** What the one that has it does, for messages: `is downloading the same file`. */
  readonly activity: string;
  readonly signal?: AbortSignal | undefined;
}

const LONGEST_PAUSE_MS = 50;

/**
 * Has what `path` stands for alone until disposed of; a process that dies lets go of it. Its folder must be there. Everyone puts a
 * mark beside `path` first and looks for others then, so that two never both go on. Of two that come at once both give way,
 * and come again after pauses of different lengths.
 * @throws CjmError CJM_ENVIRONMENT_BUSY naming the process that has it for longer; the signal's reason
 */
export async function takeTurn(path: string, { waitMs, activity, signal }: TurnOptions): Promise<AsyncDisposable> {
  const own = `${path}-${processMark()}`;
  const release = (): Promise<void> => rm(own, { force: true });
  const deadline = performance.now() + waitMs;
  for (;;) {
    signal?.throwIfAborted();
    await writeFile(own, "");
    const pid = await livingOther(path, own);
    if (pid === null) return { [Symbol.asyncDispose]: release };
    await release();
    if (performance.now() >= deadline) {
      throw new CjmError("CJM_ENVIRONMENT_BUSY", `Process ${pid} ${activity}.`, { hint: "Wait until it has ended.", details: { pid } });
    }
    await pause(1 + Math.random() * LONGEST_PAUSE_MS);
  }
}

/** Pid of another whose mark is there; marks of the dead are taken away. */
async function livingOther(path: string, own: string): Promise<number | null> {
  const folder = dirname(path);
  const prefix = `${basename(path)}-`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || name === basename(own)) continue;
    const pid = livingOwner(name.slice(prefix.length));
    if (pid !== null) return pid;
    await rm(join(folder, name), { force: true });
  }
  return null;
}
