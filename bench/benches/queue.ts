import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { JobQueue } from "@cjm/queue";
import { BareServer } from "../kit/bare-server.ts";
import type { Bench, BenchContext } from "../kit/bench.ts";
import { BenchHost } from "../kit/bench-host.ts";
import { burst } from "../kit/burst.ts";
import { interleave } from "../kit/interleave.ts";
import { OriginalQueue, originalProgram } from "../kit/original-queue.ts";
import { readCpuMs } from "../kit/process-readings.ts";
import { median, percentile } from "../kit/statistics.ts";

const TOOL = "bench-0";
const REQUEST = { instanceId: TOOL, kwargs: { action: "noop" } };
/** Between jobs on an idle queue. */
const IDLE_PAUSE_MS = 10;

/** One way to have a no-op done. */
interface Doer {
  readonly subject: string;
  readonly workerPid: number;
  readonly once: () => Promise<unknown>;
}

/** Jobs per second through the journaled queue to one real worker, and how long one takes on an idle queue. */
export const queue: Bench = {
  summary: "no-op jobs through the durable queue to one worker, beside a bare undici pool and Fastify, and the original",
  async run(context: BenchContext): Promise<void> {
    await using opened = new AsyncDisposableStack();
    const host = opened.use(await BenchHost.open({ folder: join(context.folder, "host") }));
    await host.manager.load(TOOL, { maxConcurrentCalls: 64 });
    const workerPid = host.pidOf(TOOL);
    const ours = (subject: string, own: JobQueue): Doer => ({ subject, workerPid, once: () => own.run(REQUEST) });
    const bare = opened.use(await BareServer.start(join(context.folder, "bare")));
    const doers = [
      ours("", host.openQueue(opened, { lanes: 64 })),
      ours("in_memory", host.openQueue(opened, { lanes: 64, durable: false })),
      { subject: "bare", workerPid: bare.pid, once: () => bare.execute({ action: "noop" }) },
    ];
    // The first run measures the instance; until then its jobs run alone.
    for (const { once } of doers) await burst(once, 200, 4);
    await inFlight(doers, context);
    await idle(doers, context);
    await drain(host, context, opened);
  },
};

async function inFlight(doers: readonly Doer[], { figures, workload }: BenchContext): Promise<void> {
  const { in_flight, burst_jobs, rounds } = workload.c;
  for (const width of in_flight) {
    const named = (what: string, subject: string): string => `c.jobs_${width}_in_flight_${what}${subject === "" ? "" : `@${subject}`}`;
    await interleave(doers, { rounds, warmups: 1 }, async ({ subject, workerPid, once }, isWarmup) => {
      const hostBefore = process.cpuUsage();
      const workerBeforeMs = readCpuMs(workerPid);
      const { latenciesMs, perSecond } = await burst(once, burst_jobs, width);
      const { user, system } = process.cpuUsage(hostBefore);
      if (isWarmup) return;
      figures.add(named("per_s", subject), "jobs/s", perSecond);
      figures.add(named("p50_ms", subject), "ms", percentile(latenciesMs, 50));
      figures.add(named("p99_ms", subject), "ms", percentile(latenciesMs, 99));
      figures.add(named("host_cpu_ms", subject), "ms/job", (user + system) / 1000 / burst_jobs);
      figures.add(named("worker_cpu_ms", subject), "ms/job", (readCpuMs(workerPid) - workerBeforeMs) / burst_jobs);
    });
    for (const subject of ["", "in_memory"]) {
      const of = named("per_s", subject);
      figures.ratio(`${of}/bare`, of, named("per_s", "bare"), width === 16 && subject === "" ? { atLeast: 0.2 } : null);
    }
  }
}

async function idle(doers: readonly Doer[], { figures, workload }: BenchContext): Promise<void> {
  const named = (what: string, subject: string): string => `c.idle_queue_one_job_${what}${subject === "" ? "" : `@${subject}`}`;
  await interleave(doers, { rounds: workload.c.rounds, warmups: 1 }, async ({ subject, once }, isWarmup) => {
    const latenciesMs: number[] = [];
    for (let job = 0; job < workload.c.idle_jobs * 10; job += 1) {
      await pause(IDLE_PAUSE_MS);
      const startedMs = performance.now();
      await once();
      latenciesMs.push(performance.now() - startedMs);
    }
    if (isWarmup) return;
    figures.add(named("p50_ms", subject), "ms", percentile(latenciesMs, 50));
    figures.add(named("p99_ms", subject), "ms", percentile(latenciesMs, 99));
  });
  for (const subject of ["", "in_memory"]) {
    const of = named("p50_ms", subject);
    figures.ratio(`${of}/bare`, of, named("p50_ms", "bare"), subject === "" ? { atMost: 3 } : null);
  }
}

/** So many jobs at once, as the original's harness submits them. */
async function drain(host: BenchHost, { figures, workload, folder }: BenchContext, opened: AsyncDisposableStack): Promise<void> {
  const { jobs, cap, rounds } = workload.c;
  await host.manager.unload(TOOL);
  await host.manager.load(TOOL, { maxConcurrentCalls: cap });
  const program = originalProgram();
  if (program === null) figures.note("c.original", "not measured: CJM_ORIGINAL_PYTHON and CJM_ORIGINAL_PATH are not set");
  const start = async (subject: string, oneCertificate: boolean): Promise<readonly [string, OriginalQueue][]> =>
    program === null
      ? []
      : [[subject, opened.use(await OriginalQueue.start(program, { folder: join(folder, subject), cap, oneCertificate }))]];
  const originals = [...(await start("original", false)), ...(await start("original_fast", true))];
  for (const lanes of workload.c.lanes) {
    const named = (subject: string): string => `c.jobs_per_s_lanes${lanes}${subject === "" ? "" : `@${subject}`}`;
    const ours = host.openQueue(opened, { lanes });
    const own = async (): Promise<number> => {
      const startedMs = performance.now();
      const handles = await Promise.all(Array.from({ length: jobs }, () => ours.submit(REQUEST)));
      for (const handle of handles) await handle.result();
      return performance.now() - startedMs;
    };
    const subjects = [["", own] as const, ...originals.map(([subject, one]) => [subject, () => one.run({ jobs, lanes })] as const)];
    const rows: number[] = [];
    await interleave(subjects, { rounds, warmups: 1 }, async ([subject, run], isWarmup) => {
      const rowsBefore = host.journalRows;
      const tookMs = await run();
      if (subject === "") rows.push((host.journalRows - rowsBefore) / jobs);
      if (!isWarmup) figures.add(named(subject), "jobs/s", (jobs / tookMs) * 1000);
    });
    figures.note(`c.journal_rows_per_job_lanes${lanes}`, median(rows));
    for (const [subject] of originals) {
      const goal = { atLeast: subject === "original" ? 50 : 10 };
      figures.ratio(`${named("")}/${subject}`, named(""), named(subject), lanes === 4 ? goal : null);
    }
  }
}
