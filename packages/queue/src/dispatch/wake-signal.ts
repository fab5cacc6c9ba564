/** A flag that one loop waits for and anybody may set; setting it twice is setting it once. */
export class WakeSignal {
  #set = false;
  #waiting: PromiseWithResolvers<void> | null = null;

  set(): void {
    this.#set = true;
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  /** Resolves when it is set, and clears it. */
  async taken(): Promise<void> {
    while (!this.#set) {
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
    }
    this.#set = false;
  }
}
