import { expect, test } from "vitest";
import { EventStream } from "../../src/events/event-stream.ts";
import type { QueueEvent } from "../../src/index.ts";

const event = (seq: number): QueueEvent => ({
  eventType: "state_transition",
  seq,
  occurredAt: 0,
  jobId: "j",
  instanceId: null,
  compositionId: null,
  nodeId: null,
  runId: null,
  actor: null,
  payload: {},
});

test("a slow reader loses what does not fit, and finds the gap where it was", async () => {
  const stream = new EventStream(2, () => {});
  for (const seq of [1, 2, 3, 4]) stream.push(event(seq));
  expect(stream.dropped).toBe(2);
  expect((await stream.next()).value).toMatchObject({ seq: 1 });
  stream.push(event(5));
  expect((await stream.next()).value).toMatchObject({ seq: 2 });
  expect((await stream.next()).value).toMatchObject({ eventType: "gap", seq: null, payload: { dropped: 2, after_seq: 2 } });
  expect((await stream.next()).value).toMatchObject({ seq: 5 });
});

test("a gap shows also when nothing comes after it", async () => {
  const stream = new EventStream(1, () => {});
  stream.push(event(1));
  stream.push(event(2));
  stream.end();
  const seen = await Array.fromAsync(stream, ({ eventType, payload }) => [eventType, payload["dropped"]]);
  expect(seen).toEqual([
    ["state_transition", undefined],
    ["gap", 1],
  ]);
});

test("a reader that waits is woken by an event, and by the end", async () => {
  const stream = new EventStream(4, () => {});
  const first = stream.next();
  stream.push(event(1));
  expect((await first).value).toMatchObject({ seq: 1 });
  const second = stream.next();
  stream.end();
  expect(await second).toEqual({ done: true, value: undefined });
});

test("leaving the loop closes the stream", async () => {
  let closed = 0;
  const stream = new EventStream(4, () => {
    closed += 1;
  });
  stream.push(event(1));
  stream.push(event(2));
  for await (const { seq } of stream) {
    expect(seq).toBe(1);
    break;
  }
  stream.push(event(3));
  expect(closed).toBe(1);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});
