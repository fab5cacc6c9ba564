import type { FastifyReply } from "fastify";

/** What the original answers when it has no typed error; it then closes the connection. */
export function sendPlainFailure(reply: FastifyReply): FastifyReply {
  return reply.code(500).type("text/plain; charset=utf-8").header("connection", "close").send("Internal Server Error");
}
