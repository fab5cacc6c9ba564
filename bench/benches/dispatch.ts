import { join } from "node:path";
import { JournalWriter, type SystemStatus } from "@cjm/core";
import { JobQueue } from "@cjm/queue";
import { SqliteJobStore } from "@cjm/store";
import type { Bench, BenchContext } from "../kit/bench.ts";
import { ForgetfulJournal } from "../kit/forgetful-journal.ts";
import { InstantRuntime } from "../kit/instant-runtime.ts";
import { interleave } from "../kit/interleave.ts";

const SMALL = "small";
const LARGE = "large";
const LANES = 4;
/** Too little is free for a job of `LARGE`, though it would fit an idle machine. */
const STATUS: SystemStatus = { memoryAvailableMb: 50_000, gpuType: "bench", gpuTotalMb: 24_000, gpuFreeMb: 1_000, gpuLoadPercent: 0 };

/** What it costs to dispatch one job while many wait. Calls return at once and the journal keeps nothing: what is left is the queue. */
export const dispatch: Bench = {
  summary: "cost of one dispatch with a thousand to a million jobs waiting, and behind jobs that resources hold up",
  async run(context: BenchContext): Promise<void> {
    await pending(context, "");
    await pending(context, "durable");
    await blocked(context);
  },
};

async function pending({ figures, workload, folder }: BenchContext, store: "" | "durable"): Promise<void> {
  const { pending: depths, rounds } = workload.d;
  const suffix = store === "" ? "" : `@${store}`;
  await using opened = new AsyncDisposableStack();
  const backlogs: Backlog[] = [];
  for (const depth of depths) {
    const jobs = store === "" ? null : opened.use(openJobs(join(folder, `${depth}`)));
    const backlog = new Backlog(jobs);
    const startedMs = performance.now();
    await backlog.submit(SMALL, depth);
    figures.add(`d.submit_us_${depth}${suffix}`, "us", ((performance.now() - startedMs) * 1000) / depth);
    backlogs.push(backlog);
  }
  await interleave([...backlogs.entries()], { rounds, warmups: 1 }, async ([index, backlog], isWarmup) => {
    const msPerJob = await backlog.cost(workload.d);
    if (!isWarmup) figures.add(`d.fifo_${depths[index]}_ms_per_job${suffix}`, "ms", msPerJob);
  });
  const [first, ...others] = depths;
  for (const depth of others) {
    const [of, to] = [`d.fifo_${depth}_ms_per_job${suffix}`, `d.fifo_${first}_ms_per_job${suffix}`];
    figures.ratio(`${of}/${first}`, of, to, { atMost: 2 });
  }
}

async function blocked({ figures, workload }: BenchContext): Promise<void> {
  const { blocked_jobs, rounds } = workload.d;
  const alone = new Backlog(null);
  const behind = new Backlog(null);
  await behind.submit(LARGE, blocked_jobs, 1);
  for (const backlog of [alone, behind]) await backlog.submit(SMALL, 1_000);
  await interleave([alone, behind], { rounds, warmups: 1 }, async (backlog, isWarmup) => {
    const msPerJob = await backlog.cost(workload.d);
    const name = backlog === alone ? "d.unblocked_ms_per_job" : `d.behind_${blocked_jobs}_blocked_ms_per_job`;
    if (!isWarmup) figures.add(name, "ms", msPerJob);
  });
  const of = `d.behind_${blocked_jobs}_blocked_ms_per_job`;
  figures.ratio(`${of}/unblocked`, of, "d.unblocked_ms_per_job", { atMost: 3 });
}

function openJobs(folder: string): SqliteJobStore {
  return SqliteJobStore.open(join(folder, "jobs.db"), { resultsFolder: join(folder, "results") });
}

/** A queue full of jobs whose calls wait at a gate, which lets as many through as it is told. */
class Backlog {
  readonly #queue: JobQueue;
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #through: () => void = () => {};

  constructor(store: SqliteJobStore | null) {
    const runtime = new InstantRuntime(
      { [SMALL]: { cap: LANES }, [LARGE]: { cap: LANES, gpuMb: 20_000 } },
      { status: STATUS, answer: () => this.#pass() },
    );
    const journal = new JournalWriter(new ForgetfulJournal());
    this.#queue = new JobQueue({ runtime, journal, lanes: LANES, ...(store === null ? {} : { store }) });
  }

  async submit(instanceId: string, jobs: number, priority = 0): Promise<void> {
    for (let left = jobs; left > 0; left -= 1000) {
      await Promise.all(Array.from({ length: Math.min(left, 1000) }, () => this.#queue.submit({ instanceId, priority })));
    }
  }

  /** What one dispatch costs, in milliseconds, over several windows; the backlog is as long after it as before. */
  async cost({ window, windows }: { readonly window: number; readonly windows: number }): Promise<number> {
    let tookMs = 0;
    for (let time = 0; time < windows; time += 1) {
      tookMs += await this.#dispatch(window);
      await this.submit(SMALL, window);
    }
    return tookMs / (window * windows);
  }

  /** Lets so many calls through. Resolves with how long that took, in milliseconds. */
  async #dispatch(jobs: number): Promise<number> {
    const startedMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#through = resolve;
    this.#open = jobs;
    for (const pass of this.#waiting.splice(0, jobs)) pass();
    await promise;
    return performance.now() - startedMs;
  }

  /** One that comes when the gate is closed is let through with the next dispatch. */
  async #pass(): Promise<null> {
    if (this.#open === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#open -= 1;
    if (this.#open === 0) this.#through();
    return null;
  }
}
