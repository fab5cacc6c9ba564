import { type CallContext, CapabilityCancelledError } from "../src/index.ts";

/** A context that records what a call says, and that a test can cancel. */
export class FakeCallContext implements CallContext {
  readonly jobId = "job-1";
  readonly runId = null;
  readonly compositionId = null;
  readonly nodeId = null;
  readonly actor = null;
  readonly control = {};
  readonly dataDir = "/nowhere";
  readonly said: unknown[] = [];
  readonly #controller = new AbortController();

  readonly log = {
    debug: (message: string): void => this.#say("debug", message),
    info: (message: string): void => this.#say("info", message),
    warning: (message: string): void => this.#say("warning", message),
    error: (message: string): void => this.#say("error", message),
  };

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get cancelled(): boolean {
    return this.signal.aborted;
  }

  cancel(): void {
    this.#controller.abort(new CapabilityCancelledError());
  }

  throwIfCancelled(): void {
    this.signal.throwIfAborted();
  }

  progress(fraction: number, message = ""): void {
    this.#say("progress", fraction, message);
  }

  async heartbeat<Result>(phase: string, work: () => Result | PromiseLike<Result>): Promise<Result> {
    this.#say("heartbeat", phase);
    return work();
  }

  reportUsage(usage: Readonly<Record<string, number>>): void {
    this.#say("usage", usage);
  }

  account(eventType: string, payload: Readonly<Record<string, unknown>>): void {
    this.#say("account", eventType, payload);
  }

  #say(...what: unknown[]): void {
    this.said.push(what);
  }
}
