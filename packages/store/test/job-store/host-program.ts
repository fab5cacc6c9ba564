// A host in a process of its own, for tests: `host-program.ts <mode> <folder> <argument>`. What was acknowledged is printed at once,
// so that a kill loses no line of it.

import { writeSync } from "node:fs";
import { join } from "node:path";
import { claimed, completed, sampleJob } from "@cjm/testing";
import { SqliteJobStore } from "../../src/index.ts";
import { randomFrom, resultOf } from "./seeded-work.ts";

const [mode = "", folder = "", argument = ""] = process.argv.slice(2);
const store = SqliteJobStore.open(join(folder, "jobs.db"), {
  resultsFolder: join(folder, "results"),
  heartbeatMs: 200,
  maxInlineBytes: 2000,
});
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const modes: Record<string, () => Promise<void>> = {
  /** Submits and settles jobs on eight lanes until it is killed. */
  async write() {
    const random = randomFrom(Number(argument));
    let count = 0;
    const lane = async (): Promise<void> => {
      for (;;) {
        const jobId = `${argument}-${count++}`;
        await store.submit({ jobs: [sampleJob(jobId)], rows: [{ kind: "submitted", data: { jobId } }] });
        print(`submitted ${jobId}`);
        if (random() < 0.2) continue;
        const lease = await claimed(store, jobId);
        if (random() < 0.2) continue;
        if (await store.settle(completed(jobId, lease, resultOf(jobId)), [{ kind: "settled", data: { jobId } }])) print(`settled ${jobId}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
  },

  /** Adopts, runs and settles whatever there is, now and whenever a host is gone. */
  async adopt() {
    const work = async (): Promise<void> => {
      const { jobs } = await store.adopt(["i"]);
      print(`adopted ${jobs.length}`);
      for (const { job } of jobs) {
        const { jobId } = job.spec;
        const lease = await claimed(store, jobId);
        if (await store.settle(completed(jobId, lease, { by: process.pid }), [])) print(`settled ${jobId}`);
      }
    };
    let last = work();
    store.onWake(() => {
      last = last.then(work);
    });
    await last;
    setInterval(() => {}, 1000);
  },

  /** Submits the same hundred jobs as everyone who is started like this, one by one. */
  async submit() {
    for (let index = 0; index < 100; index++) {
      await store.submit({
        jobs: [sampleJob(`j${index}`, { actor: argument })],
        rows: [{ kind: "paid", data: { job: `j${index}`, by: argument } }],
      });
    }
    await store[Symbol.asyncDispose]();
    print("done");
  },
};

await modes[mode]?.();
