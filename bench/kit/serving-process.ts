import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { Pool } from "undici";
import { readCpuMs } from "./process-readings.ts";

/** A program that serves `/health` on a Unix socket and says on descriptor 3, in a line with the word "ready", that it does. */
export interface ServingProgram {
  readonly command: string;
  /** Gets the path of its socket. */
  readonly args: (socketPath: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Start {
  /** From the call of `spawn` to the first successful answer of `/health`. */
  readonly readyMs: number;
  /** Processor time of the process until then. */
  readonly cpuMs: number;
}

/** One such program, started as a host starts its workers. Disposing of it kills it. */
export class ServingProcess implements AsyncDisposable {
  readonly pool: Pool;
  readonly #child: ChildProcess;
  readonly #token: string;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, token: string, socketPath: string) {
    this.#child = child;
    this.#token = token;
    this.#exited = once(child, "exit");
    this.pool = new Pool("http://worker", { socketPath, pipelining: 1, connections: 128 });
  }

  /** Starts it and waits for its first answer. `folder` holds its socket. @throws Error with what it printed when it ends before */
  static async start(program: ServingProgram, folder: string): Promise<{ readonly process: ServingProcess; readonly start: Start }> {
    const socketPath = join(folder, `${randomBytes(4).toString("hex")}.sock`);
    const token = randomBytes(32).toString("hex");
    const sessionId = randomUUID();
    const spawnedMs = performance.now();
    const child = spawn(program.command, program.args(socketPath), {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...inherited(), ...workerVariables(folder, sessionId), ...program.env },
    });
    const control = child.stdio[3] as Duplex;
    control.write(`${JSON.stringify({ type: "hello", protocol: 1, token, session_id: sessionId })}\n`);
    const process = new ServingProcess(child, token, socketPath);
    try {
      await readyLine(child, control);
      const status = await process.health();
      const readyMs = performance.now() - spawnedMs;
      if (status !== 200) throw new Error(`/health answered ${status}`);
      return { process, start: { readyMs, cpuMs: readCpuMs(process.pid) } };
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  async health(): Promise<number> {
    const { statusCode, body } = await this.pool.request({
      path: "/health",
      method: "GET",
      headers: { authorization: `Bearer ${this.#token}` },
    });
    await body.dump();
    return statusCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.destroy();
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
  }
}

async function readyLine(child: ChildProcess, control: Duplex): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  child.once("error", reject);
  child.once("exit", (code, signal) => reject(new Error(`the program ended with ${signal ?? code} before it was ready:\n${printed}`)));
  // A program that is killed leaves the channel broken.
  control.on("error", () => {});
  let said = "";
  control.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    const lines = said.split("\n");
    if (lines.some((line, index) => index < lines.length - 1 && line.includes("ready"))) resolve();
  });
  await promise;
}

function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "LANG", "TMPDIR"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

function workerVariables(folder: string, sessionId: string): Record<string, string> {
  return { CJM_CAPABILITY_DATA_DIR: folder, CAPABILITY_DATA_DIR: join(folder, "data"), CJM_WORKER_SESSION_ID: sessionId };
}
