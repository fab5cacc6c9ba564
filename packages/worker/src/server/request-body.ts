import { readCallRequest } from "../capability/call-request.ts";

/** Bodies above this are read by the capability's thread alone: reading one here would hold up the control routes. */
const PEEK_LIMIT_BYTES = 1024 * 1024;

/** The body as it came; empty when there was none. */
export function bodyBytes(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}

/** The job that a request names in its query (`?job_id=`), or null. */
export function jobIdOfQuery(url: string): string | null {
  return new URL(url, "http://worker").searchParams.get("job_id") || null;
}

/** Whose call it is, so that it can be cancelled also while it waits for the thread. */
export function jobIdOf(body: Uint8Array): string | null {
  return body.length > PEEK_LIMIT_BYTES ? null : (readCallRequest(body)?.envelope.jobId ?? null);
}
