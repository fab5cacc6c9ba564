import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { CallMemory } from "../../src/thread/call-memory.ts";

test("begins at nothing, not cancelled", () => {
  const memory = new CallMemory();
  expect([memory.readProgress(), memory.cancelled]).toEqual([{ progress: 0, message: "" }, false]);
});

test("both views of one buffer see the same", () => {
  const writer = new CallMemory();
  const reader = new CallMemory(writer.buffer);
  writer.writeProgress(0.5, "half é");
  expect(reader.readProgress()).toEqual({ progress: 0.5, message: "half é" });
  writer.writeProgress(-1, "");
  expect(reader.readProgress()).toEqual({ progress: -1, message: "" });
  reader.cancel();
  expect(writer.cancelled).toBe(true);
});

test("a message that is too long is cut between characters", () => {
  const memory = new CallMemory();
  memory.writeProgress(0, "é".repeat(600));
  expect(memory.readProgress().message).toBe("é".repeat(500));
});

test("a reader never sees half of a write of another thread", async () => {
  const memory = new CallMemory();
  const source = `
    import { CallMemory } from ${JSON.stringify(new URL("../../src/thread/call-memory.ts", import.meta.url).href)};
    import { workerData } from "node:worker_threads";
    const memory = new CallMemory(workerData);
    for (let n = 1; !memory.cancelled; n = (n % 900) + 1) memory.writeProgress(n / 1000, "x".repeat(n));
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: memory.buffer });
  const torn: unknown[] = [];
  let different = 0;
  let last = -1;
  while (different < 200) {
    const reading = memory.readProgress();
    if (Math.round(reading.progress * 1000) !== reading.message.length) torn.push(reading);
    if (reading.progress !== last) different += 1;
    last = reading.progress;
    // The thread needs its first turns to be started.
    if (last <= 0) await new Promise((resolve) => setImmediate(resolve));
  }
  memory.cancel();
  await once(worker, "exit");
  expect(torn).toEqual([]);
});
