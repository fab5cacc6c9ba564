import { ROUTES } from "@cjm/protocol/plain";
import type { FastifyInstance } from "fastify";
import { sendPlainFailure } from "./plain-failure.ts";
import { bodyBytes, jobIdOfQuery } from "./request-body.ts";
import type { WorkerContext } from "./worker-context.ts";

/**
 * The capability's life between start and end. All of it runs on the capability's thread; the answers follow the original's.
 * With `?job_id=` the first three can be followed and cancelled like a call.
 */
export function addLifecycleRoutes(app: FastifyInstance, { thread }: WorkerContext): void {
  app.post(ROUTES.initialize.path, async (request, reply) => {
    const detail = await failureOf("initialize", request);
    return detail === null ? { status: "ok" } : reply.code(400).send({ detail });
  });

  app.post(ROUTES.prefetch.path, async (request, reply) => {
    const detail = await failureOf("prefetch", request);
    return detail === null ? { status: "prefetched" } : reply.code(500).send({ detail });
  });

  app.post(ROUTES.reconfigure.path, async (request, reply) => {
    const detail = await failureOf("reconfigure", request);
    return detail === null ? { status: "reconfigured" } : reply.code(500).send({ detail });
  });

  app.post(ROUTES.onDisable.path, async (request) => {
    const detail = await failureOf("onDisable", request);
    return detail === null ? { status: "disabled" } : { status: "error", detail };
  });

  app.post(ROUTES.onEnable.path, async (request) => {
    const detail = await failureOf("onEnable", request);
    return detail === null ? { status: "enabled" } : { status: "error", detail };
  });

  app.post(ROUTES.cleanup.path, async (request, reply) => {
    const detail = await failureOf("cleanup", request);
    return detail === null ? { status: "cleaned" } : sendPlainFailure(reply);
  });

  async function failureOf(
    operation: "initialize" | "prefetch" | "reconfigure" | "onDisable" | "onEnable" | "cleanup",
    request: { readonly body: unknown; readonly url: string },
  ): Promise<string | null> {
    const { outcome } = await thread.run(operation, bodyBytes(request.body), jobIdOfQuery(request.url)).done;
    return outcome.kind === "error" || outcome.kind === "cancelled" ? outcome.error.message : null;
  }
}
