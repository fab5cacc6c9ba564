import type { FastifyReply } from "fastify";
import type { ThreadJson } from "../thread/thread-json.ts";

/** Sends what is JSON already. */
export function sendJson(reply: FastifyReply, json: ThreadJson): FastifyReply {
  const body = typeof json === "string" ? json : Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  // With a serialiser of its own the type stays as it is; without one Fastify adds a charset to that of a text.
  return reply.header("content-type", "application/json").serializer(String).send(body);
}
