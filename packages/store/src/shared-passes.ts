interface Pass<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Runs a piece of work once per key, however many ask for it meanwhile. Work of different keys runs side by side. It is aborted
 * when the last who waits for it gives up.
 */
export class SharedPasses<T> {
  readonly #running = new Map<string, Pass<T>>();

  /** The result of the work that runs under `key`, or of `work` when none does. @throws what the work throws, or the signal's reason */
  async join(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const pass = this.#running.get(key) ?? this.#start(key, work);
    pass.waiting++;
    try {
      return await settledOrAborted(pass.result, signal);
    } finally {
      pass.waiting--;
      if (pass.waiting === 0) this.#end(key, pass);
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Pass<T> {
    const controller = new AbortController();
    const pass: Pass<T> = { result: work(controller.signal), controller, waiting: 0 };
    // Whoever waits sees the failure; when nobody waits any more, it was aborted.
    pass.result.catch(() => {});
    this.#running.set(key, pass);
    return pass;
  }

  /** Aborting what has ended does nothing. */
  #end(key: string, pass: Pass<T>): void {
    pass.controller.abort();
    if (this.#running.get(key) === pass) this.#running.delete(key);
  }
}

async function settledOrAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([result, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
