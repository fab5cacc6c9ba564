import type { Readable } from "node:stream";
import type { CallEnvelope, CallTarget, JsonObject, JsonValue } from "@cjm/core";
import {
  ACCOUNTS_HEADER,
  type Account,
  decodeAccounts,
  decodeUsage,
  type Health,
  HealthSchema,
  ProcessListSchema,
  type Progress,
  ProgressSchema,
  parsePythonJson,
  ROUTES,
  type RouteName,
  type Stats,
  StatsSchema,
  StatusReplySchema,
  SystemStatusSchema,
  USAGE_HEADER,
} from "@cjm/protocol";
import { Pool } from "undici";
import type * as z from "zod";
import { errorOfAnswer, errorOfLifecycle, type FailureSubject, notJson } from "./failure-classifier.ts";
import { readStream } from "./stream-reader.ts";
import type { WorkerEndpoint } from "./worker-endpoint.ts";

/** What a call reported to have consumed, by unit. */
export type Usage = Readonly<Record<string, number>>;

export interface CallAnswer {
  readonly value: JsonValue;
  readonly accounts: readonly Account[];
  readonly usage: Usage;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly accounts: readonly Account[];
  readonly usage: Usage;
}

const QUICK_MS = 5_000;

/**
 * The routes of one worker as typed calls. It raises what the worker reports as `CjmError`, and transport errors as they
 * come: whoever owns the process knows whether the worker died.
 */
export class WorkerClient implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #subject: FailureSubject;

  constructor(endpoint: WorkerEndpoint, subject: FailureSubject) {
    this.#headers = endpoint.kind === "socket" ? { authorization: `Bearer ${endpoint.token}` } : {};
    this.#subject = subject;
    this.#pool = new Pool(endpoint.kind === "socket" ? "http://worker" : `http://127.0.0.1:${endpoint.port}`, {
      ...(endpoint.kind === "socket" ? { socketPath: endpoint.path } : {}),
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
    return this.#ask("systemStatus", SystemStatusSchema, { signal });
  }

  processes(signal?: AbortSignal): Promise<z.infer<typeof ProcessListSchema>> {
    return this.#ask("listProcesses", ProcessListSchema, { signal });
  }

  async config(): Promise<JsonObject> {
    return (await this.#ok("config", quickly())) as JsonObject;
  }

  async configOptions(): Promise<JsonObject> {
    return (await this.#ok("configOptions", quickly())) as JsonObject;
  }

  /** As JSON text: how a number was written decides hashes. */
  configSchemaText(): Promise<string> {
    return this.#text("configSchema");
  }

  /** As JSON text, as above. */
  surfaceText(): Promise<string> {
    return this.#text("surface");
  }

  /** Of one job, or of the latest call. */
  progress(jobId: string | null): Promise<Progress> {
    return this.#ask("progress", ProgressSchema, { query: queryOf(jobId) });
  }

  /** No time limit of its own: models load for minutes. @throws CjmError with the worker's own detail */
  async initialize(config: JsonObject, jobId: string, signal?: AbortSignal): Promise<void> {
    await this.#ok("initialize", { body: config, query: queryOf(jobId), signal });
  }

  /** False: this worker cannot, and is to be initialised anew instead. @throws CjmError with the worker's own detail */
  async reconfigure(oldConfig: JsonObject, newConfig: JsonObject, jobId: string): Promise<boolean> {
    const request = { body: { old_config: oldConfig, new_config: newConfig }, query: queryOf(jobId) };
    const answer = await this.#send("reconfigure", request);
    if (answer.status === 200) return StatusReplySchema.parse(answer.body).status !== "not_supported";
    if (answer.status === 500) throw errorOfLifecycle(answer.body, this.#subject, "reconfigure");
    return false;
  }

  /** False: the capability has nothing to prefetch. @throws CjmError with the worker's own detail */
  async prefetch(jobId: string, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.#send("prefetch", { body: {}, query: queryOf(jobId), signal });
    if (answer.status === 200) return StatusReplySchema.parse(answer.body).status !== "not_supported";
    throw errorOfLifecycle(answer.body, this.#subject, "prefetch");
  }

  /** Tells the capability that its instance was enabled or disabled. @throws CjmError when its hook failed */
  async notify(hook: "onEnable" | "onDisable"): Promise<void> {
    const { status, detail } = await this.#ask(hook, StatusReplySchema, { body: {} });
    if (status === "error") throw errorOfLifecycle({ detail: detail ?? "" }, this.#subject, hook);
  }

  /** Asks for one job's call to stop, or with null for all. */
  async cancel(jobId: string | null): Promise<void> {
    await this.#ask("cancel", StatusReplySchema, { body: jobId === null ? {} : { job_id: jobId } });
  }

  async call(target: CallTarget, envelope: CallEnvelope, signal: AbortSignal): Promise<CallAnswer> {
    const route = target.channel === "task" ? "task" : "execute";
    const { status, body, accounts, usage } = await this.#send(route, { body: { ...bodyOf(target), envelope }, signal });
    if (status !== 200) throw new CallFailure(errorOfAnswer(status, body, this.#subject), { accounts, usage });
    return { value: body as JsonValue, accounts, usage };
  }

  /** Yields chunks as they come; ending the iteration early drops the connection, which ends the worker's generator. */
  async *stream(target: CallTarget, envelope: CallEnvelope, signal: AbortSignal): AsyncGenerator<JsonValue, void, undefined> {
    const { statusCode, body } = await this.#request("executeStream", { body: { ...bodyOf(target), envelope }, signal });
    if (statusCode !== 200) throw errorOfAnswer(statusCode, parseLeniently(await body.text()), this.#subject);
    yield* readStream(body, this.#subject);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask<T extends z.ZodType>(route: RouteName, schema: T, request: WorkerRequest = {}): Promise<z.output<T>> {
    return schema.parse(await this.#ok(route, { ...request, ...quickly(request.signal) }));
  }

  async #ok(route: RouteName, request: WorkerRequest): Promise<unknown> {
    const answer = await this.#send(route, request);
    if (answer.status === 200) return answer.body;
    throw answer.status === 400
      ? errorOfLifecycle(answer.body, this.#subject, route)
      : errorOfAnswer(answer.status, answer.body, this.#subject);
  }

  async #text(route: RouteName): Promise<string> {
    const { statusCode, body } = await this.#request(route, quickly());
    const text = await body.text();
    if (statusCode === 200) return text;
    throw errorOfAnswer(statusCode, parseLeniently(text), this.#subject);
  }

  async #send(route: RouteName, request: WorkerRequest): Promise<Answer> {
    const { statusCode: status, headers, body } = await this.#request(route, request);
    const text = await body.text();
    return {
      status,
      body: status === 200 ? this.#parse(text, route) : parseLeniently(text),
      accounts: decodeAccounts(headerOf(headers, ACCOUNTS_HEADER)),
      usage: decodeUsage(headerOf(headers, USAGE_HEADER)) ?? {},
    };
  }

  #parse(text: string, route: RouteName): unknown {
    try {
      return parsePythonJson(text);
    } catch (cause) {
      throw notJson(text, ROUTES[route].path, this.#subject, cause);
    }
  }

  #request(route: RouteName, { body, query, signal }: WorkerRequest): Promise<WorkerResponse> {
    const { method, path } = ROUTES[route];
    return this.#pool.request({
      method,
      path: query === undefined ? path : `${path}${query}`,
      headers: method === "POST" ? { ...this.#headers, "content-type": "application/json" } : this.#headers,
      ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

interface WorkerRequest {
  readonly body?: unknown;
  /** With its question mark. */
  readonly query?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface WorkerResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable & { text(): Promise<string> };
}

/** A failed call with what the worker recorded before it failed. */
export class CallFailure extends Error {
  readonly accounts: readonly Account[];
  readonly usage: Usage;

  constructor(cause: Error, recorded: { readonly accounts: readonly Account[]; readonly usage: Usage }) {
    super(cause.message, { cause });
    this.accounts = recorded.accounts;
    this.usage = recorded.usage;
  }
}

function bodyOf(target: CallTarget): JsonObject {
  if (target.channel === "task") return { task: target.task, method: target.method, kwargs: target.kwargs };
  return { args: target.args, kwargs: target.kwargs };
}

function quickly(signal?: AbortSignal): { readonly signal: AbortSignal } {
  const limit = AbortSignal.timeout(QUICK_MS);
  return { signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) };
}

function queryOf(jobId: string | null): string | undefined {
  return jobId === null ? undefined : `?job_id=${encodeURIComponent(jobId)}`;
}

function headerOf(headers: WorkerResponse["headers"], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Bodies of failures may be plain text. */
function parseLeniently(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    return text;
  }
}
