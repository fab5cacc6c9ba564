import { bodyText, readCallRequest } from "../capability/call-request.ts";
import { TEXT_LIMIT } from "../thread/thread-json.ts";

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

export interface CallBody {
  readonly body: string | Uint8Array;
  /** Whose call it is, as far as that can be known before the thread reads it, so that it can be cancelled while it waits. */
  readonly jobId: string | null;
}

/** The body of a call, read as far as that takes no long. */
export function callBody(requestBody: unknown): CallBody {
  const bytes = bodyBytes(requestBody);
  const text = bytes.length > PEEK_LIMIT_BYTES ? null : bodyText(bytes);
  if (text === null) return { body: bytes, jobId: null };
  return { body: text.length > TEXT_LIMIT ? bytes : text, jobId: readCallRequest(text)?.envelope.jobId ?? null };
}
