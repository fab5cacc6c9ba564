import { durationText } from "@cjm/core";
import { textTable } from "../listing/text-table.ts";
import { shortId } from "../logs/log-lines.ts";
import type { Colors } from "../terminal/terminal.ts";
import type { OpenWork, ShownComposition, ShownJob, WorkState } from "./open-work.ts";

interface View {
  readonly nowMs: number;
  readonly columns: number;
  readonly colors: Colors;
}

/** Compositions and jobs as two tables; an empty one is left out. */
export function workLines({ jobs, compositions }: Pick<OpenWork, "jobs" | "compositions">, view: View): readonly string[] {
  const { colors, columns } = view;
  const table = (title: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
    rows.length === 0 ? [] : textTable([title.map((text) => colors.dim(text)), ...rows], columns).map((line) => line.trimEnd());
  const ofCompositions = table(
    ["composition", "name", "state", "age", "nodes", "host", "runs now"],
    compositions.map((composition) => compositionRow(composition, view)),
  );
  const ofJobs = table(
    ["job", "instance", "call", "state", "age", "progress", "host", "node", "why"],
    jobs.map((job) => jobRow(job, view)),
  );
  return [...ofCompositions, ...(ofCompositions.length > 0 && ofJobs.length > 0 ? [""] : []), ...ofJobs];
}

function compositionRow(
  { compositionId, name, state, startedAt, endedAt, nodes, hostPid, running }: ShownComposition,
  { nowMs, colors }: View,
) {
  const failed = nodes === null || nodes.failed === 0 ? "" : `, ${nodes.failed} failed`;
  return [
    shortId(compositionId),
    name,
    stateText(state, colors),
    durationText((endedAt ?? nowMs) - startedAt),
    nodes === null ? "-" : `${nodes.ended} of ${nodes.total}${failed}`,
    hostText(state, hostPid),
    state === "interrupted" ? `its host is gone: cjm-ctl resume ${compositionId}` : running.join(", "),
  ];
}

function jobRow(job: ShownJob, { nowMs, colors }: View): readonly string[] {
  const { jobId, instanceId, call, state, submittedAt, endedAt, hostPid, nodeId } = job;
  return [
    shortId(jobId),
    instanceId,
    call ?? "-",
    stateText(state, colors),
    durationText((endedAt ?? nowMs) - submittedAt),
    progressText(job),
    hostText(state, hostPid),
    nodeId ?? "-",
    whyText(job),
  ];
}

/** Ids inside a sentence in the short form that tables show. */
export function withShortIds(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => shortId(id));
}

/** `40 %`; `-` for what did not start, or does not say. */
export function progressText({ state, progress }: Pick<ShownJob, "state" | "progress">): string {
  return (state === "running" || state === "cancelling") && progress > 0 ? `${Math.floor(progress * 100)} %` : "-";
}

function whyText({ waitsFor, statusMessage, cancelPhase, retryCount }: ShownJob): string {
  const retries = retryCount === 0 ? [] : [`try ${retryCount + 1}`];
  const phase = cancelPhase === null ? [] : [`cancellation: ${cancelPhase}`];
  const [message = ""] = (waitsFor ?? statusMessage).split("\n");
  return [...phase, ...retries, ...(message === "" ? [] : [withShortIds(message)])].join("; ");
}

export function stateText(state: WorkState, { green, red, yellow, cyan, dim }: Colors): string {
  const paint = { running: cyan, completed: green, failed: red, cancelled: yellow, cancelling: yellow, interrupted: red } as const;
  return state === "waiting" || state === "pending" ? dim(state) : paint[state](state);
}

function hostText(state: WorkState, pid: number | null): string {
  if (pid !== null) return String(pid);
  return state === "interrupted" ? "gone" : "-";
}
