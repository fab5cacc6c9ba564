import { parsePythonJson } from "@cjm/protocol";
import { readCallRequest } from "../capability/call-request.ts";

/** Bodies above this are read by the capability's thread alone: reading one here would hold up the control routes. */
const PEEK_LIMIT_BYTES = 1024 * 1024;

/** The body as it came; empty when there was none. */
export function bodyBytes(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}

/** Older clients of the original write bare `NaN` and `Infinity`; what strict JSON cannot read is tried as theirs. */
export function readableBody(body: Uint8Array): Uint8Array {
  if (body.length > PEEK_LIMIT_BYTES || readCallRequest(body) !== null) return body;
  try {
    return Buffer.from(JSON.stringify(parsePythonJson(Buffer.from(body).toString("utf8"))));
  } catch {
    return body;
  }
}

/** The job that a request names in its query (`?job_id=`), or null. */
export function jobIdOfQuery(url: string): string | null {
  return new URL(url, "http://worker").searchParams.get("job_id") || null;
}

/** Whose call it is, so that it can be cancelled also while it waits for the thread. */
export function jobIdOf(body: Uint8Array): string | null {
  return body.length > PEEK_LIMIT_BYTES ? null : (readCallRequest(body)?.envelope.jobId ?? null);
}
