import type { FastifyInstance } from "fastify";
import type { CapabilityThread } from "../thread/capability-thread.ts";

/** Calls that heed their cancellation end within milliseconds; the others are not waited for. */
const DRAIN_MS = 1_000;
const CLEANUP_MS = 5_000;
const POLL_MS = 10;

/** The orderly end: nothing new, running calls cancelled, the capability's cleanup once. Bounded, whatever the capability does. */
export class WorkerShutdown {
  readonly #thread: CapabilityThread;
  readonly #server: FastifyInstance;

  constructor(thread: CapabilityThread, server: FastifyInstance) {
    this.#thread = thread;
    this.#server = server;
  }

  async run(): Promise<void> {
    const closed = this.#server.close();
    this.#thread.cancel(null);
    await within(DRAIN_MS, this.#drained());
    await within(CLEANUP_MS, this.#thread.run("cleanup", new Uint8Array()).done);
    // Answers of calls that just ended are still being written.
    await within(POLL_MS, Promise.resolve(closed));
  }

  async #drained(): Promise<void> {
    const untilMs = performance.now() + DRAIN_MS;
    while (this.#thread.calls.size > 0 && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, limitMs);
  await Promise.race([work.catch(() => undefined), late.promise]);
  clearTimeout(timer);
}
