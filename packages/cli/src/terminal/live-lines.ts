import { stripVTControlCharacters } from "node:util";

const REDRAW_MS = 100;

/** A block of lines at the bottom of a terminal that is drawn over and over. It never draws more often than is seen. */
export class LiveLines {
  readonly #stream: NodeJS.WriteStream;
  #drawn = 0;
  #source: (() => readonly string[]) | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Shows what `source` gives, again and again until `stop()`. */
  start(source: () => readonly string[]): void {
    this.#source = source;
    this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  /** Draws once more and leaves the lines where they are. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#source !== null) this.#draw();
    this.#source = null;
    this.#drawn = 0;
  }

  /** Takes the block away for good. */
  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#source = null;
    this.clear();
  }

  /** Takes the block away, so that something can be written above it; the next drawing brings it back. */
  clear(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    const lines = this.#source?.() ?? [];
    const room = Math.max(1, (this.#stream.rows || 24) - 1);
    const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `... ${lines.length - room + 1} more`];
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : "";
    const body = shown.map((line) => `${fit(line, this.#stream.columns || 80)}\u001b[0K\n`).join("");
    this.#stream.write(`${up}${body}\u001b[0J`);
    this.#drawn = shown.length;
  }
}

/** A line that takes one row. Cut lines lose their colours: an escape sequence in two would colour the rest of the screen. */
function fit(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : `${plain.slice(0, Math.max(0, columns - 1))}…`;
}
