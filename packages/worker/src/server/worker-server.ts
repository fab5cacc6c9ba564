import { timingSafeEqual } from "node:crypto";
import { REQUEST_BODY_LIMIT_BYTES, ROUTES } from "@cjm/protocol/plain";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import { addCallRoutes } from "./call-routes.ts";
import { addConfigRoutes } from "./config-routes.ts";
import { addControlRoutes } from "./control-routes.ts";
import { addIdentityRoutes } from "./identity-routes.ts";
import { addLifecycleRoutes } from "./lifecycle-routes.ts";
import { addMonitorRoutes } from "./monitor-routes.ts";
import type { OpenAnswers } from "./open-answers.ts";
import { sendPlainFailure } from "./plain-failure.ts";
import { addStreamRoute } from "./stream-route.ts";
import type { WorkerContext } from "./worker-context.ts";

/** Serves one capability. Bodies stay bytes: the capability's thread reads them, so that a large one never holds up the control routes. */
export function createWorkerServer(context: WorkerContext, token: string, answers: OpenAnswers): FastifyInstance {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: REQUEST_BODY_LIMIT_BYTES,
    forceCloseConnections: "idle",
    return503OnClosing: false,
  });
  app.removeAllContentTypeParsers();
  // The first is what all hosts send; named, it is found without reading the header again for every request.
  app.addContentTypeParser(["application/json", "*"], { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  const ended = (): void => answers.end();
  app.addHook("onRequest", (_request, reply, next) => {
    answers.begin();
    reply.raw.once("close", ended);
    next();
  });
  app.addHook("onRequest", requireToken(token));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0];
    const allowed = Object.values(ROUTES).filter((route) => route.path === path);
    if (allowed.length === 0) return reply.code(404).send({ detail: "Not Found" });
    return reply
      .code(405)
      .header("allow", allowed.map((route) => route.method).join(", "))
      .send({ detail: "Method Not Allowed" });
  });
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) return sendPlainFailure(reply);
    return reply.code(status).header("connection", "close").send({ detail: error.message });
  });
  addIdentityRoutes(app, context);
  addLifecycleRoutes(app, context);
  addConfigRoutes(app, context);
  addControlRoutes(app, context);
  addCallRoutes(app, context);
  addStreamRoute(app, context);
  addMonitorRoutes(app, context);
  return app;
}

/** In constant time: how long the token is, everybody may know. */
function requireToken(
  token: string,
): (request: { headers: { authorization?: string | undefined } }, reply: FastifyReply, next: () => void) => void {
  const expected = Buffer.from(`Bearer ${token}`);
  return (request, reply, next) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === expected.length && timingSafeEqual(given, expected)) {
      next();
      return;
    }
    reply
      .code(401)
      .header("www-authenticate", "Bearer")
      .send({ detail: "This worker answers only its own host: the bearer token is missing or wrong." });
  };
}
