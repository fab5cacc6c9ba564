import { CancelRequestSchema, type Progress, ROUTES } from "@cjm/protocol";
import type { FastifyInstance } from "fastify";
import { parseJsonObject } from "../capability/call-request.ts";
import { bodyBytes, jobIdOfQuery } from "./request-body.ts";
import type { WorkerContext } from "./worker-context.ts";

/** What a host does with running calls. Both go through shared memory and never wait for the capability. */
export function addControlRoutes(app: FastifyInstance, { thread }: WorkerContext): void {
  app.post(ROUTES.cancel.path, (request) => {
    const parsed = CancelRequestSchema.safeParse(parseJsonObject(bodyBytes(request.body)) ?? {});
    thread.cancel(parsed.data?.job_id ?? null);
    return { status: "cancelled" };
  });

  app.get(ROUTES.progress.path, (request): Progress => {
    return { ...thread.calls.progress(jobIdOfQuery(request.url)) };
  });
}
