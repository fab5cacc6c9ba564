import { expect, test } from "vitest";
import type { EventStream } from "../../src/index.ts";
import { queueKit, turns } from "../queue-kit.ts";

/** Whether reading on comes to an end by itself. */
async function ends(stream: EventStream): Promise<boolean> {
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
