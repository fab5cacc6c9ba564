import { randomBytes, randomUUID } from "node:crypto";

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type JobId = Branded<string, "JobId">;
export type RunId = Branded<string, "RunId">;
export type CompositionId = Branded<string, "CompositionId">;
export type NodeId = Branded<string, "NodeId">;
export type InstanceId = Branded<string, "InstanceId">;
export type WorkerSessionId = Branded<string, "WorkerSessionId">;

/** Makes the ids of one process. Inject it wherever ids are made, so that tests can replay them. */
export interface IdSource {
  jobId(): JobId;
  compositionId(): CompositionId;
  workerSessionId(): WorkerSessionId;
  /** `run_YYYYMMDD_HHMMSS_<8 hex>` in UTC, the form the original's hosts use for their runs. */
  runId(): RunId;
  eventId(): string;
}

/**
 * Ids from the system's random source. UUIDs are version 7 (RFC 9562): their text order is their time order, which keeps
 * the indexes of large journals local.
 */
export function createIdSource(now: () => number = Date.now): IdSource {
  const uuid = (): string => uuidV7(now(), randomUUID());
  return {
    jobId: () => uuid() as JobId,
    compositionId: () => uuid() as CompositionId,
    workerSessionId: () => uuid() as WorkerSessionId,
    eventId: uuid,
    runId: () => `run_${compactUtc(now())}_${randomBytes(4).toString("hex")}` as RunId,
  };
}

/**
 * RFC 9562 section 5.7: 48 bits of Unix milliseconds, then version, variant and 74 random bits.
 * @param random a version 4 UUID, which has its random bits in the same places; Node makes them from a pool
 */
export function uuidV7(unixMs: number, random: string): string {
  const wholeMs = Math.floor(unixMs);
  if (wholeMs !== latest.wholeMs) {
    const time = wholeMs.toString(16).padStart(12, "0");
    latest = { wholeMs, text: `${time.slice(0, 8)}-${time.slice(8)}-7` };
  }
  return `${latest.text}${random.slice(15)}`;
}

/** Ids come many to a millisecond. */
let latest = { wholeMs: Number.NaN, text: "" };

function compactUtc(unixMs: number): string {
  const iso = new Date(unixMs).toISOString();
  return `${iso.slice(0, 10).replaceAll("-", "")}_${iso.slice(11, 19).replaceAll(":", "")}`;
}

const INSTANCE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a caller may choose `text` as an instance id: 1 to 64 letters, digits, `_` or `-`. */
export function isInstanceId(text: string): text is InstanceId {
  return INSTANCE_ID.test(text);
}
