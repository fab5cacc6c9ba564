import { durationText } from "@cjm/core";
import type { Colors } from "../terminal/terminal.ts";

interface RunningJob {
  /** 0 to 1, or -1 for work of unknown length. */
  readonly progress: number;
  readonly statusMessage: string;
}

/** How a single call is getting on: what it says of itself, and for how long. */
export function callLine(job: RunningJob | undefined, elapsedMs: number, { cyan, dim }: Colors): string {
  if (job === undefined) return `${dim("·")} waiting ${dim(durationText(elapsedMs))}`;
  const percent = job.progress > 0 ? `${Math.round(job.progress * 100)} %` : "running";
  return [cyan("…"), percent, job.statusMessage, dim(durationText(elapsedMs))].filter((part) => part !== "").join(" ");
}
