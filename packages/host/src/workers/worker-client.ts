import { type CallEnvelope, type CallTarget, type CjmError, describeIssues, type JsonObject, type JsonValue } from "@cjm/core";
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
import { type Dispatcher, Pool } from "undici";
import * as z from "zod";
import { errorOfAnswer, errorOfLifecycle, errorOfShape, type FailureSubject } from "./failure-classifier.ts";
import { readStream } from "./stream-reader.ts";
import { requestText, type TextAnswer } from "./text-request.ts";
import type { WorkerEndpoint } from "./worker-endpoint.ts";

/** What a call reported to have consumed, by unit. */
export type Usage = Readonly<Record<string, number>>;

/** What a worker made of a call, and what it recorded meanwhile. */
export interface CallAnswer {
  readonly outcome: { readonly kind: "value"; readonly value: JsonValue } | { readonly kind: "failed"; readonly error: CjmError };
  readonly accounts: readonly Account[];
  readonly usage: Usage;
}

const QUICK_MS = 5_000;
const JsonObjectSchema = z.record(z.string(), z.unknown());

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
      // As many connections as there are calls: what is asked beside them must never wait for one.
      pipelining: 1,
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

  config(): Promise<JsonObject> {
    return this.#ask("config", JsonObjectSchema) as Promise<JsonObject>;
  }

  configOptions(): Promise<JsonObject> {
    return this.#ask("configOptions", JsonObjectSchema) as Promise<JsonObject>;
  }

  configSchema(): Promise<JsonObject> {
    return this.#ask("configSchema", JsonObjectSchema) as Promise<JsonObject>;
  }

  /** As JSON text: how a number was written decides hashes. */
  async configSchemaText(): Promise<string> {
    return (await this.#okText("configSchema", quickly())).text;
  }

  /** As JSON text, as above. */
  async surfaceText(): Promise<string> {
    return (await this.#okText("surface", quickly())).text;
  }

  /** Of one job, or of the latest call. */
  progress(jobId: string | null): Promise<Progress> {
    return this.#ask("progress", ProgressSchema, { query: queryOf(jobId) });
  }

  /** No time limit of its own: models load for minutes. @throws CjmError with the worker's own detail */
  async initialize(config: JsonObject, jobId: string, signal?: AbortSignal): Promise<void> {
    await this.#okText("initialize", { body: config, query: queryOf(jobId), signal });
  }

  /** False: this worker cannot, and is to be initialised anew instead. @throws CjmError with the worker's own detail */
  async reconfigure(oldConfig: JsonObject, newConfig: JsonObject, jobId: string, signal?: AbortSignal): Promise<boolean> {
    const request = { body: { old_config: oldConfig, new_config: newConfig }, query: queryOf(jobId), signal };
    const answer = await this.#text("reconfigure", request);
    if (answer.status === 200) return this.#supported("reconfigure", answer);
    if (answer.status === 500) throw errorOfLifecycle(parseLeniently(answer.text), this.#subject, "reconfigure");
    return false;
  }

  /** False: the capability has nothing to prefetch. @throws CjmError with the worker's own detail */
  async prefetch(jobId: string, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.#text("prefetch", { body: {}, query: queryOf(jobId), signal });
    if (answer.status === 200) return this.#supported("prefetch", answer);
    throw errorOfLifecycle(parseLeniently(answer.text), this.#subject, "prefetch");
  }

  /** Tells the capability that its instance was enabled or disabled. @throws CjmError when its hook failed */
  async notify(hook: "onEnable" | "onDisable"): Promise<void> {
    const { status, detail } = await this.#ask(hook, StatusReplySchema, { body: {} });
    if (status === "error") throw errorOfLifecycle({ detail: detail ?? "" }, this.#subject, hook);
  }

  /** Lets the capability let go of what it holds. @throws when it does not within the time */
  async cleanup(timeoutMs: number): Promise<void> {
    await this.#okText("cleanup", { body: {}, signal: AbortSignal.timeout(timeoutMs) });
  }

  /** Asks for one job's call to stop, or with null for all. */
  async cancel(jobId: string | null): Promise<void> {
    await this.#ask("cancel", StatusReplySchema, { body: jobId === null ? {} : { job_id: jobId } });
  }

  async call(target: CallTarget, envelope: CallEnvelope, signal: AbortSignal): Promise<CallAnswer> {
    const route = target.channel === "task" ? "task" : "execute";
    const { status, headers, text } = await this.#text(route, { body: { ...bodyOf(target), envelope }, signal });
    return {
      outcome:
        status === 200
          ? { kind: "value", value: this.#json(route, text) as JsonValue }
          : { kind: "failed", error: errorOfAnswer(status, parseLeniently(text), this.#subject) },
      accounts: decodeAccounts(headerOf(headers, ACCOUNTS_HEADER)),
      usage: decodeUsage(headerOf(headers, USAGE_HEADER)) ?? {},
    };
  }

  /** Yields chunks as they come; ending the iteration early drops the connection, which ends the worker's generator. */
  async *stream(target: CallTarget, envelope: CallEnvelope, signal: AbortSignal): AsyncGenerator<JsonValue, void, undefined> {
    const { statusCode, body } = await this.#pool.request({
      ...this.#requestOf("executeStream", { body: { ...bodyOf(target), envelope } }),
      signal,
    });
    if (statusCode !== 200) throw errorOfAnswer(statusCode, parseLeniently(await body.text()), this.#subject);
    yield* readStream(body, this.#subject);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask<T extends z.ZodType>(route: RouteName, schema: T, request: WorkerRequest = {}): Promise<z.output<T>> {
    const { text } = await this.#okText(route, { ...request, ...quickly(request.signal) });
    return this.#shaped(route, schema, this.#json(route, text));
  }

  async #okText(route: RouteName, request: WorkerRequest): Promise<TextAnswer> {
    const answer = await this.#text(route, request);
    if (answer.status === 200) return answer;
    const body = parseLeniently(answer.text);
    throw answer.status === 400 ? errorOfLifecycle(body, this.#subject, route) : errorOfAnswer(answer.status, body, this.#subject);
  }

  #text(route: RouteName, request: WorkerRequest): Promise<TextAnswer> {
    return requestText(this.#pool, this.#requestOf(route, request), request.signal);
  }

  #requestOf(route: RouteName, { body, query }: WorkerRequest): Dispatcher.DispatchOptions {
    const { method, path } = ROUTES[route];
    return {
      method,
      path: query === undefined ? path : `${path}${query}`,
      headers: method === "POST" ? { ...this.#headers, "content-type": "application/json" } : this.#headers,
      ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
    };
  }

  #supported(route: RouteName, { text }: TextAnswer): boolean {
    return this.#shaped(route, StatusReplySchema, this.#json(route, text)).status !== "not_supported";
  }

  #json(route: RouteName, text: string): unknown {
    try {
      return parsePythonJson(text);
    } catch (cause) {
      throw errorOfShape(ROUTES[route].path, `what is no JSON: ${text.slice(0, 200)}`, this.#subject, cause);
    }
  }

  #shaped<T extends z.ZodType>(route: RouteName, schema: T, value: unknown): z.output<T> {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw errorOfShape(
      ROUTES[route].path,
      `another shape than it should: ${describeIssues(parsed.error).join("; ")}`,
      this.#subject,
      parsed.error,
    );
  }
}

interface WorkerRequest {
  readonly body?: unknown;
  /** With its question mark. */
  readonly query?: string | undefined;
  readonly signal?: AbortSignal | undefined;
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

function headerOf(headers: TextAnswer["headers"], name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}

/** Bodies of failures may be plain text. */
function parseLeniently(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    return text;
  }
}
