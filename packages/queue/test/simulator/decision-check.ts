import type { AdmissionInput, Demand, PendingHead, Reservation } from "../../src/admission/admission-input.ts";
import type { AdmissionScan, Waiting } from "../../src/admission/admission-scan.ts";
import { must } from "./violation.ts";

/** Memory of one device, or of all as one; MiB. */
interface Figures {
  readonly device: number | null;
  readonly totalMb: number;
  readonly freeMb: number;
}

/** Sums of fractions differ in their last digits: so much is never held against the queue. */
const EPSILON_MB = 1e-6;

/** Checks one decision of the queue against the words of the design, by arithmetic of its own. @throws Violation */
export function checkDecision(input: AdmissionInput, scan: AdmissionScan): void {
  const { running, limits } = input;
  const asked = new Map(input.heads.map((head) => [head.jobId, head]));
  const actual = <T extends { readonly head: PendingHead }>(one: T): T => ({ ...one, head: asked.get(one.head.jobId) ?? one.head });
  const admitted = scan.admitted === null ? null : actual(scan.admitted);
  const unschedulable = scan.unschedulable.map(actual);
  const waiting = scan.waiting.map(actual).map((one) => ({ ...one, starving: starves(one, input) }));
  const isShut = running.length >= limits.lanes || running.some((job) => job.exclusive);
  if (admitted !== null) {
    const told = (why: string) => (): string => `admitted ${why}: ${JSON.stringify([admitted, running, input.status])}`;
    must(running.length < limits.lanes, told(`over ${limits.lanes} lanes`));
    must(!isShut, told("beside one that runs alone"));
    must(mayStart(admitted.head, input), told("held, over the cap of its instance, or never to fit"));
    const among = running.length === 0 || (!admitted.exclusive && isMeasured(admitted.head, input));
    must(among, told("unmeasured among others"));
    const { head, exclusive, gpuDevice } = admitted;
    must(
      exclusive || fitsOn(head, figuresOf(input).find(({ device }) => device === gpuDevice) ?? null, input, EPSILON_MB),
      told("without room"),
    );
    for (const one of waiting.filter(({ starving }) => starving)) {
      must(!delays(head, gpuDevice, one, input), told(`although ${one.head.jobId} starves and would wait longer`));
    }
  }
  for (const { head } of unschedulable) must(neverFits(head, input), () => `${JSON.stringify(head)} was failed although it could run`);
  if (isShut) return;
  for (const one of waiting) {
    must(
      !couldStart(one.head, input) || givesWay(one, waiting, input),
      () => `left waiting although it could start: ${JSON.stringify([one, input])}`,
    );
  }
  const judged = new Set([...waiting, ...unschedulable, ...(admitted === null ? [] : [admitted])].map(({ head }) => head.jobId));
  for (const head of input.heads) {
    const isBehind = admitted !== null && !goesFirst(head, admitted.head);
    must(isBehind || judged.has(head.jobId), () => `${head.jobId} was passed over without a look`);
  }
}

function starves({ head: { blockedSinceMs }, blocked }: Waiting, { limits, nowMs }: AdmissionInput): boolean {
  return blocked?.ours === true && blockedSinceMs !== null && nowMs - blockedSinceMs >= limits.starvingAfterMs;
}

function couldStart(head: PendingHead, input: AdmissionInput): boolean {
  if (!mayStart(head, input)) return false;
  if (!isMeasured(head, input)) return input.running.length === 0;
  return head.demand?.gpuMb === 0
    ? fitsOn(head, null, input, -EPSILON_MB)
    : possibleDevices(head, input).some((figures) => fitsOn(head, figures, input, -EPSILON_MB));
}

function mayStart(head: PendingHead, input: AdmissionInput): boolean {
  return sharing(input.running, head.instanceId).length < head.cap && head.hold === null && !neverFits(head, input);
}

function neverFits({ demand }: PendingHead, { limits, status }: AdmissionInput): boolean {
  const gpuMb = status?.gpuTotalMb ?? 0;
  return (demand?.memoryMb ?? 0) > limits.machineMemoryMb || (gpuMb > 0 && (demand?.gpuMb ?? 0) > gpuMb * limits.gpuHeadroomFraction);
}

/** Everybody knows what it will take, and somebody tells how much of that there is. */
function isMeasured({ demand, gpuUnmeasured }: PendingHead, input: AdmissionInput): boolean {
  return demand !== null && !gpuUnmeasured && (demand.gpuMb === 0 || figuresOf(input).length > 0);
}

/** What is reserved, and what of it is still to come, must fit with the newcomer: in the machine's memory, and on the device. */
function fitsOn(head: PendingHead, figures: Figures | null, { running, limits, status }: AdmissionInput, slackMb: number): boolean {
  const demand = head.demand ?? { memoryMb: 0, gpuMb: 0 };
  if (sum(running.map((job) => held(job).memoryMb)) + demand.memoryMb > limits.machineMemoryMb) return false;
  if (status?.memoryAvailableMb != null && !comesWithin(head, demand, running, "memoryMb", status.memoryAvailableMb + slackMb))
    return false;
  if (demand.gpuMb === 0) return true;
  if (figures === null) return false;
  const there = running.filter(isOn(figures.device));
  const budgetMb = figures.totalMb * limits.gpuHeadroomFraction;
  return (
    sum(there.map((job) => held(job).gpuMb)) + demand.gpuMb <= budgetMb &&
    comesWithin(head, demand, there, "gpuMb", figures.freeMb + slackMb)
  );
}

/** What jobs will take beyond what their workers hold; several on one worker share what it holds, and nobody counts it twice. */
function comesWithin(head: PendingHead, demand: Demand, jobs: readonly Reservation[], of: keyof Demand, freeMb: number): boolean {
  const toCome = (instanceId: string, extraMb: number, residentMb: number): number =>
    Math.max(0, sum(sharing(jobs, instanceId).map((job) => held(job)[of])) + extraMb - residentMb);
  const others = new Map(
    jobs.filter(({ instanceId }) => instanceId !== head.instanceId).map((job) => [job.instanceId, job.resident?.[of] ?? 0]),
  );
  const othersMb = sum([...others].map(([instanceId, residentMb]) => toCome(instanceId, 0, residentMb)));
  return othersMb + toCome(head.instanceId, demand[of], head.resident?.[of] ?? 0) <= freeMb;
}

/** It lets one go first that starves and would wait longer for it. */
function givesWay({ head, reason }: Waiting, waiting: readonly Waiting[], input: AdmissionInput): boolean {
  if (reason?.startsWith("lets job ") !== true) return false;
  const first = waiting.filter((one) => one.starving && goesFirst(one.head, head) && reason.includes(one.head.jobId));
  return first.some((one) => [null, ...figuresOf(input).map(({ device }) => device)].some((device) => delays(head, device, one, input)));
}

/** Whether what started since it starves, the newcomer and the starving one would not all fit together. */
function delays(newcomer: PendingHead, device: number | null, { head, blocked }: Waiting, input: AdmissionInput): boolean {
  const { running, limits, nowMs } = input;
  if (head.demand === null || newcomer.demand === null) return true;
  const { memoryMb, gpuMb } = head.demand;
  const sinceMs = (head.blockedSinceMs ?? nowMs) + limits.starvingAfterMs;
  const passed = [...running.filter((job) => job.sinceMs >= sinceMs), { ...newcomer.demand, gpuDevice: device }];
  if (blocked?.by === "jobs" && passed.length >= limits.lanes) return true;
  if (sum(passed.map((job) => job.memoryMb)) + memoryMb > limits.machineMemoryMb) return true;
  const fits = ({ device: where, totalMb }: Figures): boolean =>
    sum(passed.filter(isOn(where)).map((job) => job.gpuMb)) + gpuMb <= totalMb * limits.gpuHeadroomFraction;
  return gpuMb > 0 && !largeEnough(gpuMb, input).some(fits);
}

/** Devices, or all as one where nobody tells them apart. Those of `largeEnough` could hold so much by themselves, or else all together. */
function figuresOf({ status }: AdmissionInput): readonly Figures[] {
  if (status?.gpuTotalMb == null || status.gpuTotalMb <= 0 || status.gpuFreeMb == null) return [];
  const all = { device: null, totalMb: status.gpuTotalMb, freeMb: status.gpuFreeMb };
  return [all, ...(status.gpus ?? []).map(({ index, totalMb, freeMb }) => ({ device: index, totalMb: totalMb ?? 0, freeMb: freeMb ?? 0 }))];
}

function largeEnough(gpuMb: number, input: AdmissionInput): readonly Figures[] {
  const figures = figuresOf(input);
  const single = figures.filter(({ device, totalMb }) => device !== null && totalMb * input.limits.gpuHeadroomFraction >= gpuMb);
  return single.length > 0 ? single : figures.filter(({ device }) => device === null);
}

/** Its worker is where its other calls run. */
function possibleDevices({ demand, instanceId }: PendingHead, input: AdmissionInput): readonly Figures[] {
  const devices = largeEnough(demand?.gpuMb ?? 0, input);
  const own = sharing(input.running, instanceId).find(({ gpuDevice }) => gpuDevice !== null)?.gpuDevice;
  const there = devices.filter(({ device }) => device === own);
  return there.length > 0 ? there : devices;
}

function isOn(where: number | null): (job: { readonly gpuDevice: number | null }) => boolean {
  return ({ gpuDevice }) => where === null || gpuDevice === null || gpuDevice === where;
}

function goesFirst(one: PendingHead, other: PendingHead): boolean {
  return one.priority === other.priority ? one.sequence < other.sequence : one.priority > other.priority;
}

function held({ plateau, memoryMb, gpuMb }: Reservation): Demand {
  return plateau ?? { memoryMb, gpuMb };
}

function sharing(jobs: readonly Reservation[], instanceId: string): readonly Reservation[] {
  return jobs.filter((job) => job.instanceId === instanceId);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
