import { ROUTES } from "@cjm/protocol/plain";
import type { FastifyInstance } from "fastify";
import { sendPlainFailure } from "./plain-failure.ts";
import { sendJson } from "./send-json.ts";
import type { WorkerContext } from "./worker-context.ts";

/** The configuration: its schema, its present values, and what can be chosen. Only the last asks the capability. */
export function addConfigRoutes(app: FastifyInstance, { thread }: WorkerContext): void {
  app.get(ROUTES.configSchema.path, () => thread.capability.configSchema);
  app.get(ROUTES.config.path, () => thread.config);
  app.get(ROUTES.configOptions.path, async (_request, reply) => {
    const { outcome } = await thread.run("configOptions", new Uint8Array()).done;
    if (outcome.kind !== "value") return sendPlainFailure(reply);
    return sendJson(reply, outcome.json);
  });
}
