import { JournalWriter } from "@cjm/core";
import { type EventStream, JobQueue } from "@cjm/queue";
import type { Bench, BenchContext } from "../kit/bench.ts";
import { ForgetfulJournal } from "../kit/forgetful-journal.ts";
import { InstantRuntime } from "../kit/instant-runtime.ts";
import { interleave } from "../kit/interleave.ts";

const TOOL = "small";

/** What subscribers to events cost the queue: each of a hundred reads every event while it comes. */
export const events: Bench = {
  summary: "jobs whose every event goes to a hundred subscribers, beside none",
  async run({ figures, workload }: BenchContext): Promise<void> {
    const { subscribers, jobs, rounds } = workload.events;
    const named = (count: number): string => `events.job_us_with_${count}_subscribers`;
    await interleave([0, 1, subscribers], { rounds, warmups: 1 }, async (count, isWarmup) => {
      const runtime = new InstantRuntime({ [TOOL]: { cap: 4 } });
      const queue = new JobQueue({ runtime, journal: new JournalWriter(new ForgetfulJournal()), eventBuffer: 100_000 });
      const readers = Array.from({ length: count }, () => read(queue.events()));
      const startedMs = performance.now();
      await Promise.all(Array.from({ length: jobs }, () => queue.run({ instanceId: TOOL })));
      await queue.close();
      const seen = await Promise.all(readers);
      const tookMs = performance.now() - startedMs;
      if (new Set(seen).size > 1) throw new Error(`subscribers saw different events: ${[...new Set(seen)].join(", ")}`);
      if (isWarmup) return;
      figures.add(named(count), "us", (tookMs * 1000) / jobs);
      if (count > 0) figures.note("events.events_per_job", (seen[0] ?? 0) / jobs);
      if (count === subscribers) figures.add("events.delivery_us", "us", (tookMs * 1000) / (jobs * count * ((seen[0] ?? 1) / jobs)));
    });
    figures.ratio(`${named(subscribers)}/none`, named(subscribers), named(0));
  },
};

/** Reads to the end. Resolves with how many there were. */
async function read(stream: EventStream): Promise<number> {
  let count = 0;
  for await (const _ of stream) count += 1;
  return count;
}
