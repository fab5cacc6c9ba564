import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { WorkerFrameSchema } from "@cjm/protocol";
import { describe, expect, test } from "vitest";
import { type BridgedFrame, parseFrame, readFrames } from "../../src/original-host/frame-reader.ts";

const fixtures = JSON.parse(readFileSync(new URL("../../../protocol/fixtures/control-frames.json", import.meta.url), "utf8")) as {
  name: string;
  from: string;
  valid: boolean;
  frame: unknown;
}[];

describe("parseFrame", () => {
  test.each(fixtures.filter(({ from, valid }) => from === "worker" && valid))(
    "takes $name as the protocol does, or leaves it",
    ({ frame }) => {
      const known = WorkerFrameSchema.parse(frame);
      const expected = known.type === "log" ? known : known.type === "ready" ? { type: "ready" } : null;
      expect(parseFrame(JSON.stringify(frame))).toEqual(expected);
    },
  );

  test.each([
    "",
    "no JSON",
    "null",
    "7",
    '"ready"',
    "[]",
    '{"type":"log","ts":"t","logger":"l"}',
    '{"type":"log","ts":1,"logger":"l","message":"m"}',
  ])("%j is nothing to act on", (line) => {
    expect(parseFrame(line)).toBeNull();
  });

  test("an unknown level is INFO, an odd job none", () => {
    const line = JSON.stringify({ type: "log", ts: "t", level: "LOUD", logger: "l", message: "m", job_id: 7 });
    expect(parseFrame(line)).toEqual({ type: "log", ts: "t", level: "INFO", logger: "l", message: "m", job_id: null, exc_text: null });
  });
});

test("readFrames puts lines together that come in pieces, also in the middle of a character", () => {
  const channel = new PassThrough();
  const frames: BridgedFrame[] = [];
  readFrames(channel, (frame) => frames.push(frame));
  const bytes = Buffer.from('{"type":"ready"}\nnoise\n{"type":"log","ts":"t","level":"INFO","logger":"l","message":"ä€😀"}\n{"type":');
  for (const byte of bytes) channel.emit("data", Buffer.from([byte]));
  expect(frames).toEqual([{ type: "ready" }, expect.objectContaining({ message: "ä€😀" })]);
});
