import { tell } from "../internal/tell.ts";

/** Gives back what was taken. A second call does nothing. */
export type Leave = () => void;

interface Waiter {
  readonly exclusive: boolean;
  readonly admit: () => void;
}

/**
 * Lets a bounded number of calls in at a time, in order of arrival, and now and then one visitor who wants to be alone:
 * whoever changes the configuration or ends the worker waits for the calls inside, and holds up the ones after it.
 */
export class CallGate {
  readonly #limit: number;
  readonly #onIdle: () => void;
  readonly #waiting: Waiter[] = [];
  #inside = 0;
  #alone = false;

  /** @param onIdle called whenever the last call inside has left */
  constructor(limit: number, onIdle: () => void = () => {}) {
    this.#limit = limit;
    this.#onIdle = onIdle;
  }

  /** Calls inside, streams included. */
  get inside(): number {
    return this.#inside;
  }

  /** Nobody is inside and nobody waits. */
  get idle(): boolean {
    return this.#inside === 0 && !this.#alone && this.#waiting.length === 0;
  }

  /** Resolves with the way out. @throws the signal's reason when it aborts first */
  async enter(signal?: AbortSignal): Promise<Leave> {
    signal?.throwIfAborted();
    if (this.#alone || this.#waiting.length > 0 || this.#inside >= this.#limit) await this.#turn(false, signal);
    else this.#inside += 1;
    return once(() => {
      this.#inside -= 1;
      if (this.#inside === 0) tell(this.#onIdle);
      this.#admit();
    });
  }

  /** Waits until nobody is inside, and keeps others out until the way out is taken. @throws the signal's reason */
  async enterAlone(signal?: AbortSignal): Promise<Leave> {
    signal?.throwIfAborted();
    if (this.idle) this.#alone = true;
    else await this.#turn(true, signal);
    return this.#leaveAlone();
  }

  /** The same without waiting: null when anybody is inside or waits. */
  tryEnterAlone(): Leave | null {
    if (!this.idle) return null;
    this.#alone = true;
    return this.#leaveAlone();
  }

  #leaveAlone(): Leave {
    return once(() => {
      this.#alone = false;
      this.#admit();
    });
  }

  #turn(exclusive: boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        exclusive,
        admit: (): void => {
          signal?.removeEventListener("abort", aborted);
          resolve();
        },
      };
      const aborted = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal?.reason);
        this.#admit();
      };
      signal?.addEventListener("abort", aborted, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && !this.#alone; next = this.#waiting[0]) {
      if (next.exclusive ? this.#inside > 0 : this.#inside >= this.#limit) return;
      this.#waiting.shift();
      if (next.exclusive) this.#alone = true;
      else this.#inside += 1;
      next.admit();
    }
  }
}

function once(leave: Leave): Leave {
  let left = false;
  return () => {
    if (left) return;
    left = true;
    leave();
  };
}
