/** A worker that writes down whatever happens to it, and answers what its test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { type Answer, RecordFolder } from "./record-folder.ts";

const { values } = parseArgs({ args: process.argv.slice(2), strict: false, options: { socket: { type: "string" } } });
const records = new RecordFolder(process.env["RECORD_FOLDER"] ?? "");
const capability = basename(process.env["CAPABILITY_DATA_DIR"] ?? "");
const session = process.env["CJM_WORKER_SESSION_ID"] ?? "";
const control = new Socket({ fd: 3 });
const cancelled = new Set<string>();
let config: unknown = {};
let connections = 0;

const DEFAULTS: Readonly<Record<string, unknown>> = {
  "/initialize": { status: "ok" },
  "/reconfigure": { status: "reconfigured" },
  "/prefetch": { status: "prefetched" },
  "/on_disable": { status: "disabled" },
  "/on_enable": { status: "enabled" },
  "/config_schema": {},
  "/config_options": {},
  "/structural_surface": { methods: [], properties: [], attributes: [] },
  "/progress": { progress: 0, message: "" },
};

control.on("error", () => {});
control.on("close", () => process.exit(0));
control.once("data", (bytes) => {
  const { token } = JSON.parse(String(bytes).split("\n")[0] ?? "{}") as { token: string };
  void start(token);
});

async function start(token: string): Promise<void> {
  const { gate = null, exit, termGate } = records.answersOf(capability)["start"] ?? {};
  if (termGate !== undefined) {
    process.on("SIGTERM", () => {
      note("told to end");
      void records.passed(termGate).then(() => process.exit(0));
    });
  }
  note("spawned");
  if (exit !== undefined) {
    console.error("cannot start");
    process.exit(exit);
  }
  if (gate !== null) await records.passed(gate);
  const server = createServer((request, response) => void answer(request, response, token));
  server.keepAliveTimeout = 0;
  server.on("connection", (socket) => {
    const connection = ++connections;
    Object.assign(socket, { connection });
    socket.on("close", () => note("disconnected", { connection }));
  });
  server.listen(values["socket"] as string, () => {
    control.write(`${JSON.stringify({ type: "ready", protocol: 1, pid: process.pid })}\n`);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
  if (request.headers.authorization !== `Bearer ${token}`) return send(response, { status: 401, body: { detail: "no" } });
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const body = await read(request);
  const { connection } = request.socket as Socket & { connection: number };
  note("asked", { path, query, body, connection });
  response.on("close", () => note(response.writableFinished ? "answered" : "abandoned", { path, connection }));
  const kwargs = (body["kwargs"] ?? {}) as Readonly<Record<string, unknown>>;
  if (path === "/initialize") config = body;
  if (path === "/cancel") {
    if (typeof body["job_id"] === "string") cancelled.add(body["job_id"]);
    return send(response, { body: { status: "cancelled" } });
  }
  if (path === "/execute_stream") return await stream(kwargs, response);
  if (path === "/execute" || path === "/task") return await call(kwargs, jobOf(body), response);
  await give(records.answersOf(capability)[path] ?? standard(path), null, response);
}

/** A call is answered by its argument `answer`, and gets its arguments back where it has none. */
async function call(kwargs: Readonly<Record<string, unknown>>, job: string, response: ServerResponse): Promise<void> {
  const given = kwargs["answer"] as Answer | undefined;
  const applies = given !== undefined && (given.until === undefined || !records.isOpen(given.until));
  await give(applies ? { body: null, ...given } : { body: kwargs }, job, response);
}

async function stream(kwargs: Readonly<Record<string, unknown>>, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for (let index = 0; index < Number(kwargs["chunks"]); index++) response.write(`${index}\n`);
  const { gate } = (kwargs["answer"] ?? {}) as Answer;
  if (gate !== undefined) await records.passed(gate);
  response.end();
}

async function give(given: Answer, job: string | null, response: ServerResponse): Promise<void> {
  if (given.gate !== undefined) await records.passed(given.gate, () => job !== null && cancelled.has(job));
  if (job !== null && cancelled.has(job)) return send(response, { status: 409, body: { detail: "cancelled" } });
  if (given.exit !== undefined) process.exit(given.exit);
  send(response, given);
}

function standard(path: string): Answer {
  if (path === "/config") return { body: config };
  const body = DEFAULTS[path];
  return body === undefined ? { status: 404, body: { detail: "Not Found" } } : { body };
}

function send(response: ServerResponse, { status = 200, body, text, headers = {} }: Answer): void {
  if (text !== undefined) response.writeHead(status, { "content-type": "text/plain", ...headers }).end(text);
  else response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body ?? null));
}

function note(what: string, more: object = {}): void {
  records.append({ capability, session, pid: process.pid, what, ...more });
}

function jobOf(body: Readonly<Record<string, unknown>>): string {
  return (body["envelope"] as { job_id?: string } | undefined)?.job_id ?? "";
}

async function read(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
}
