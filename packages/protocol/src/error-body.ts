import { isJsonObject, type JobError, JobErrorSchema } from "@cjm/core";

/** The typed error of a 500 body, or null when the body is none. */
export function jobErrorOfBody(body: unknown): JobError | null {
  if (!isJsonObject(body) || !isJsonObject(body["_job_error"])) return null;
  return JobErrorSchema.parse(body["_job_error"]);
}

/** The text of a `{"detail": ...}` body, or the body's own text. */
export function detailOfBody(body: unknown): string {
  if (typeof body === "string") return body;
  if (!isJsonObject(body) || body["detail"] === undefined) return JSON.stringify(body ?? null);
  return typeof body["detail"] === "string" ? body["detail"] : JSON.stringify(body["detail"]);
}
