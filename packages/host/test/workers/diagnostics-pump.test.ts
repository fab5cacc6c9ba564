import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { DiagnosticsStore } from "@cjm/core";
import { ManualClock, MemoryDiagnostics } from "@cjm/testing";
import { expect, test } from "vitest";
import { DiagnosticsPump } from "../../src/workers/diagnostics-pump.ts";

async function pumped(pieces: readonly (string | Buffer)[], store: DiagnosticsStore = new MemoryDiagnostics()) {
  const losses: unknown[] = [];
  const pump = new DiagnosticsPump({ store, clock: new ManualClock(), sessionId: "s", onLoss: (error) => losses.push(error) });
  const stream = new PassThrough();
  pump.attach(stream, "stderr");
  for (const piece of pieces) {
    stream.write(piece);
    await setImmediate();
  }
  stream.end();
  await setImmediate();
  await setImmediate();
  return { pump, losses };
}

test.each<[string, readonly (string | Buffer)[], readonly string[]]>([
  ["lines", ["a\nb\n"], ["a", "b"]],
  ["a line in pieces", ["a", "b", "\nc"], ["ab", "c"]],
  ["a letter in pieces", [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])], ["é"]],
  ["bytes that are no text", [Buffer.from([0xff, 0x0a])], ["\ufffd"]],
  ["what a terminal would show of a progress bar", ["10 %\r50 %\r100 %\n"], ["100 %"]],
  ["a line end of Windows", ["a\r\nb\r\n"], ["a", "b"]],
  ["nothing but space", ["  \n\n a \n"], [" a"]],
])("%s", async (_name, pieces, lines) => {
  const store = new MemoryDiagnostics();
  await pumped(pieces, store);
  expect(store.chunks.map(({ content }) => content)).toEqual(lines);
  expect(store.chunks.every(({ workerSessionId, stream }) => workerSessionId === "s" && stream === "stderr")).toBe(true);
});

test("a line without end is cut before it grows too long", async () => {
  const store = new MemoryDiagnostics();
  await pumped(["x".repeat(10_000), "y".repeat(10_000), "z"], store);
  expect(store.chunks.map(({ content }) => content.length)).toEqual([20_000, 1]);
});

test("the last lines are kept, each shortened", async () => {
  const { pump } = await pumped([`${Array.from({ length: 30 }, (_, n) => `line ${n}`).join("\n")}\n${"x".repeat(2_000)}\n`]);
  expect(pump.lastLines).toHaveLength(20);
  expect(pump.lastLines.at(-2)).toBe("line 29");
  expect(pump.lastLines.at(-1)).toHaveLength(500);
});

test("a turn of the loop is one write", async () => {
  const store = new MemoryDiagnostics();
  const writes: number[] = [];
  const append = store.appendChunks.bind(store);
  store.appendChunks = (chunks) => {
    writes.push(chunks.length);
    append(chunks);
  };
  await pumped(["a\nb\nc\n"], store);
  expect(writes).toEqual([3]);
});

test("a store that fails is reported once and disturbs nothing", async () => {
  const store = new MemoryDiagnostics();
  store.appendChunks = () => {
    throw new Error("ENOSPC");
  };
  const { pump, losses } = await pumped(["a\n", "b\n", "c\n"], store);
  expect(losses).toEqual([expect.objectContaining({ message: "ENOSPC" })]);
  expect(pump.lastLines).toEqual(["a", "b", "c"]);
  pump.record({ occurredAt: 0, workerSessionId: "s", jobId: null, level: "INFO", loggerName: "l", message: "m", excText: null });
  pump.flush();
  expect(store.records).toHaveLength(1);
});
