import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { isBrokenAnswer, writeBrokenAnswer } from "./broken-answers.ts";
import { ScriptedLife } from "./scripted-life.ts";

interface ScriptedWorkerParts {
  readonly token: string;
  /** The control channel to the host. */
  readonly control: Duplex;
  /** Whether a configuration is taken and never answered. */
  readonly ignoresInitialize: boolean;
}

/** What the scripted worker answers: by route, and for calls by their `action`; a call without one gets its arguments back. */
export class ScriptedAnswers {
  readonly #parts: ScriptedWorkerParts;
  readonly #cancelled = new Set<string>();
  readonly #life = ScriptedLife.fromEnvironment(process.env);

  constructor(parts: ScriptedWorkerParts) {
    this.#parts = parts;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${this.#parts.token}`) return reply(response, 401, { detail: "no" });
    const body = await readBody(request);
    const path = request.url?.split("?")[0] ?? "";
    if ((await this.#life?.answer(path, body, response)) === true) return;
    switch (path) {
      case "/initialize":
        if (this.#parts.ignoresInitialize) {
          console.log("initialising");
          return;
        }
        return body["refuse"] === true
          ? reply(response, 400, { detail: "I refuse this configuration" })
          : reply(response, 200, { status: "ok" });
      case "/cancel":
        this.#cancelled.add(String(body["job_id"]));
        return reply(response, 200, { status: "cancelled" });
      case "/execute_stream":
        return stream((body["kwargs"] ?? {}) as Record<string, unknown>, response);
      default:
        return await this.#call((body["kwargs"] ?? {}) as Record<string, unknown>, jobIdOf(body), response);
    }
  }

  async #call(kwargs: Record<string, unknown>, jobId: string | null, response: ServerResponse): Promise<void> {
    const action = kwargs["action"];
    if (isBrokenAnswer(action)) return writeBrokenAnswer(action, response);
    switch (action) {
      case "echo":
        return reply(response, 200, kwargs["value"] ?? null);
      case "environment":
        return reply(response, 200, process.env);
      case "pid":
        return reply(response, 200, process.pid);
      case "accounts":
        return reply(response, 200, null, {
          "X-CJM-Accounts": JSON.stringify([{ event_type: "tokens", payload: { text: "x".repeat(Number(kwargs["size"])) } }]),
        });
      case "exit":
        console.log("about to fall over");
        process.stderr.write("segfault, more or less\n");
        setTimeout(() => process.exit(7), 20);
        return;
      case "spawn":
        return reply(response, 200, spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }).pid ?? null);
      case "hang":
        console.log("hanging");
        return;
      case "gate":
        await this.#life?.folder.opened(String(kwargs["gate"]));
        return reply(response, 200, { pid: process.pid });
      case "exhausted": {
        // So often by all workers of the capability together, then it works.
        if ((this.#life?.folder.count("exhausted") ?? 0) >= Number(kwargs["times"])) return reply(response, 200, { pid: process.pid });
        const { resource, needed, available } = kwargs;
        return reply(response, 500, {
          _job_error: {
            category: "resource",
            message: "out of it",
            retriable: true,
            resource_shortfall: resource === undefined ? null : { resource, needed, available },
          },
        });
      }
      case "wait":
        return await this.#wait(jobId, response);
      case "write_control":
        this.#parts.control.write(String(kwargs["text"]));
        return reply(response, 200, null);
      case "close_control":
        console.log("closing the control channel");
        this.#parts.control.destroy();
        return;
      case "fail":
        return reply(response, 500, {
          _job_error: {
            category: "user_input",
            message: "path: required",
            retriable: true,
            original_exc_repr: "CapabilityInputError('path: required')",
            fields_invalid: ["path"],
          },
        });
      default:
        return reply(response, 200, kwargs);
    }
  }

  async #wait(jobId: string | null, response: ServerResponse): Promise<void> {
    const { control } = this.#parts;
    const send = (frame: object): void => void control.write(`${JSON.stringify(frame)}\n`);
    send({ type: "progress", job_id: jobId, call_id: null, progress: 0.5, message: "waiting" });
    send({
      type: "log",
      ts: "2026-11-20T20:10:05.637135+00:00",
      level: "WARNING",
      logger: "scripted",
      message: "waiting",
      job_id: jobId,
      exc_text: null,
    });
    while (!this.#cancelled.has(String(jobId))) await new Promise((resolve) => setTimeout(resolve, 5));
    reply(response, 409, { detail: "cancelled" });
  }
}

function stream(kwargs: Record<string, unknown>, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for (let n = 0; n < Number(kwargs["count"]); n++) response.write(`${JSON.stringify({ n, text: "a\u2028b" })}\n`);
  if (kwargs["garbage"] === true) response.write("{this is no JSON\n");
  if (kwargs["fail"] === true) response.write(`${JSON.stringify({ _job_error: { category: "fatal", message: "broke off" } })}\n`);
  if (kwargs["cut"] === true) response.socket?.destroy();
  else response.end();
}

function jobIdOf(body: Record<string, unknown>): string | null {
  return (body["envelope"] as { job_id?: string } | undefined)?.job_id ?? null;
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
