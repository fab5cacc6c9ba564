import type { JobError } from "@cjm/core/plain";
import { asciiJson } from "./accounts-header.ts";

/** Content type of a streamed answer: one JSON value a line. */
export const STREAM_CONTENT_TYPE = "application/x-ndjson";

/** One frame of a streamed answer. There is no success frame: a clean end of the body is success. */
export type StreamFrame = { readonly kind: "chunk"; readonly value: unknown } | { readonly kind: "error"; readonly error: JobError };

/** A line without its newline. Everything outside ASCII is escaped: Python clients also split lines at U+2028 and the like. */
export function encodeStreamFrame(frame: StreamFrame): string {
  return frame.kind === "chunk" ? asciiJson(frame.value ?? null) : asciiJson({ _job_error: frame.error });
}

/** Parses JSON that Python may have written: bare non-finite numbers, which JSON does not have, become null. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : "null")));
  }
}
