import { isJsonObject, JobErrorSchema } from "@cjm/core";
import { parsePythonJson, type StreamFrame } from "./stream-frames.ts";

/**
 * Reads one line; null for an empty one. Python's bare `NaN` and `Infinity` become null.
 * @throws SyntaxError when the line is no JSON
 */
export function decodeStreamFrame(line: string): StreamFrame | null {
  if (line.trim() === "") return null;
  const value: unknown = parsePythonJson(line);
  if (isJsonObject(value) && "_job_error" in value) return { kind: "error", error: JobErrorSchema.parse(value["_job_error"] ?? {}) };
  return { kind: "chunk", value };
}
