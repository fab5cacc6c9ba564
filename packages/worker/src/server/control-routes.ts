import { type Progress, ROUTES } from "@cjm/protocol/plain";
import type { FastifyInstance } from "fastify";
import { parseJsonObject } from "../capability/call-request.ts";
import { bodyBytes, jobIdOfQuery } from "./request-body.ts";
import type { WorkerContext } from "./worker-context.ts";

/** What a host does with running calls. Both go through shared memory and never wait for the capability. */
export function addControlRoutes(app: FastifyInstance, { thread }: WorkerContext): void {
  app.post(ROUTES.cancel.path, (request) => {
    const body = bodyBytes(request.body);
    // Without a job all calls are cancelled. What names a job and cannot be understood must cancel none.
    const asked = isBlank(body) ? {} : parseJsonObject(body);
    const jobId = asked?.["job_id"] ?? null;
    if (asked === null || (jobId !== null && typeof jobId !== "string")) {
      return { status: "error", detail: "The body is no JSON object whose job_id is a text." };
    }
    thread.cancel(jobId);
    return { status: "cancelled" };
  });

  app.get(ROUTES.progress.path, (request): Progress => {
    return { ...thread.calls.progress(jobIdOfQuery(request.url)) };
  });
}

function isBlank(body: Uint8Array): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1").trim() === "";
}
