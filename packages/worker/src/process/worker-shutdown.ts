import type { FastifyInstance } from "fastify";
import type { OpenAnswers } from "../server/open-answers.ts";
import type { CapabilityThread } from "../thread/capability-thread.ts";

/** Calls that heed their cancellation end within milliseconds; the others are not waited for. */
const DRAIN_MS = 1_000;
const CLEANUP_MS = 5_000;
/** An answer that is ready leaves at once, unless its reader has stopped reading. */
const ANSWER_MS = 250;

/** The orderly end: nothing new, running calls cancelled, the capability's cleanup once. Bounded, whatever the capability does. */
export class WorkerShutdown {
  readonly #thread: CapabilityThread;
  readonly #server: FastifyInstance;
  readonly #answers: OpenAnswers;

  constructor(thread: CapabilityThread, server: FastifyInstance, answers: OpenAnswers) {
    this.#thread = thread;
    this.#server = server;
    this.#answers = answers;
  }

  async run(): Promise<void> {
    void this.#server.close();
    this.#thread.cancel(null);
    await within(DRAIN_MS, this.#answers.settled());
    await within(CLEANUP_MS, this.#thread.run("cleanup", new Uint8Array()).done);
    await this.lastAnswers();
  }

  /** Lets answers that are ready leave the process. */
  lastAnswers(): Promise<void> {
    return within(ANSWER_MS, this.#answers.settled());
  }
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, limitMs);
  await Promise.race([work.catch(() => undefined), late.promise]);
  clearTimeout(timer);
}
