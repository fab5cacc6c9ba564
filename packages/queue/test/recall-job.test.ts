import { describe, expect, test } from "vitest";
import { type KitOptions, queueKit } from "./queue-kit.ts";
import { SurvivingStore } from "./surviving-store.ts";

const INSTANCES: KitOptions["instances"] = {
  a: {
    script: ({ fails }) => {
      if (fails === true) throw new RangeError("too far");
      return 42;
    },
  },
  byHand: {},
};
const kitOver = (store: SurvivingStore, options: KitOptions = {}) => queueKit({ store, instances: INSTANCES, ...options });

describe("an id that was submitted under an earlier queue", () => {
  test("gives how that job ended, and calls nothing", async () => {
    const store = new SurvivingStore();
    const fails = { instanceId: "a", jobId: "failed", kwargs: { fails: true } };
    {
      await using before = kitOver(store);
      await before.queue.run({ instanceId: "a", jobId: "done" });
      await expect(before.queue.run(fails)).rejects.toThrow("too far");
      const cancelled = await before.queue.submit({ instanceId: "byHand", jobId: "cancelled" });
      cancelled.cancel();
      await cancelled.wait();
    }
    await using after = kitOver(store);
    const handles = await Promise.all([1, 2].map(() => after.queue.submit({ instanceId: "a", jobId: "done" })));
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([42, 42]);
    expect(handles[0]?.cancel()).toBe(false);
    expect(await Array.fromAsync(handles[0]?.events() ?? [])).toEqual([]);
    await expect(after.queue.run(fails)).rejects.toMatchObject({ code: "CJM_INPUT_INVALID", message: "too far" });
    await expect(after.queue.run({ instanceId: "a", jobId: "cancelled" })).rejects.toMatchObject({ code: "CJM_CANCELLED" });
    expect(after.runtime.calls).toEqual([]);
    expect(after.journal.rows).toEqual([]);
    expect(after.queue.list().map(({ jobId, status }) => [jobId, status])).toEqual([
      ["done", "completed"],
      ["failed", "failed"],
      ["cancelled", "cancelled"],
    ]);
    expect(after.queue.stats()).toMatchObject({ pending: 0, running: 0 });
  });

  test("gives it also to a queue that forgets at once", async () => {
    const store = new SurvivingStore();
    await using kit = kitOver(store, { maxHistory: 0 });
    await kit.queue.run({ instanceId: "a", jobId: "mine" });
    expect(kit.queue.list()).toEqual([]);
    expect(await kit.queue.run({ instanceId: "a", jobId: "mine" })).toBe(42);
    expect(kit.runtime.calls).toHaveLength(1);
  });

  test("is refused while another host has it, and for a stream", async () => {
    const store = new SurvivingStore();
    await using other = kitOver(store);
    const theirs = await other.queue.submit({ instanceId: "byHand", jobId: "mine" });
    const call = await other.runtime.call("byHand");
    await using kit = kitOver(store);
    await expect(kit.queue.submit({ instanceId: "a", jobId: "mine" })).rejects.toMatchObject({
      code: "CJM_JOB_ELSEWHERE",
      retriable: true,
    });
    expect([kit.queue.list(), kit.journal.rows]).toEqual([[], []]);
    call.resolve("theirs");
    await theirs.wait();
    expect(await kit.queue.run({ instanceId: "a", jobId: "mine" })).toBe("theirs");
    const chunks = kit.queue.stream({ instanceId: "a", jobId: "mine" });
    await expect(chunks.next()).rejects.toMatchObject({ code: "CJM_INPUT_INVALID" });
  });

  test("is refused once the queue is closed", async () => {
    const store = new SurvivingStore();
    await using kit = kitOver(store, { maxHistory: 0 });
    await kit.queue.run({ instanceId: "a", jobId: "mine" });
    await kit.queue.close();
    await expect(kit.queue.submit({ instanceId: "a", jobId: "mine" })).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
  });
});
