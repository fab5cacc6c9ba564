import { writeFully } from "../capability/direct-output.ts";
import { DiagnosticsRecords } from "./diagnostics-records.ts";
import type { DiagnosticsSink } from "./diagnostics-sink.ts";
import type { LogFrame } from "./frame-reader.ts";

/** The database that the host names, else lines on the error stream: where the original's worker writes, too. */
export function openDiagnostics(databasePath: string | undefined, sessionId: string | null): DiagnosticsSink {
  if (databasePath) return new DiagnosticsRecords(databasePath, sessionId, writeLine);
  return { write: writeLine, close: () => {} };
}

function writeLine({ ts, level, logger, message, exc_text }: LogFrame): void {
  const lines = [`${ts} ${level} ${logger}: ${message}`, ...(exc_text == null ? [] : [exc_text.trimEnd()])];
  writeFully(2, Buffer.from(`${lines.join("\n")}\n`));
}
