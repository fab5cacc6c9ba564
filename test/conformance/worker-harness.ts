import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { type WorkerFrame, WorkerFrameSchema } from "@cjm/protocol";
import { isRunning, type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { Agent, type Dispatcher, request } from "undici";
import type { WorkerKind } from "./worker-kinds.ts";

export interface LaunchOptions {
  readonly module?: string;
  readonly className?: string;
  readonly adapters?: readonly string[];
  /** The host's first line; null sends none. @default a hello frame */
  readonly hello?: string | null;
}

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The parsed body, or undefined when it is no JSON. */
  readonly json: unknown;
}

const DISPOSE_LIMIT_MS = 10_000;

type RequestOptions = Partial<Pick<Dispatcher.RequestOptions, "headers" | "body" | "signal">>;

/** A worker started as a host starts it, with the host's end of its control channel. Disposing of it kills it. */
export class WorkerUnderTest implements AsyncDisposable {
  readonly kind: WorkerKind;
  readonly token = randomBytes(32).toString("hex");
  readonly frames: WorkerFrame[] = [];
  readonly control: Duplex;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #folder: TemporaryFolder;
  readonly #agent: Agent;
  readonly #socketPath: string;
  #output = "";
  #ended = false;

  constructor(kind: WorkerKind, folder: TemporaryFolder, options: LaunchOptions) {
    this.kind = kind;
    this.#folder = folder;
    const socketPath = join(folder.path, "worker.sock");
    this.#socketPath = socketPath;
    this.#agent = new Agent({
      connect: { socketPath },
      connections: 32,
      pipelining: 1,
      maxHeaderSize: 1024 * 1024,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const sessionId = randomUUID();
    this.#child = spawn(kind.command, [...kind.entry, ...workerArguments(kind, socketPath, options)], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: workerEnvironment(folder.path, sessionId),
    });
    // Not its exit: what it printed and said last is read after that.
    this.exited = once(this.#child, "close").then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    void this.exited.then(() => {
      this.#ended = true;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
    this.control = this.#child.stdio[3] as Duplex;
    this.#readFrames(this.control);
    const hello = options.hello === undefined ? helloLine(this.token, sessionId) : options.hello;
    if (hello !== null) this.control.write(hello);
  }

  /** Spawns without waiting for anything. */
  static async launch(kind: WorkerKind, options: LaunchOptions = {}): Promise<WorkerUnderTest> {
    const folder = await temporaryFolder("cjm-w-");
    await mkdir(join(folder.path, "data"));
    return new WorkerUnderTest(kind, folder, options);
  }

  /** Spawns and waits until it serves. */
  static async start(kind: WorkerKind, options: LaunchOptions = {}): Promise<WorkerUnderTest> {
    const worker = await WorkerUnderTest.launch(kind, options);
    const ready = await Promise.race([worker.frame("ready"), worker.exited.then(() => null)]);
    if (ready !== null) return worker;
    await worker[Symbol.asyncDispose]();
    throw new Error(`the ${kind.language} worker ended before it was ready:\n${worker.output}`);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Everything it printed so far, both streams. */
  get output(): string {
    return this.#output;
  }

  /** The first frame of a type, as soon as there is one. */
  async frame<Type extends WorkerFrame["type"]>(
    type: Type,
    matches: (frame: Extract<WorkerFrame, { type: Type }>) => boolean = () => true,
  ) {
    const find = () =>
      this.frames.find((frame): frame is Extract<WorkerFrame, { type: Type }> => frame.type === type && matches(frame as never));
    await until(`a ${type} frame`, () => find() !== undefined || this.#ended);
    const found = find();
    if (found === undefined) throw new Error(`the worker ended without a ${type} frame:\n${this.output}`);
    return found;
  }

  get(path: string): Promise<Reply> {
    return this.send("GET", path);
  }

  post(path: string, body?: unknown): Promise<Reply> {
    return this.send("POST", path, body === undefined ? {} : { body: JSON.stringify(body) });
  }

  execute(action: string, input: Readonly<Record<string, unknown>> = {}, envelope?: Readonly<Record<string, unknown>>): Promise<Reply> {
    return this.post("/execute", { args: [], kwargs: { action, ...input }, ...(envelope === undefined ? {} : { envelope }) });
  }

  async send(method: "GET" | "POST" | "PUT", path: string, options: RequestOptions = {}): Promise<Reply> {
    const response = await this.request(method, path, options);
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text, json: parse(text) };
  }

  request(method: "GET" | "POST" | "PUT", path: string, options: RequestOptions = {}): Promise<Dispatcher.ResponseData> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
    };
    return request(`http://worker${path}`, {
      dispatcher: this.#agent,
      method,
      ...options,
      headers: (options.headers as Record<string, string> | undefined) ?? headers,
    });
  }

  /** Sends bytes on a connection of their own and returns what comes until the worker closes it or has answered. */
  async raw(text: string): Promise<string> {
    const socket = connect(this.#socketPath);
    let answer = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      answer += part;
    });
    socket.on("error", () => {});
    socket.write(text);
    await until("an answer", () => answer.includes("\r\n\r\n") || socket.closed);
    socket.destroy();
    return answer;
  }

  /** Share of a core that the worker and its children use over the next quarter of a second, in percent. */
  async cpuPercent(): Promise<number> {
    await this.get("/stats");
    // Long enough for the kernel's clock ticks of 10 ms to mean something.
    await new Promise((resolve) => setTimeout(resolve, 250));
    return ((await this.get("/stats")).json as { cpu_percent: number }).cpu_percent;
  }

  /** Resolves when the call of that job, or `initialize`, has said that it computes. */
  computing(job: string): Promise<void> {
    return until(`${job} computes`, () => this.#output.includes(`computing ${job}\n`));
  }

  /** Resolves when a call has been seen to compute. On a crowded machine it gets little of a core, yet more than an idle worker that is asked. */
  usesProcessor(): Promise<void> {
    return until("the worker uses the processor", async () => (await this.cpuPercent()) > 12);
  }

  /** Resolves when nothing computes any more. */
  idle(): Promise<void> {
    return until("the worker is idle", async () => (await this.cpuPercent()) < 8);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its own watchdog takes along what it started; a worker that fails at it is killed, and its own tests say so.
    this.control.destroy();
    const late = setTimeout(() => {
      if (isRunning(this.pid)) process.kill(-this.pid, "SIGKILL");
      // Whoever left its group holds them open.
      for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.destroy();
    }, DISPOSE_LIMIT_MS);
    await this.exited;
    clearTimeout(late);
    await this.#agent.destroy();
    await this.#folder[Symbol.asyncDispose]();
  }

  #readFrames(control: Readable): void {
    let rest = "";
    control.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.frames.push(WorkerFrameSchema.parse(JSON.parse(line)));
    });
    // A worker that is killed leaves the channel broken, which every test of that expects.
    control.on("error", () => {});
  }
}

export function workerArguments(kind: WorkerKind, socketPath: string, options: LaunchOptions = {}): readonly string[] {
  const adapters = options.adapters ?? kind.adapters;
  return [
    "--module",
    options.module ?? kind.module,
    "--class",
    options.className ?? kind.className,
    "--environment",
    kind.environment,
    "--socket",
    socketPath,
    ...(adapters.length === 0 ? [] : ["--adapters", adapters.join(",")]),
  ];
}

export function workerEnvironment(folder: string, sessionId: string): Record<string, string> {
  const inherited = Object.fromEntries(
    ["PATH", "HOME", "LANG", "TMPDIR"].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return {
    ...inherited,
    CJM_CAPABILITY_DATA_DIR: folder,
    CAPABILITY_DATA_DIR: join(folder, "data"),
    CJM_WORKER_SESSION_ID: sessionId,
    CJM_LOG_LEVEL: "INFO",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

export function helloLine(token: string, sessionId: string): string {
  return `${JSON.stringify({ type: "hello", protocol: 1, token, session_id: sessionId })}\n`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
