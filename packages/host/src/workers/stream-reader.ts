import { StringDecoder } from "node:string_decoder";
import { CjmError, errorFromJobError, type JsonValue } from "@cjm/core";
import { decodeStreamFrame } from "@cjm/protocol";
import type { FailureSubject } from "./failure-classifier.ts";

/**
 * The chunks of a streamed answer. Lines end at `\n` and nowhere else. A last line with an error raises it; a body that
 * is cut off raises the transport's error.
 */
export async function* readStream(body: AsyncIterable<Uint8Array>, subject: FailureSubject): AsyncGenerator<JsonValue, void, undefined> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const bytes of body) {
    const lines = (rest + decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield* chunkOf(line, subject);
  }
  yield* chunkOf(rest + decoder.end(), subject);
}

function* chunkOf(line: string, subject: FailureSubject): Generator<JsonValue, void, undefined> {
  const frame = decode(line, subject);
  if (frame === null) return;
  if (frame.kind === "error") throw errorFromJobError(frame.error, subject);
  yield frame.value as JsonValue;
}

function decode(line: string, subject: FailureSubject): ReturnType<typeof decodeStreamFrame> {
  try {
    return decodeStreamFrame(line);
  } catch (error) {
    throw new CjmError(
      "CJM_PROTOCOL_VIOLATION",
      `The worker of ${subject.instanceId} streamed a line that is no JSON: ${line.slice(0, 200)}`,
      { cause: error },
    );
  }
}
