import { ROUTES } from "@cjm/protocol/plain";
import type { FastifyInstance, FastifyReply } from "fastify";
import { sendPlainFailure } from "./plain-failure.ts";
import { sendJson } from "./send-json.ts";
import type { WorkerContext } from "./worker-context.ts";

/** What a system monitor serves beside its actions. */
export function addMonitorRoutes(app: FastifyInstance, { thread }: WorkerContext): void {
  app.post(ROUTES.systemStatus.path, (_request, reply) => answer("systemStatus", reply));
  app.post(ROUTES.listProcesses.path, (_request, reply) => answer("listProcesses", reply));

  async function answer(operation: "systemStatus" | "listProcesses", reply: FastifyReply): Promise<FastifyReply> {
    const { monitor, name } = thread.capability;
    if (!monitor.systemStatus && !monitor.listProcesses) return reply.code(404).send({ detail: `${name} is no system monitor.` });
    if (!monitor[operation]) {
      const method = operation === "systemStatus" ? "getSystemStatus" : "listProcesses";
      return reply.code(501).send({ detail: `${name} does not have the method ${method}.` });
    }
    const { outcome } = await thread.run(operation, new Uint8Array()).done;
    if (outcome.kind !== "value") return sendPlainFailure(reply);
    return sendJson(reply, outcome.json);
  }
}
