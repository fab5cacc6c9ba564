import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { type WorkerFrame, WorkerFrameSchema } from "@cjm/protocol";
import { ORIGINAL_WORKER, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { Agent, request } from "undici";
import { helloLine, workerEnvironment } from "../worker-harness.ts";

const KEEPER = fileURLToPath(new URL("../../../packages/worker-python/python/run_original.py", import.meta.url));

export interface KeeperOptions {
  readonly className?: string;
  readonly adapters?: string;
  readonly env?: Readonly<Record<string, string>>;
}

type Ready = Extract<WorkerFrame, { type: "ready" }>;

export function keeperCommand(options: KeeperOptions = {}): readonly string[] {
  const { className = ORIGINAL_WORKER.className, adapters = ORIGINAL_WORKER.adapter } = options;
  const given = adapters === "" ? [] : ["--adapters", adapters];
  return ["-u", KEEPER, "--module", ORIGINAL_WORKER.module, "--class", className, ...given];
}

export function keeperEnvironment(folder: string): Record<string, string> {
  return { ...workerEnvironment(folder, "session-of-a-keeper"), PYTHONPATH: ORIGINAL_WORKER.pythonPath };
}

/** A keeper around the stand-in for the original's worker, started as our host starts it. Disposing of it closes its control channel. */
export class KeeperUnderTest implements AsyncDisposable {
  readonly frames: WorkerFrame[] = [];
  readonly control: Duplex;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #folder: TemporaryFolder;
  readonly #agent = new Agent({ connections: 16, headersTimeout: 0, bodyTimeout: 0 });
  readonly #ready = Promise.withResolvers<Ready>();
  #output = "";

  private constructor(folder: TemporaryFolder, options: KeeperOptions) {
    this.#folder = folder;
    this.#child = spawn("python3", [...keeperCommand(options)], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...keeperEnvironment(folder.path), ...options.env },
    });
    this.exited = once(this.#child, "close").then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    void this.exited.then(() => this.#ready.reject(new Error(`the keeper ended before it was ready:\n${this.#output}`)));
    this.#ready.promise.catch(() => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
    this.control = this.#child.stdio[3] as Duplex;
    this.#readFrames();
    this.control.write(helloLine("f".repeat(64), "session-of-a-keeper"));
  }

  /** Starts without waiting for anything. */
  static async launch(options: KeeperOptions = {}): Promise<KeeperUnderTest> {
    return new KeeperUnderTest(await temporaryFolder("cjm-k-"), options);
  }

  /** Starts, and waits until the worker serves. */
  static async start(options: KeeperOptions = {}): Promise<KeeperUnderTest> {
    const keeper = await KeeperUnderTest.launch(options);
    try {
      await keeper.ready;
      return keeper;
    } catch (error) {
      await keeper[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get ready(): Promise<Ready> {
    return this.#ready.promise;
  }

  /** Everything that keeper and worker printed so far. */
  get output(): string {
    return this.#output;
  }

  async send(method: "GET" | "POST", path: string, body?: unknown, agent: Agent = this.#agent) {
    const { port } = await this.ready;
    const response = await request(`http://127.0.0.1:${port}${path}`, {
      dispatcher: agent,
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text };
  }

  /** Calls an action of the stand-in. */
  async execute(action: string, input: Readonly<Record<string, unknown>> = {}, envelope?: Readonly<Record<string, unknown>>) {
    const reply = await this.send("POST", "/execute", { args: [], kwargs: { action, ...input }, ...(envelope && { envelope }) });
    return { ...reply, json: JSON.parse(reply.text) as unknown };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.destroy();
    await this.exited;
    await this.#agent.destroy();
    await this.#folder[Symbol.asyncDispose]();
  }

  #readFrames(): void {
    let rest = "";
    this.control.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const frame = WorkerFrameSchema.parse(JSON.parse(line));
        this.frames.push(frame);
        if (frame.type === "ready") this.#ready.resolve(frame);
      }
    });
    this.control.on("error", () => {});
  }
}
