import { chunkJson } from "./result-json.ts";

/** Pulls a generator no faster than the reader takes what it yields, and drops it when the reader has gone. */
export class StreamSender {
  readonly #sendLine: (line: string) => void;
  #credit: number;
  #wake: (() => void) | null = null;
  #abandoned = false;

  constructor(window: number, sendLine: (line: string) => void) {
    this.#credit = window;
    this.#sendLine = sendLine;
  }

  /** Sends every chunk. When the reader goes, the chunk at hand is finished and the generator's `finally` runs. */
  async send(chunks: AsyncIterable<unknown>): Promise<void> {
    for await (const chunk of chunks) {
      if (this.#abandoned) return;
      this.#sendLine(asciiLine(chunkJson(chunk)));
      this.#credit -= 1;
      if (this.#credit <= 0) await this.#room();
      if (this.#abandoned) return;
    }
  }

  credit(chunks: number): void {
    this.#credit += chunks;
    if (this.#credit > 0) this.#resume();
  }

  abandon(): void {
    this.#abandoned = true;
    this.#resume();
  }

  async #room(): Promise<void> {
    while (this.#credit <= 0 && !this.#abandoned) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  #resume(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** Clients of the original split lines at U+2028 and other separators too, so nothing outside ASCII goes out unescaped. */
function asciiLine(json: string): string {
  return `${json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}
