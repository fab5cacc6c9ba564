import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Clock, DiagnosticsStore, OutputChunk } from "@cjm/core";

const KEPT_LINES = 20;
const LONGEST_LINE = 16 * 1024;

/**
 * Takes the raw output of one worker line by line into the diagnostics store, one transaction per turn of the event loop,
 * and keeps the last lines for error messages.
 */
export class OutputPump {
  readonly #store: DiagnosticsStore;
  readonly #clock: Clock;
  readonly #sessionId: string;
  readonly #last: string[] = [];
  #waiting: OutputChunk[] = [];
  #scheduled = false;

  constructor(store: DiagnosticsStore, clock: Clock, sessionId: string) {
    this.#store = store;
    this.#clock = clock;
    this.#sessionId = sessionId;
  }

  get lastLines(): readonly string[] {
    return [...this.#last];
  }

  /** Reads `stream` to its end. */
  attach(stream: Readable, name: "stdout" | "stderr"): void {
    const decoder = new StringDecoder("utf8");
    let rest = "";
    stream.on("data", (bytes: Buffer) => {
      const lines = (rest + decoder.write(bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line, name);
      // A progress bar without newlines must not grow without bound.
      if (rest.length > LONGEST_LINE) {
        this.#take(rest, name);
        rest = "";
      }
    });
    stream.on("end", () => this.#take(rest + decoder.end(), name));
    stream.on("error", () => {});
  }

  /** Writes what is buffered now. */
  flush(): void {
    this.#scheduled = false;
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#store.appendChunks(chunks);
  }

  #take(line: string, stream: string): void {
    // What a terminal would show: only the text after the last carriage return survives.
    const content = line.slice(line.replace(/\r$/, "").lastIndexOf("\r") + 1).trimEnd();
    if (content === "") return;
    this.#last.push(content.slice(0, 500));
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    this.#waiting.push({ occurredAt: this.#clock.now(), workerSessionId: this.#sessionId, stream, content });
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }
}
