import { createServer, type Server } from "node:net";
import { CONTROL_PROTOCOL_VERSION, type HelloFrame } from "@cjm/protocol/plain";
import { writeFully } from "../capability/direct-output.ts";
import { endDescendants } from "../process/end-process-tree.ts";
import type { BridgeArguments } from "./bridge-arguments.ts";
import { BridgedConnection } from "./bridged-connection.ts";
import type { BridgedWorker, WorkerEnd } from "./bridged-worker.ts";
import type { DiagnosticsSink } from "./diagnostics-sink.ts";
import { type BridgedFrame, readFrames } from "./frame-reader.ts";
import { openDiagnostics } from "./open-diagnostics.ts";
import { watchParent } from "./parent-watch.ts";

/** Longer than the worker's own limits for its orderly end together; only a worker that is stuck gets to feel it. */
const STOP_LIMIT_MS = 8_000;
/** What the original's host would have granted. */
const ORPHAN_LIMIT_MS = 2_000;
/** An answer that is ready leaves at once, unless its reader has stopped reading. */
const LAST_BYTES_MS = 250;

/**
 * Stands between a host of the original and one worker of ours: passes connections of the host's listener to the worker's
 * socket, and the worker's log lines to where the original's worker would write them. It lives and ends as the worker does.
 */
export class Bridge {
  readonly #options: BridgeArguments;
  readonly #worker: BridgedWorker;
  readonly #logs: DiagnosticsSink;
  readonly #connections = new Set<BridgedConnection>();
  #server: Server | null = null;
  #stopping = false;

  constructor(options: BridgeArguments, worker: BridgedWorker) {
    this.#options = options;
    this.#worker = worker;
    this.#logs = openDiagnostics(process.env["CJM_DIAGNOSTICS_DB"], options.sessionId);
  }

  /** Ends the process with the worker. */
  async run(): Promise<never> {
    process.on("SIGTERM", () => this.#stop(STOP_LIMIT_MS));
    process.on("SIGINT", () => this.#stop(STOP_LIMIT_MS));
    if (this.#options.parentPid !== null) watchParent(this.#options.parentPid, () => this.#stop(ORPHAN_LIMIT_MS));
    readFrames(this.#worker.channel, (frame) => this.#take(frame));
    const hello: HelloFrame = {
      type: "hello",
      protocol: CONTROL_PROTOCOL_VERSION,
      token: this.#worker.token,
      session_id: this.#worker.sessionId,
    };
    this.#worker.channel.write(`${JSON.stringify(hello)}\n`);
    return this.#endLike(await this.#worker.ended);
  }

  #take(frame: BridgedFrame): void {
    if (frame.type === "ready") this.#listen();
    if (frame.type === "log") this.#logs.write(frame);
  }

  /** Not before the worker is ready: until then the kernel keeps the host's first request waiting, as for the original's worker. */
  #listen(): void {
    if (this.#stopping) return;
    this.#server = createServer({ noDelay: true }, (client) => {
      const connection = new BridgedConnection(client, this.#worker);
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
    });
    this.#server.on("error", (error) => {
      say(`The worker's address cannot be listened on: ${error.message}.`);
      this.#stop(STOP_LIMIT_MS);
    });
    const { listenOn } = this.#options;
    this.#server.listen("fd" in listenOn ? listenOn : { ...listenOn, host: "127.0.0.1" });
  }

  #stop(limitMs: number): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#server?.close();
    this.#worker.kill("SIGTERM");
    setTimeout(() => this.#worker.kill("SIGKILL"), limitMs).unref();
  }

  async #endLike({ code, signal, error }: WorkerEnd): Promise<never> {
    if (error !== null) say(`The worker cannot be started: ${error.message}. Write the launcher anew.`);
    await within(LAST_BYTES_MS, Promise.all([...this.#connections].map((connection) => connection.answered)));
    this.#logs.close();
    this.#worker[Symbol.dispose]();
    endDescendants(this.#worker.sessionId);
    // Connections are left to the kernel: a host that sees one break asks at once how this process ended.
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // Only a signal that this process ignores leads here.
    process.exit(1);
  }
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, limitMs);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

function say(text: string): void {
  writeFully(2, Buffer.from(`${text}\n`));
}
