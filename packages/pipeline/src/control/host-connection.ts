import { createConnection, type Socket } from "node:net";
import { CjmError, describeIssues, ERROR_CODES, type ErrorCode } from "@cjm/core";
import {
  ANSWER_SCHEMAS,
  type ControlAnswer,
  type ControlQuestion,
  ControlReplySchema,
  type ControlRequest,
  type HostInfo,
  HostInfoSchema,
  type StatusReport,
} from "./control-messages.ts";
import { LineSplitter } from "./line-splitter.ts";

const LONGEST_ANSWER_BYTES = 16 * 1024 * 1024;
const ANSWER_MS = 10_000;

/** Why there is no connection to a host. */
export class Unreachable extends Error {
  /** `gone`: nobody listens there any more. */
  readonly kind: "gone" | "silent";

  constructor(kind: "gone" | "silent", message: string) {
    super(message);
    this.kind = kind;
  }
}

interface Asked {
  readonly settle: (reply: { readonly value: unknown } | { readonly failure: unknown }) => void;
}

/** A host that answers. Every question throws CjmError CJM_QUEUE_STOPPED when the host ends meanwhile. */
export class HostConnection implements Disposable {
  readonly info: HostInfo;
  readonly #socket: Socket;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #ended: CjmError | null = null;

  private constructor(socket: Socket, info: HostInfo) {
    this.#socket = socket;
    this.info = info;
  }

  /** @throws Unreachable */
  static async open(socketPath: string, timeoutMs = 2000): Promise<HostConnection> {
    const socket = createConnection(socketPath);
    const lines = new LineSplitter(LONGEST_ANSWER_BYTES);
    const { promise, resolve, reject } = Promise.withResolvers<HostConnection>();
    const timer = setTimeout(() => reject(new Unreachable("silent", `it does not answer within ${timeoutMs} ms`)), timeoutMs);
    let connection: HostConnection | null = null;
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const line of lines.push(chunk)) {
          if (connection !== null) connection.#receive(line);
          else {
            connection = new HostConnection(socket, greetingIn(line));
            resolve(connection);
          }
        }
      } catch (error) {
        reject(error instanceof Unreachable ? error : new Unreachable("silent", "it does not speak as a host of cjm"));
        socket.destroy();
      }
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const isGone = error.code === "ECONNREFUSED" || error.code === "ENOENT";
      reject(new Unreachable(isGone ? "gone" : "silent", isGone ? "nobody listens there" : error.message));
    });
    socket.on("close", () => {
      reject(new Unreachable("silent", "it took no connection: too many others are connected"));
      if (connection !== null) connection.#end();
    });
    try {
      return await promise;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  jobs(): Promise<ControlAnswer<"jobs">> {
    return this.#ask({ type: "jobs" }, "jobs");
  }

  /** Null: it does not wait. @throws CjmError CJM_JOB_NOT_FOUND */
  explain(jobId: string): Promise<ControlAnswer<"explain">> {
    return this.#ask({ type: "explain", jobId }, "explain");
  }

  status(): Promise<StatusReport> {
    return this.#ask({ type: "status" }, "status");
  }

  /** @param options `wait`: until it is over, which may take as long as it likes */
  cancel(targetId: string, options: { readonly wait: boolean; readonly signal?: AbortSignal }): Promise<ControlAnswer<"cancel">> {
    return this.#ask({ type: "cancel", targetId, wait: options.wait }, "cancel", {
      timeoutMs: options.wait ? null : ANSWER_MS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }

  /** Calls `listener` with the status now and at every change; resolves when the host ends. The connection is taken up by it. */
  async watch(listener: (status: StatusReport) => void, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    this.#send({ type: "watch" }, (reply) => {
      if ("failure" in reply) reject(reply.failure);
      else {
        const parsed = ANSWER_SCHEMAS.watch.safeParse(reply.value);
        if (parsed.success) listener(parsed.data);
        else reject(notUnderstood(describeIssues(parsed.error).join("; ")));
      }
      return "again";
    });
    try {
      await promise;
    } catch (error) {
      if (error !== this.#ended) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #ask<Type extends ControlRequest["type"]>(
    question: ControlQuestion,
    type: Type,
    { timeoutMs = ANSWER_MS, signal }: { readonly timeoutMs?: number | null; readonly signal?: AbortSignal } = {},
  ): Promise<ControlAnswer<Type>> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const giveUp = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    const timer = timeoutMs === null ? null : setTimeout(() => reject(tooSlow(this.info.pid, timeoutMs)), timeoutMs);
    this.#send(question, (reply) => {
      if ("failure" in reply) reject(reply.failure);
      else resolve(reply.value);
      return "over";
    });
    try {
      const parsed = ANSWER_SCHEMAS[type].safeParse(await promise);
      if (!parsed.success) throw notUnderstood(describeIssues(parsed.error).join("; "));
      return parsed.data as ControlAnswer<Type>;
    } finally {
      if (timer !== null) clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  #send(question: ControlQuestion, hear: (reply: Parameters<Asked["settle"]>[0]) => "again" | "over"): void {
    if (this.#ended !== null) {
      hear({ failure: this.#ended });
      return;
    }
    const id = ++this.#lastId;
    const settle: Asked["settle"] = (reply) => {
      if (hear(reply) === "over") this.#asked.delete(id);
    };
    this.#asked.set(id, { settle });
    this.#socket.write(`${JSON.stringify({ id, ...question })}\n`);
  }

  #receive(line: string): void {
    const parsed = ControlReplySchema.safeParse(JSON.parse(line));
    if (!parsed.success) throw notUnderstood(describeIssues(parsed.error).join("; "));
    const reply = parsed.data;
    if ("error" in reply) {
      const { code, message, hint } = reply.error;
      const failure = new CjmError(knownCode(code), message, hint === null ? {} : { hint });
      if (reply.id === null) for (const { settle } of this.#asked.values()) settle({ failure });
      else this.#asked.get(reply.id)?.settle({ failure });
    } else this.#asked.get(reply.id)?.settle({ value: reply.value });
  }

  #end(): void {
    this.#ended = new CjmError("CJM_QUEUE_STOPPED", `The host of pid ${this.info.pid} ended.`, {
      hint: "'cjm-ctl ps' shows what is left; 'cjm-ctl resume' goes on with compositions.",
    });
    for (const { settle } of this.#asked.values()) settle({ failure: this.#ended });
  }
}

function greetingIn(line: string): HostInfo {
  const parsed = HostInfoSchema.safeParse(JSON.parse(line));
  if (parsed.success) return parsed.data;
  throw new Unreachable("silent", "it is of another version of cjm");
}

function knownCode(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "CJM_INTERNAL";
}

function notUnderstood(why: string): CjmError {
  return new CjmError("CJM_PROTOCOL_VIOLATION", `The host answered with something else than what was asked for: ${why}.`, {
    hint: "Use the cjm-ctl of the same version as the host.",
  });
}

function tooSlow(pid: number, timeoutMs: number): CjmError {
  return new CjmError("CJM_DEADLINE_EXCEEDED", `The host of pid ${pid} did not answer within ${timeoutMs} ms.`, {
    hint: "It may be stopped or very busy; look at its process.",
  });
}
