import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Clock, DiagnosticsRecord, DiagnosticsStore, OutputChunk } from "@cjm/core";
import { tell } from "../internal/tell.ts";

const KEPT_LINES = 20;
const LONGEST_LINE = 16 * 1024;

interface PumpParts {
  readonly store: DiagnosticsStore;
  readonly clock: Clock;
  readonly sessionId: string;
  /** The store failed, for the first time: what one worker says from then on may be lost. */
  readonly onLoss: (error: unknown) => void;
}

/**
 * Takes what one worker logs and prints into the diagnostics store, one transaction per turn of the event loop, and keeps
 * the last printed lines for error messages. Diagnostics are disposable: a store that fails disturbs nothing else.
 */
export class DiagnosticsPump {
  readonly #parts: PumpParts;
  readonly #last: string[] = [];
  #chunks: OutputChunk[] = [];
  #records: DiagnosticsRecord[] = [];
  #scheduled = false;
  #lost = false;

  constructor(parts: PumpParts) {
    this.#parts = parts;
  }

  get lastLines(): readonly string[] {
    return [...this.#last];
  }

  /** Takes a stream of raw output line by line until its end. */
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

  /** Takes a log record. */
  record(record: DiagnosticsRecord): void {
    this.#records.push(record);
    this.#schedule();
  }

  /** Writes what is buffered now. */
  flush(): void {
    this.#scheduled = false;
    const [chunks, records] = [this.#chunks, this.#records];
    this.#chunks = [];
    this.#records = [];
    const { store } = this.#parts;
    if (chunks.length > 0) this.#attempt(() => store.appendChunks(chunks));
    if (records.length > 0) this.#attempt(() => store.appendRecords(records));
  }

  #attempt(append: () => void): void {
    try {
      append();
    } catch (error) {
      if (this.#lost) return;
      this.#lost = true;
      tell(this.#parts.onLoss, error);
    }
  }

  #take(line: string, stream: string): void {
    // What a terminal would show: only the text after the last carriage return survives.
    const content = line.slice(line.replace(/\r$/, "").lastIndexOf("\r") + 1).trimEnd();
    if (content === "") return;
    this.#last.push(content.slice(0, 500));
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    const { clock, sessionId } = this.#parts;
    this.#chunks.push({ occurredAt: clock.now(), workerSessionId: sessionId, stream, content });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }
}
