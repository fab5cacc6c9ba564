import { Readable } from "node:stream";
import { encodeStreamFrame, ROUTES, STREAM_CONTENT_TYPE } from "@cjm/protocol/plain";
import type { FastifyInstance } from "fastify";
import { jobErrorOf } from "./job-error-of.ts";
import { sendPlainFailure } from "./plain-failure.ts";
import { callBody } from "./request-body.ts";
import type { WorkerContext } from "./worker-context.ts";

/**
 * `/execute_stream`: NDJSON as it is made, no faster than the reader takes it. The status is sent when the call begins, so a
 * failure is the last line. Success has no mark of its own: the body ends.
 */
export function addStreamRoute(app: FastifyInstance, context: WorkerContext): void {
  const { thread, nowMs } = context;
  app.post(ROUTES.executeStream.path, async (request, reply) => {
    const { body, jobId } = callBody(request.body);
    const begun = Promise.withResolvers<"begun">();
    let owed = 0;
    const readable = new Readable({
      read: () => {
        if (owed > 0) thread.credit(call.id, owed);
        owed = 0;
      },
    });
    const call = thread.run("stream", body, jobId, {
      onBegun: () => begun.resolve("begun"),
      onChunk: (line) => {
        if (readable.destroyed) return;
        // While the reader is behind, credit is owed until it asks for more.
        if (readable.push(line)) thread.credit(call.id, 1);
        else owed += 1;
      },
    });
    // The body of the request has ended long ago; what closes early is the answer.
    reply.raw.on("close", () => {
      if (!reply.raw.writableFinished) thread.abandon(call.id);
    });
    const finished = call.done.then(({ outcome }) => {
      if (readable.destroyed) return outcome;
      if (outcome.kind === "error" || outcome.kind === "cancelled") {
        readable.push(`${encodeStreamFrame({ kind: "error", error: jobErrorOf(outcome.error, thread.capability.name, nowMs()) })}\n`);
      }
      readable.push(null);
      return outcome;
    });
    const first = await Promise.race([begun.promise, finished]);
    if (first !== "begun" && first.kind === "malformed") return sendPlainFailure(reply);
    reply.type(STREAM_CONTENT_TYPE).send(readable);
    // A generator may take its time for the first chunk; that the call has begun is told at once.
    reply.raw.flushHeaders();
    return reply;
  });
}
