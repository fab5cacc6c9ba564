/** Places where calls wait until a test lets them go on. */
export class Gates {
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();

  open(name: string): void {
    this.#gate(name).resolve();
  }

  /** Resolves when the gate is open. @throws the signal's reason */
  async passed(name: string, signal: AbortSignal): Promise<void> {
    const cancelled = Promise.withResolvers<never>();
    const onAbort = (): void => cancelled.reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener("abort", onAbort);
    try {
      await Promise.race([this.#gate(name).promise, cancelled.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const gate = this.#gates.get(name) ?? Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return gate;
  }
}
