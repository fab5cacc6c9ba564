import { durationText } from "@cjm/core";
import type { HostInfo, JobReport, MachineReport, SilentHost, StatusReport, WorkerReport } from "@cjm/pipeline";
import { sizeText } from "../install/size-text.ts";
import { withShortIds } from "../jobs/work-lines.ts";
import { textTable } from "../listing/text-table.ts";
import { shortId } from "../logs/log-lines.ts";
import type { Colors } from "../terminal/terminal.ts";

export interface HostStatus {
  readonly info: HostInfo;
  readonly status: StatusReport;
}

interface View {
  readonly nowMs: number;
  readonly columns: number;
  readonly colors: Colors;
}

const MOST_WAITING = 10;

/** All hosts of a data directory on one screen: the machine, each host, their workers, and the jobs that wait longest. */
export function statusLines(hosts: readonly HostStatus[], silent: readonly SilentHost[], view: View): readonly string[] {
  const { colors, columns } = view;
  const { dim, yellow } = colors;
  const table = (title: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
    rows.length === 0 ? [] : ["", ...textTable([title.map((text) => dim(text)), ...rows], columns).map((line) => line.trimEnd())];
  const [first] = hosts;
  const workers = hosts.flatMap(({ info, status }) => status.workers.map((worker) => workerRow(worker, info, colors)));
  const compositions = hosts.flatMap(({ info, status }) =>
    status.compositions.map(({ compositionId, name, startedAt, nodes, running }) => [
      shortId(compositionId),
      name,
      String(info.pid),
      durationText(view.nowMs - startedAt),
      `${nodes.ended} of ${nodes.total}${nodes.failed === 0 ? "" : `, ${nodes.failed} failed`}`,
      running.join(", "),
    ]),
  );
  const waiting = hosts
    .flatMap(({ status }) => status.waiting)
    .sort((a, b) => a.submittedAt - b.submittedAt)
    .slice(0, MOST_WAITING);
  return [
    first === undefined ? "No host runs here." : machineText(first.status.machine, colors),
    ...table(
      ["host", "who", "up", "lanes", "running", "waiting", "completed", "failed", "cancelled"],
      hosts.map((host) => hostRow(host, view.nowMs)),
    ),
    ...hosts.flatMap(({ info, status }) =>
      status.journalFailure === null ? [] : [colors.red(`host ${info.pid} accepts no work: ${status.journalFailure}`)],
    ),
    ...silent.map(({ pid, reason }) => yellow(`The host of pid ${pid} cannot be asked: ${reason}.`)),
    ...table(["worker", "host", "pid", "state", "memory", "GPU", "calls", "waiting"], workers),
    ...table(["composition", "name", "host", "age", "nodes", "runs now"], compositions),
    ...table(
      ["waits longest", "instance", "call", "for", "why"],
      waiting.map((job) => waitingRow(job, view.nowMs)),
    ),
  ];
}

function machineText(
  { memoryTotalMb, memoryAvailableMb, gpuType, gpuTotalMb, gpuFreeMb, gpuLoadPercent }: MachineReport,
  { bold, dim }: Colors,
): string {
  const memory = `${bold(mb(memoryTotalMb - memoryAvailableMb))} of ${mb(memoryTotalMb)} in use`;
  if (gpuTotalMb === null) return `${dim("memory")} ${memory}   ${dim("GPU")} ${gpuType ?? "none is known"}`;
  const gpu = gpuFreeMb === null ? mb(gpuTotalMb) : `${bold(mb(gpuTotalMb - gpuFreeMb))} of ${mb(gpuTotalMb)} in use`;
  const load = gpuLoadPercent === null ? "" : `, load ${Math.round(gpuLoadPercent)} %`;
  return `${dim("memory")} ${memory}   ${dim("GPU")} ${gpuType ?? ""} ${gpu}${load}`;
}

function hostRow({ info, status }: HostStatus, nowMs: number): readonly string[] {
  const { lanes, running, pending, ended } = status;
  const counts = [running, pending, ended.completed, ended.failed, ended.cancelled].map(String);
  return [String(info.pid), info.actor, durationText(nowMs - info.startedAt), `${lanes.inUse} of ${lanes.total}`, ...counts];
}

function workerRow(worker: WorkerReport, { pid: hostPid }: HostInfo, { green, yellow, red, dim }: Colors): readonly string[] {
  const { instanceId, pid, state, enabled, heldBack, memoryMb, gpuMb, runningCalls, maxConcurrentCalls, waitingJobs } = worker;
  const paint = state === "ready" ? green : state === "down" ? red : state === "cold" ? dim : yellow;
  const notes = [...(enabled ? [] : ["disabled"]), ...(heldBack === null ? [] : [heldBack])];
  return [
    instanceId,
    String(hostPid),
    pid === null ? "-" : String(pid),
    paint(state) + notes.map((note) => ` (${note})`).join(""),
    memoryMb === null ? "-" : mb(memoryMb),
    gpuMb === null ? "-" : mb(gpuMb),
    `${runningCalls} of ${maxConcurrentCalls}`,
    String(waitingJobs),
  ];
}

function waitingRow({ jobId, instanceId, call, submittedAt, waitsFor }: JobReport, nowMs: number): readonly string[] {
  return [shortId(jobId), instanceId, call ?? "-", durationText(nowMs - submittedAt), withShortIds(waitsFor ?? "")];
}

function mb(value: number): string {
  return sizeText(value * 1024 * 1024);
}
