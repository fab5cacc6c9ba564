import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { WorkerFrame } from "@cjm/protocol/plain";

export type LogFrame = Extract<WorkerFrame, { type: "log" }>;

/** What the bridge acts on. A failure is printed by the worker itself, and hosts of the original ask for progress. */
export type BridgedFrame = { readonly type: "ready" } | LogFrame;

/** Calls `onFrame` for every line of a worker that the bridge acts on; all others are dropped. */
export function readFrames(channel: Readable, onFrame: (frame: BridgedFrame) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  channel.on("data", (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const frame = parseFrame(line);
      if (frame !== null) onFrame(frame);
    }
  });
}

/** By hand: a schema library would cost more memory than everything else of the bridge. Null for what it does not act on. */
export function parseFrame(line: string): BridgedFrame | null {
  const frame = parseObject(line);
  if (frame?.["type"] === "ready") return { type: "ready" };
  if (frame?.["type"] !== "log") return null;
  const { ts, logger, message, level, job_id, exc_text } = frame;
  if (typeof ts !== "string" || typeof logger !== "string" || typeof message !== "string") return null;
  const optional = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    type: "log",
    ts,
    level: LEVELS.find((known) => known === level) ?? "INFO",
    logger,
    message,
    job_id: optional(job_id),
    exc_text: optional(exc_text),
  };
}

const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" ? (value as Readonly<Record<string, unknown>> | null) : null;
  } catch {
    return null;
  }
}
