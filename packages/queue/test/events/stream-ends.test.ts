import { expect, test } from "vitest";
import type { QueueEvent } from "../../src/index.ts";
import { MemoryJournal, queueKit, turns } from "../queue-kit.ts";

/** Whether reading on comes to an end by itself. */
async function ends(stream: AsyncIterator<QueueEvent, void>): Promise<boolean> {
  let isOver = false;
  const read = async (): Promise<void> => {
    while ((await stream.next()).done !== true);
    isOver = true;
  };
  void read();
  await turns(20);
  return isOver;
}

test("a stream of a queue that has ended ends", async () => {
  const kit = queueKit();
  await kit.queue.close();
  expect(await ends(kit.queue.events())).toBe(true);
});

test("streams from handles end, also when the queue has forgotten what they are of", async () => {
  await using kit = queueKit({ maxHistory: 0, maxEndedCompositions: 0, instances: { a: { profile: {}, script: () => 1 } } });
  const job = await kit.queue.submit({ instanceId: "a" });
  const composition = await kit.queue.submitComposition({ name: "c", nodes: { n: { capability: "a" } } });
  await Promise.all([job.wait(), composition.wait()]);
  expect(kit.queue.get(job.jobId)).toBeNull();
  expect([await ends(job.events()), await ends(composition.events())]).toEqual([true, true]);
});

test("a stream that begins after the last row and before the waiters are told ends with the job", async () => {
  const slow = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const hook = {
    name: "slow",
    onTerminal: async () => {
      entered.resolve();
      await slow.promise;
    },
  };
  await using kit = queueKit({ instances: { a: { profile: {}, script: () => 1 } }, hooks: [hook] });
  const job = await kit.queue.submit({ instanceId: "a" });
  await entered.promise;
  const [ofHandle, ofQueue] = [job.events(), kit.queue.events({ jobId: job.jobId })];
  slow.resolve();
  await job.wait();
  expect([await ends(ofHandle), await ends(ofQueue)]).toEqual([true, true]);
});

/** What an earlier process journaled of a job that ended. */
function earlierJournal(): MemoryJournal {
  const journal = new MemoryJournal();
  const payload = { from: "running", to: "completed", job_snapshot: { id: "old" } };
  journal.append([{ eventId: "e", occurredAt: 0, eventType: "state_transition", jobId: "old", payload }]);
  return journal;
}

test("events after a row of a job that ended under an earlier host end, whatever types are asked for and wherever one begins", async () => {
  await using kit = queueKit({ history: earlierJournal() });
  const { queue } = kit;
  expect(await ends(queue.eventsAfter(0, { jobId: "old" }))).toBe(true);
  expect(await ends(queue.eventsAfter(0, { jobId: "old", eventTypes: ["retry_started"] }))).toBe(true);
  expect(await ends(queue.eventsAfter(1, { jobId: "old" }))).toBe(true);
  expect(await ends(queue.eventsAfter(1, { jobId: "to come" }))).toBe(false);
});

test("events after a row that nobody reads listen to nothing", async () => {
  await using kit = queueKit({ history: earlierJournal() });
  let listeners = 0;
  const onCommit = kit.writer.onCommit.bind(kit.writer);
  kit.writer.onCommit = (listener) => {
    listeners += 1;
    return onCommit(listener);
  };
  await kit.queue.eventsAfter(0).return();
  expect(listeners).toBe(0);
});
