import type { Socket } from "node:net";
import { CjmError, describeIssues, errorMessage, isCjmError } from "@cjm/core";
import { type ControlReply, type ControlRequest, ControlRequestSchema, type HostInfo, type StatusReport } from "./control-messages.ts";
import type { HostSource } from "./host-source.ts";
import { LineSplitter } from "./line-splitter.ts";

const LONGEST_REQUEST_BYTES = 16 * 1024;
/** Requests that may wait behind the one that is being answered. */
const MOST_WAITING = 16;

export interface SessionParts {
  readonly info: HostInfo;
  readonly source: HostSource;
  /** Calls `listener` with the status of the host now and whenever it changes, until the returned function is called. */
  readonly watch: (listener: (status: StatusReport) => void) => () => void;
  /** A client that neither asks nor reads for so long is let go. */
  readonly idleMs: number;
}

/** One client of a host. Whatever it sends, all that it can end is its own connection. */
export class ControlSession {
  readonly #socket: Socket;
  readonly #parts: SessionParts;
  readonly #lines = new LineSplitter(LONGEST_REQUEST_BYTES);
  readonly #waiting: string[] = [];
  readonly #gone = new AbortController();
  #answering = false;

  constructor(socket: Socket, parts: SessionParts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.setTimeout(parts.idleMs);
    socket.on("timeout", () => this.#onIdle());
    // Its end follows, which is all that there is to know.
    socket.on("error", () => {});
    socket.on("close", () => this.#gone.abort());
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#write(parts.info);
  }

  #onData(chunk: Buffer): void {
    try {
      this.#waiting.push(...this.#lines.push(chunk));
    } catch (error) {
      this.#refuse(errorMessage(error));
      return;
    }
    if (this.#waiting.length > MOST_WAITING) this.#refuse(`more than ${MOST_WAITING} requests at a time`);
    else if (!this.#answering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#answering = true;
    for (let line = this.#waiting.shift(); line !== undefined && !this.#gone.signal.aborted; line = this.#waiting.shift()) {
      const request = requestIn(line);
      if (typeof request === "string") {
        this.#refuse(request);
        return;
      }
      await this.#answer(request);
      await this.#drained();
    }
    this.#answering = false;
    this.#socket.setTimeout(this.#parts.idleMs);
  }

  async #answer(request: ControlRequest): Promise<void> {
    const { id } = request;
    try {
      if (request.type === "watch") await this.#watch(id);
      else this.#write({ id, value: await answerTo(request, this.#parts.source, this.#gone.signal) });
    } catch (error) {
      const { code, message, hint } = isCjmError(error) ? error : new CjmError("CJM_INTERNAL", errorMessage(error), { cause: error });
      this.#write({ id, error: { code, message, hint } });
    }
  }

  async #watch(id: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Of states that nobody reads only the latest matters.
    const stop = this.#parts.watch((status) => {
      if (this.#socket.writableLength === 0) this.#write({ id, value: status });
    });
    this.#gone.signal.addEventListener("abort", () => resolve(), { once: true });
    if (this.#gone.signal.aborted) resolve();
    await promise;
    stop();
  }

  #onIdle(): void {
    if (!this.#answering || this.#socket.writableLength > 0) this.#socket.destroy();
  }

  /** Says why and ends the connection: nobody can tell any more where the next request begins. */
  #refuse(reason: string): void {
    this.#waiting.length = 0;
    this.#answering = true;
    this.#socket.removeAllListeners("data");
    this.#socket.resume();
    this.#write({ id: null, error: { code: "CJM_PROTOCOL_VIOLATION", message: `This is no request: ${reason}.`, hint: null } });
    this.#socket.end();
    this.#socket.setTimeout(1000, () => this.#socket.destroy());
  }

  #write(message: ControlReply | HostInfo): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  async #drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain || this.#gone.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once("drain", () => resolve());
    this.#socket.once("close", () => resolve());
    await promise;
  }
}

/** A request, or why it is none. */
function requestIn(line: string): ControlRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "it is not JSON";
  }
  const parsed = ControlRequestSchema.safeParse(value);
  return parsed.success ? parsed.data : describeIssues(parsed.error).join("; ");
}

async function answerTo(
  request: Exclude<ControlRequest, { readonly type: "watch" }>,
  source: HostSource,
  signal: AbortSignal,
): Promise<unknown> {
  switch (request.type) {
    case "jobs":
      return source.jobs();
    case "explain":
      return source.explain(request.jobId);
    case "status":
      return await source.status(signal);
    case "cancel":
      return await source.cancel(request.targetId, { wait: request.wait, signal });
    default:
      return request satisfies never;
  }
}
