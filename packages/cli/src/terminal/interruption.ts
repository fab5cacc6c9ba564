import { constants } from "node:os";
import { CjmError } from "@cjm/core";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type EndingSignal = (typeof SIGNALS)[number];

/** What a shell expects of a program that a signal ended: 128 and the signal's number. */
function exitCodeOf(signal: EndingSignal): number {
  return 128 + constants.signals[signal];
}

/**
 * Turns the first Ctrl-C (or SIGTERM, SIGHUP) into an aborted signal, so that what runs is cancelled and tidied up, and the
 * second into the end of the process. Workers end with their host on either way.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners: readonly (readonly [EndingSignal, () => void])[];
  #received: EndingSignal | null = null;

  constructor(onFirst: () => void) {
    this.#listeners = SIGNALS.map((name) => [name, () => this.#receive(name, onFirst)] as const);
    for (const [name, listener] of this.#listeners) process.on(name, listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Exit code of the signal that came; null when none did. */
  get exitCode(): number | null {
    return this.#received === null ? null : exitCodeOf(this.#received);
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener);
  }

  #receive(name: EndingSignal, onFirst: () => void): void {
    if (this.#received !== null) endAtOnce(name);
    this.#received = name;
    onFirst();
    this.#controller.abort(new CjmError("CJM_CANCELLED", "Interrupted."));
  }
}

/**
 * Ends this process as the signal would have without us; a shell reports 128 and its number all the same. Exiting would wait for
 * a thread that hangs in the system, such as in opening a pipe that nobody writes to.
 */
function endAtOnce(name: EndingSignal): void {
  if (process.platform === "win32") process.exit(exitCodeOf(name));
  if (process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
