import type { Readable } from "node:stream";
import type { CallEnvelope, CallTarget, JsonObject, JsonValue } from "@cjm/core";
import {
  ACCOUNTS_HEADER,
  type Account,
  decodeAccounts,
  detailOfBody,
  type Health,
  HealthSchema,
  ProcessListSchema,
  parsePythonJson,
  ROUTES,
  type RouteName,
  type Stats,
  StatsSchema,
  StatusReplySchema,
  SystemStatusSchema,
} from "@cjm/protocol";
import { Pool } from "undici";
import type * as z from "zod";
import { errorOfAnswer, type FailureSubject } from "./failure-classifier.ts";
import { readStream } from "./stream-reader.ts";

export interface CallAnswer {
  readonly value: JsonValue;
  readonly accounts: readonly Account[];
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly accounts: readonly Account[];
}

const QUICK_MS = 5_000;

/**
 * The routes of one worker as typed calls. It raises what the worker reports as `CjmError`, and transport errors as they
 * come: whoever owns the process knows whether the worker died.
 */
export class WorkerClient implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #authorization: string;
  readonly #subject: FailureSubject;

  constructor(socketPath: string, token: string, subject: FailureSubject) {
    this.#authorization = `Bearer ${token}`;
    this.#subject = subject;
    this.#pool = new Pool("http://worker", {
      socketPath,
      pipelining: 1,
      connections: 128,
      // Long calls are governed by deadlines and the worker's life, not by silence on the wire.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Below the five seconds after which the original's workers close an idle connection.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 4_000,
      maxHeaderSize: 2 * 1024 * 1024,
    });
  }

  health(): Promise<Health> {
    return this.#ask("health", HealthSchema);
  }

  stats(): Promise<Stats> {
    return this.#ask("stats", StatsSchema);
  }

  systemStatus(signal?: AbortSignal): Promise<z.infer<typeof SystemStatusSchema>> {
    return this.#ask("systemStatus", SystemStatusSchema, {}, signal);
  }

  processes(signal?: AbortSignal): Promise<z.infer<typeof ProcessListSchema>> {
    return this.#ask("listProcesses", ProcessListSchema, {}, signal);
  }

  async config(): Promise<JsonObject> {
    return (await this.#ok("config", undefined, AbortSignal.timeout(QUICK_MS))) as JsonObject;
  }

  async configSchema(): Promise<JsonObject> {
    return (await this.#ok("configSchema", undefined, AbortSignal.timeout(QUICK_MS))) as JsonObject;
  }

  async surface(): Promise<JsonObject> {
    return (await this.#ok("surface", undefined, AbortSignal.timeout(QUICK_MS))) as JsonObject;
  }

  /** No time limit of its own: models load for minutes. @throws CjmError with the worker's own detail */
  async initialize(config: JsonObject, signal?: AbortSignal): Promise<void> {
    await this.#ok("initialize", config, signal);
  }

  async reconfigure(oldConfig: JsonObject | null, newConfig: JsonObject): Promise<void> {
    await this.#ok("reconfigure", { old_config: oldConfig, new_config: newConfig });
  }

  async prefetch(signal?: AbortSignal): Promise<void> {
    await this.#ok("prefetch", {}, signal);
  }

  /** Asks for one job's call to stop, or with null for all. */
  async cancel(jobId: string | null): Promise<void> {
    await this.#ask("cancel", StatusReplySchema, jobId === null ? {} : { job_id: jobId });
  }

  async call(target: CallTarget, envelope: CallEnvelope, signal: AbortSignal): Promise<CallAnswer> {
    const answer = await this.#send(target.channel === "task" ? "task" : "execute", { ...bodyOf(target), envelope }, signal);
    if (answer.status !== 200) throw new CallFailure(errorOfAnswer(answer.status, answer.body, this.#subject), answer.accounts);
    return { value: answer.body as JsonValue, accounts: answer.accounts };
  }

  /** Yields chunks as they come; ending the iteration early drops the connection, which ends the worker's generator. */
  async *stream(target: CallTarget, envelope: CallEnvelope, signal: AbortSignal): AsyncGenerator<JsonValue, void, undefined> {
    const { statusCode, body } = await this.#request("executeStream", { ...bodyOf(target), envelope }, signal);
    if (statusCode !== 200) throw errorOfAnswer(statusCode, parseBody(await body.text()), this.#subject);
    yield* readStream(body, this.#subject);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask<T extends z.ZodType>(route: RouteName, schema: T, body?: unknown, signal?: AbortSignal): Promise<z.output<T>> {
    const limit = AbortSignal.timeout(QUICK_MS);
    return schema.parse(await this.#ok(route, body, signal === undefined ? limit : AbortSignal.any([limit, signal])));
  }

  async #ok(route: RouteName, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#send(route, body, signal);
    if (answer.status === 200) return answer.body;
    throw errorOfAnswer(answer.status, answer.status === 400 ? detailOfBody(answer.body) : answer.body, this.#subject);
  }

  async #send(route: RouteName, body: unknown, signal?: AbortSignal): Promise<Answer> {
    const response = await this.#request(route, body, signal);
    const header = response.headers[ACCOUNTS_HEADER];
    return {
      status: response.statusCode,
      body: parseBody(await response.body.text()),
      accounts: decodeAccounts(Array.isArray(header) ? header[0] : header),
    };
  }

  #request(
    route: RouteName,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<{ statusCode: number; headers: Record<string, string | string[] | undefined>; body: Readable & { text(): Promise<string> } }> {
    const { method, path } = ROUTES[route];
    return this.#pool.request({
      method,
      path,
      headers: { authorization: this.#authorization, ...(method === "POST" ? { "content-type": "application/json" } : {}) },
      ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** A failed call with what the worker recorded before it failed. */
export class CallFailure extends Error {
  readonly accounts: readonly Account[];

  constructor(cause: Error, accounts: readonly Account[]) {
    super(cause.message, { cause });
    this.accounts = accounts;
  }
}

function bodyOf(target: CallTarget): JsonObject {
  if (target.channel === "task") return { task: target.task, method: target.method, kwargs: target.kwargs };
  return { args: target.args, kwargs: target.kwargs };
}

function parseBody(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    return text;
  }
}
