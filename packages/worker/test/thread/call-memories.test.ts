import { expect, test } from "vitest";
import { CallMemories } from "../../src/thread/call-memories.ts";

test("each call has memory of its own, which the other thread finds by its place", () => {
  const own = new CallMemories();
  const other = new CallMemories(own.buffer);
  const taken = Array.from({ length: 100 }, () => own.take());
  for (const [index, { place }] of taken.entries()) {
    const memory = other.at(place);
    memory.begin(index + 1);
    memory.writeProgress(index / 100, `${index}`.repeat(500));
  }
  expect(taken.map(({ memory }) => memory.order)).toEqual(taken.map((_, index) => index + 1));
  for (const [index, { memory }] of taken.entries()) {
    expect(memory.readProgress()).toEqual({ progress: index / 100, message: `${index}`.repeat(500).slice(0, 1000) });
  }
});

test("what is given back is cleared and used again", () => {
  const memories = new CallMemories();
  const { place, memory } = memories.take();
  memory.begin(7);
  memory.cancel();
  memory.writeProgress(0.7, "seven");
  memories.giveBack(place);
  const again = memories.take();
  expect(again.place).toBe(place);
  expect([again.memory.cancelled, again.memory.order, again.memory.readProgress()]).toEqual([false, 0, { progress: 0, message: "" }]);
});
