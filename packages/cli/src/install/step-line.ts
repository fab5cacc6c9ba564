import { durationText } from "@cjm/core";
import type { Terminal } from "../terminal/terminal.ts";

/** One line that says what is being done, for commands that do one thing after another. Disposing of it ends the line. */
export class StepLine implements Disposable {
  readonly #terminal: Terminal;
  readonly #startedMs = performance.now();
  #text = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.live?.start(() => (this.#text === "" ? [] : [this.#line()]));
  }

  /** What is done now. Where lines cannot change in place each is a line of its own. */
  say(text: string): void {
    this.#text = text;
    if (this.#terminal.live === null) this.#terminal.note(text);
  }

  /** The same for something that is said again and again; only a terminal shows it. */
  show(text: string): void {
    this.#text = text;
  }

  [Symbol.dispose](): void {
    this.#terminal.live?.end();
  }

  #line(): string {
    const { cyan, dim } = this.#terminal.noteColors;
    return `${cyan("…")} ${this.#text}${dim(` ${durationText(performance.now() - this.#startedMs)}`)}`;
  }
}
