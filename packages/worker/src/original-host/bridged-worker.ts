import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { CONTROL_FD } from "@cjm/protocol/plain";
import type { BridgeArguments } from "./bridge-arguments.ts";

/** How our worker ended. A worker that could not be run at all has an error and neither of the others. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error: Error | null;
}

/**
 * One worker of ours below the bridge, in its process group, so that a host that signals the group reaches both. The
 * environment is the bridge's, as the host composed it; both outputs are the bridge's own.
 */
export class BridgedWorker implements Disposable {
  readonly token = randomBytes(32).toString("hex");
  readonly sessionId: string;
  readonly socketPath: string;
  readonly ended: Promise<WorkerEnd>;
  readonly channel: Duplex;
  readonly #folder: string;
  readonly #child: ChildProcess;

  constructor(options: BridgeArguments) {
    this.sessionId = options.sessionId ?? randomUUID();
    // Readable for this user only. Short, since a socket's path may have about 100 bytes.
    this.#folder = mkdtempSync(join(tmpdir().length > 60 ? "/tmp" : tmpdir(), "cjm-"));
    this.socketPath = join(this.#folder, "w.sock");
    const [command = "", ...words] = options.workerCommand;
    // The worker ends what carries this mark. The bridge must not: the launcher has taken it out of its environment.
    const env = { ...process.env, CJM_WORKER_SESSION_ID: this.sessionId };
    const cover = openSync(devNull, "r");
    this.#child = spawn(command, [...words, ...workerArguments(options, this.socketPath)], { env, stdio: stdioOf(options, cover) });
    closeSync(cover);
    this.ended = watchEnd(this.#child);
    this.channel = this.#child.stdio[CONTROL_FD] as Duplex;
    // A worker that dies leaves the channel broken; its end is told by `ended`.
    this.channel.on("error", () => {});
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function workerArguments(options: BridgeArguments, socketPath: string): readonly string[] {
  return [
    "--module",
    options.module,
    "--class",
    options.className,
    ...(options.environment === null ? [] : ["--environment", options.environment]),
    "--socket",
    socketPath,
    ...(options.adapters === "" ? [] : ["--adapters", options.adapters]),
  ];
}

/**
 * The worker must not hold the host's listener, or connections to a bridge that is gone would wait instead of failing.
 * Node marks only the first few descriptors close-on-exec, so another file is laid over it in the child.
 */
function stdioOf({ listenOn }: BridgeArguments, cover: number): StdioOptions {
  const stdio: ("ignore" | "inherit" | "pipe" | number)[] = ["ignore", "inherit", "inherit", "pipe"];
  if (!("fd" in listenOn) || listenOn.fd <= CONTROL_FD) return stdio;
  while (stdio.length < listenOn.fd) stdio.push("ignore");
  return [...stdio, cover];
}

function watchEnd(child: ChildProcess): Promise<WorkerEnd> {
  const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
  child.once("error", (error) => resolve({ code: null, signal: null, error }));
  child.once("exit", (code, signal) => resolve({ code, signal, error: null }));
  return promise;
}
