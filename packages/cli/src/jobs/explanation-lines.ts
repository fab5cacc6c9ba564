import { durationText } from "@cjm/core";
import type { Explanation } from "@cjm/pipeline";
import { shortId } from "../logs/log-lines.ts";
import type { Colors } from "../terminal/terminal.ts";
import type { ShownJob } from "./open-work.ts";

export interface Explained {
  readonly job: ShownJob;
  /** Null: it does not wait. */
  readonly explanation: Explanation | null;
}

/** Why a job is where it is: for one that waits with every figure, for others how it stands or ended. */
export function explanationLines({ job, explanation }: Explained, nowMs: number, colors: Colors): readonly string[] {
  const { bold, dim } = colors;
  const { jobId, instanceId, call, nodeId, compositionId, hostPid } = job;
  const place = compositionId === null ? "" : `, node ${nodeId ?? "?"} of composition ${shortId(compositionId)}`;
  const facts: (readonly [string, string])[] = [
    ["job", `${jobId}${place}`],
    ["calls", `${instanceId}${call === null ? "" : ` ${call}`}`],
    ...(hostPid === null ? [] : [["host", `pid ${hostPid}`] as const]),
    ...(explanation === null ? [] : waitFacts(explanation)),
  ];
  return [
    `${bold(headline(job, explanation, nowMs))}`,
    ...facts.map(([name, text]) => `  ${dim(name.padEnd(10))} ${text}`),
    ...wayOut(job, explanation),
  ];
}

function headline(job: ShownJob, explanation: Explanation | null, nowMs: number): string {
  const { state, submittedAt, startedAt, endedAt, statusMessage, cancelPhase, progress } = job;
  const since = (from: number | null): string => durationText(nowMs - (from ?? submittedAt));
  if (explanation !== null) return `Waits for ${since(submittedAt)}: ${explanation.reason}`;
  switch (state) {
    case "waiting":
    case "pending":
      return `Waits for ${since(submittedAt)}${job.waitsFor === null ? "." : `: ${job.waitsFor}`}`;
    case "running": {
      const done = progress > 0 ? `, ${Math.floor(progress * 100)} % done` : "";
      return `Does not wait: it runs for ${since(startedAt)}${done}${statusMessage === "" ? "" : `: ${statusMessage}`}.`;
    }
    case "cancelling":
      return `Is being cancelled for ${since(startedAt)} (${cancelPhase ?? "requested"}).`;
    case "interrupted":
      return `Is not over, and nobody does it: ${job.waitsFor ?? "its host is gone"}.`;
    default: {
      const took = startedAt === null || endedAt === null ? "without having run" : `after ${durationText(endedAt - startedAt)}`;
      const ago = endedAt === null ? "" : `, ${durationText(nowMs - endedAt)} ago`;
      return `Is over: it ${state === "cancelled" ? "was cancelled" : state} ${took}${ago}.${statusMessage === "" ? "" : ` ${statusMessage}`}`;
    }
  }
}

function waitFacts({ missing, heldBy, evictable, ahead, fitsHere }: Explanation): (readonly [string, string])[] {
  return [
    ...(ahead === 0 ? [] : [["ahead", `${ahead} ${ahead === 1 ? "job" : "jobs"} of the same instance`] as const]),
    ...(missing === null
      ? []
      : [
          [
            "missing",
            `${mb(missing.shortfallMb)} of ${missing.resource === "gpu" ? "GPU memory" : "memory"}: it takes ${mb(missing.neededMb)}, ${mb(missing.availableMb)} can be had`,
          ] as const,
        ]),
    ...heldBy.map(
      ({ jobId, instanceId, holdsMb }) =>
        ["held by", `job ${shortId(jobId)} of ${instanceId}${holdsMb === 0 ? "" : `: ${mb(holdsMb)}`}`] as const,
    ),
    ...evictable.map(
      ({ instanceId, holdsMb, reloadMs }) =>
        [
          "could end",
          `idle ${instanceId}: frees ${mb(holdsMb)}${reloadMs === null ? "" : `, starting it again takes ${durationText(reloadMs)}`}`,
        ] as const,
    ),
    ...(fitsHere ? [] : [["fits here", "no: it can never run on this machine"] as const]),
  ];
}

function wayOut({ state, compositionId, jobId, instanceId }: ShownJob, explanation: Explanation | null): readonly string[] {
  if (explanation?.fitsHere === false) return ["", `Way out: cjm-ctl cancel ${jobId}, and give it less to do or a larger machine.`];
  if (state === "interrupted")
    return [
      "",
      compositionId === null
        ? `Way out: start a host with ${instanceId} again, which takes it over; or cjm-ctl cancel ${jobId}.`
        : `Way out: cjm-ctl resume ${compositionId}, which keeps what was done; or cjm-ctl cancel ${compositionId}.`,
    ];
  return state === "failed" ? ["", `More: cjm-ctl inspect ${jobId}`] : [];
}

function mb(value: number): string {
  return `${Math.round(value)} MB`;
}
