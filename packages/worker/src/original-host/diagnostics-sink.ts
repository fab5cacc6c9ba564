import type { LogFrame } from "./frame-reader.ts";

/** Where log lines go. Neither method throws: a line that is lost must not fail a call. */
export interface DiagnosticsSink {
  write(frame: LogFrame): void;
  /** Writes what still waits. */
  close(): void;
}
