import { chmodSync } from "node:fs";
import { formatTimestamp } from "@cjm/core/plain";
import { CONTROL_PROTOCOL_VERSION, type WorkerFrame } from "@cjm/protocol/plain";
import { writeFully } from "./capability/direct-output.ts";
import type { ErrorFacts } from "./capability/error-facts.ts";
import { errorFacts } from "./capability/error-facts.ts";
import { compactHeapSoon } from "./process/compact-heap.ts";
import { saveCompileCache } from "./process/compile-cache.ts";
import { ControlChannel } from "./process/control-channel.ts";
import { endDescendants, endProcessTree } from "./process/end-process-tree.ts";
import { WorkerShutdown } from "./process/worker-shutdown.ts";
import { jobErrorOf } from "./server/job-error-of.ts";
import { OpenAnswers } from "./server/open-answers.ts";
import { createWorkerServer } from "./server/worker-server.ts";
import { CapabilityLoadError, type CapabilityThread, type ThreadDeath } from "./thread/capability-thread.ts";
import type { WorkerArguments } from "./worker-arguments.ts";

/**
 * One worker from start to end: takes the host's hello, serves the capability that its thread loads on the socket, and ends
 * with the host, with its capability, or when told to.
 * @throws UsageError when no host started it
 */
export async function runWorker(options: WorkerArguments, thread: CapabilityThread): Promise<void> {
  const channel = new ControlChannel(() => endProcessTree(process.env["CJM_WORKER_SESSION_ID"]));
  await new WorkerProcess(options, channel, thread).serve();
}

class WorkerProcess {
  readonly #options: WorkerArguments;
  readonly #channel: ControlChannel;
  readonly #thread: CapabilityThread;
  #shutdown: WorkerShutdown | null = null;
  #ending = false;

  constructor(options: WorkerArguments, channel: ControlChannel, thread: CapabilityThread) {
    this.#options = options;
    this.#channel = channel;
    this.#thread = thread;
    thread.observe({
      onLog: (message) => channel.send(logFrame(message)),
      onProgress: ({ id, jobId, progress, message }) =>
        channel.send({ type: "progress", job_id: jobId, call_id: String(id), progress, message }),
      onDeath: (death) => void this.#afterThreadDeath(death),
    });
    process.on("SIGTERM", () => void this.#stop());
    process.on("SIGINT", () => void this.#stop());
  }

  async serve(): Promise<void> {
    try {
      const { token } = await this.#channel.hello;
      const answers = new OpenAnswers();
      const server = createWorkerServer({ thread: this.#thread, nowMs: Date.now }, token, answers);
      await Promise.all([server.ready(), this.#thread.loaded]);
      await server.listen({ path: this.#options.socketPath });
      chmodSync(this.#options.socketPath, 0o600);
      this.#shutdown = new WorkerShutdown(this.#thread, server, answers);
      this.#channel.send({ type: "ready", protocol: CONTROL_PROTOCOL_VERSION, pid: process.pid });
      saveCompileCache();
      compactHeapSoon();
    } catch (error) {
      if (error instanceof CapabilityLoadError) await this.#fail(error.facts, error.hint);
      else await this.#fail(errorFacts(error), "");
    }
  }

  async #fail(facts: ErrorFacts, hint: string): Promise<void> {
    this.#ending = true;
    const message = hint === "" ? facts.message : `${facts.message} ${hint}`;
    const isAuthors = facts.name === "AuthorError";
    say(isAuthors ? message : (facts.stack ?? message));
    const error = {
      ...jobErrorOf(facts, null, Date.now()),
      message,
      category: isAuthors ? "user_input" : "fatal",
      retriable: false,
    } as const;
    this.#channel.send({ type: "failed", error });
    await this.#channel.flush();
    this.#exit(1);
  }

  async #stop(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await this.#shutdown?.run();
    await this.#channel.flush();
    this.#exit(0);
  }

  async #afterThreadDeath({ error, exitCode, outOfMemory }: ThreadDeath): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const facts = errorFacts(error ?? new Error(`The capability called process.exit(${exitCode}).`));
    say(error === null ? facts.message : `The capability ended by an uncaught error: ${facts.stack ?? facts.message}`);
    this.#channel.send({
      type: "log",
      ts: formatTimestamp(Date.now()),
      level: "CRITICAL",
      logger: "cjm.worker",
      message: error === null ? facts.message : `The capability ended by an uncaught error: ${facts.message}`,
      job_id: null,
      exc_text: error === null ? null : facts.stack,
    });
    if (outOfMemory) {
      // Only this end is a call's own doing for certain, and the process can still say so.
      this.#thread.settleAll({
        ...facts,
        declared: { category: "resource", retriable: true, retryAfterSeconds: null, fieldsInvalid: null, resourceShortfall: null },
      });
      await this.#shutdown?.lastAnswers();
    }
    await this.#channel.flush();
    this.#exit(exitCode === 0 ? 1 : exitCode);
  }

  #exit(code: number): never {
    endDescendants(process.env["CJM_WORKER_SESSION_ID"]);
    process.exit(code);
  }
}

/** Straight to the descriptor: the process may end right after. */
function say(text: string): void {
  writeFully(2, Buffer.from(`${text}\n`));
}

function logFrame(message: {
  atMs: number;
  level: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  logger: string;
  message: string;
  jobId: string | null;
  excText: string | null;
}): WorkerFrame {
  return {
    type: "log",
    ts: formatTimestamp(message.atMs),
    level: message.level,
    logger: message.logger,
    message: message.message,
    job_id: message.jobId,
    exc_text: message.excText,
  };
}
