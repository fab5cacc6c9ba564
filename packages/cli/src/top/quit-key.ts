const CTRL_C = "\u0003";

/** Tells when `q` or Ctrl-C is typed; disposing of it gives the keyboard back. Without a terminal it tells nothing. */
export class QuitKey implements Disposable {
  readonly signal: AbortSignal;
  readonly #stdin: NodeJS.ReadStream;
  readonly #onData: (chunk: Buffer | string) => void;

  constructor(stdin: NodeJS.ReadStream) {
    const typed = new AbortController();
    this.signal = typed.signal;
    this.#stdin = stdin;
    this.#onData = (chunk) => {
      const text = chunk.toString();
      if (text.includes("q") || text.includes("Q") || text.includes(CTRL_C)) typed.abort();
    };
    if (!stdin.isTTY) return;
    stdin.setRawMode(true);
    stdin.on("data", this.#onData).resume();
  }

  [Symbol.dispose](): void {
    if (!this.#stdin.isTTY) return;
    this.#stdin.off("data", this.#onData).pause();
    this.#stdin.setRawMode(false);
  }
}
