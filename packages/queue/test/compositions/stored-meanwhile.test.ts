import { CjmError } from "@cjm/core";
import { expect, test } from "vitest";
import { queueKit, turns } from "../queue-kit.ts";
import { SurvivingStore } from "../surviving-store.ts";

/** A store that takes compositions when the test says so. */
class GatedStore extends SurvivingStore {
  readonly gate = Promise.withResolvers<void>();

  override async submit(work: Parameters<SurvivingStore["submit"]>[0]): Promise<void> {
    if ((work.compositions ?? []).length > 0) await this.gate.promise;
    await super.submit(work);
  }
}

const document = { name: "c", nodes: { n: { capability: "a" } } };

function gatedKit() {
  const store = new GatedStore();
  return { store, kit: queueKit({ store, instances: { a: { profile: {}, script: () => 1 } } }) };
}

test("close waits for a composition that is still being stored", async () => {
  const { store, kit } = gatedKit();
  const submitted = kit.queue.submitComposition(document);
  const closed = kit.queue.close();
  await turns();
  store.gate.resolve();
  await turns(20);
  expect((await submitted).outcome()).toMatchObject({ status: "completed", results: { n: 1 } });
  await closed;
});

test("destroy cancels a composition that is still being stored", async () => {
  const { store, kit } = gatedKit();
  const submitted = kit.queue.submitComposition(document);
  await kit.queue.destroy();
  store.gate.resolve();
  expect(await (await submitted).wait()).toMatchObject({ status: "cancelled" });
  expect(kit.runtime.calls).toEqual([]);
});

test("a host that leaves leaves a composition that is still being stored", async () => {
  const { store, kit } = gatedKit();
  const submitted = kit.queue.submitComposition(document);
  await kit.queue.leave();
  store.gate.resolve();
  const handle = await submitted;
  await expect(handle.wait()).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
  expect(store.compositions.get(handle.compositionId)).toMatchObject({ status: "running" });
});

test("close does not wait for a composition that could not be stored", async () => {
  const { store, kit } = gatedKit();
  const submitted = kit.queue.submitComposition(document);
  const closed = kit.queue.close();
  store.gate.reject(new CjmError("CJM_STORE_FAILED", "disk full"));
  await expect(submitted).rejects.toThrow("disk full");
  await closed;
  expect(kit.queue.stats().compositions.running).toBe(0);
});
