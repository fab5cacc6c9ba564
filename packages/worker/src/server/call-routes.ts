import { ACCOUNTS_HEADER, type Account, encodeAccounts, encodeUsage, ROUTES, USAGE_HEADER } from "@cjm/protocol/plain";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { FromThread } from "../thread/thread-messages.ts";
import { jobErrorOf } from "./job-error-of.ts";
import { sendPlainFailure } from "./plain-failure.ts";
import { callBody } from "./request-body.ts";
import { sendJson } from "./send-json.ts";
import type { WorkerContext } from "./worker-context.ts";

/** `/execute` and `/task`: one value for one call. */
export function addCallRoutes(app: FastifyInstance, context: WorkerContext): void {
  for (const operation of ["execute", "task"] as const) {
    app.post(ROUTES[operation].path, async (request, reply) => {
      const { body, jobId } = callBody(request.body);
      const done = await context.thread.run(operation, body, jobId).done;
      return sendDone(done, reply, context);
    });
  }
}

function sendDone(done: Extract<FromThread, { type: "done" }>, reply: FastifyReply, { thread, nowMs }: WorkerContext): FastifyReply {
  const { outcome } = done;
  if (outcome.kind === "malformed") return sendPlainFailure(reply);
  if (outcome.kind === "absent") return reply.code(404).send({ detail: outcome.detail });
  const jobError = outcome.kind === "error" ? jobErrorOf(outcome.error, thread.capability.name, nowMs()) : null;
  const accounts = encodeAccounts(accountsOf(done, jobError?.category ?? null));
  if (accounts !== null) reply.header(ACCOUNTS_HEADER, accounts);
  const usage = encodeUsage(done.report.usage);
  if (usage !== null) reply.header(USAGE_HEADER, usage);
  if (outcome.kind === "cancelled") return reply.code(409).send({ detail: outcome.error.message });
  if (jobError !== null) return reply.code(500).send({ _job_error: jobError });
  return sendJson(reply, outcome.kind === "value" ? outcome.json : "null");
}

/** What the capability recorded, and for a task that ran to an end one account of the worker's own. */
function accountsOf({ report, outcome }: Extract<FromThread, { type: "done" }>, errorCategory: string | null): Account[] {
  const recorded = report.accounts.map((account) => ({ event_type: account.event_type, payload: { ...account.payload } }));
  if (report.taskRun === null || outcome.kind === "cancelled") return recorded;
  const { task, method, durationMs } = report.taskRun;
  const payload = {
    task,
    method,
    ok: errorCategory === null,
    duration_s: Math.round(durationMs) / 1000,
    ...(errorCategory === null ? {} : { error_category: errorCategory }),
  };
  return [...recorded, { event_type: "task_account", payload }];
}
