import { createPipeline } from "@cjm/pipeline";
import { configAt, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { writeProbeManifests } from "../probe-manifests.ts";

test("what is submitted again after a restart, under the same id, is the job that it was", async () => {
  await using folder = await temporaryFolder();
  writeProbeManifests(folder.path);
  const open = () => createPipeline({ config: configAt(folder.path), capabilities: ["node"] });
  const request = { instanceId: "node", jobId: "invoice-7", kwargs: { action: "echo", value: "paid" } };
  {
    await using before = await open();
    expect(await before.queue.run(request)).toBe("paid");
  }
  await using after = await open();
  const again = await after.queue.submit({ ...request, kwargs: { action: "echo", value: "paid twice" } });
  expect(again.view()).toMatchObject({ status: "completed", result: "paid" });
  expect(await again.result()).toBe("paid");
  const ends = after.journal.query({ jobId: "invoice-7" }).filter(({ payload }) => payload["to"] === "completed");
  expect(ends).toHaveLength(1);
});
