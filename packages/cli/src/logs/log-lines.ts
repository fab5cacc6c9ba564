import { type DiagnosticsRecord, isJsonObject, type JsonObject, type LogLevel, type OutputChunk, type StoredJournalEvent } from "@cjm/core";
import type { Colors } from "../terminal/terminal.ts";

const PAYLOAD_LENGTH = 160;

/** `<time> <event type> [job=<8 characters> run=<id>] <instance or capability>[ (worker)] <payload>`, as the original prints it. */
export function journalLine(event: StoredJournalEvent, colors: Colors): string {
  const who = `${event.instanceId ?? event.capabilityName ?? "-"}${event.workerReported === true ? " (worker)" : ""}`;
  const ids = `[job=${shortId(event.jobId)} run=${event.runId ?? "-"}]`;
  return `${colors.dim(localTime(event.occurredAt))} ${colors.bold(event.eventType.padEnd(22))} ${colors.dim(ids)} ${who} ${payloadText(event.payload)}`;
}

/** `<time> <level> [<session>|<job>] <logger>: <message>`, and the traceback indented below. */
export function recordLine(record: DiagnosticsRecord, colors: Colors): string {
  const ids = `[${shortId(record.workerSessionId)}|${shortId(record.jobId)}]`;
  const head = `${colors.dim(localTime(record.occurredAt))} ${levelText(record.level, colors)} ${colors.dim(ids)} ${record.loggerName}: ${record.message}`;
  return record.excText === null ? head : `${head}\n${record.excText.replaceAll(/^/gm, "    ")}`;
}

/** `<time> [<session>] <content>` */
export function chunkLine(chunk: OutputChunk, colors: Colors): string {
  const time = localTime(chunk.occurredAt);
  return `${colors.dim(`${time} [${shortId(chunk.workerSessionId)}]`)} ${chunk.content.replace(/\r?\n$/, "")}`;
}

/** For programs: the same fields as the embedding API, with the time as ISO 8601. */
export function jsonLine(row: { readonly occurredAt: number }): string {
  return JSON.stringify({ ...row, occurredAt: new Date(row.occurredAt).toISOString() });
}

/** Eight characters that tell ids apart: the last ones of a time-ordered UUID, whose first ones all ids of a minute share. */
export function shortId(id: string | null | undefined): string {
  if (id == null) return "-";
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id) ? id.slice(-8) : id.slice(0, 8);
}

function payloadText(payload: JsonObject): string {
  const text = JSON.stringify(sorted("job_snapshot" in payload ? { ...payload, job_snapshot: "..." } : payload));
  return text.length <= PAYLOAD_LENGTH ? text : `${text.slice(0, PAYLOAD_LENGTH)}…`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

function levelText(level: LogLevel, colors: Colors): string {
  const text = level.padEnd(8);
  if (level === "ERROR" || level === "CRITICAL") return colors.red(text);
  if (level === "WARNING") return colors.yellow(text);
  return level === "DEBUG" ? colors.dim(text) : text;
}

/** `YYYY-MM-DD HH:MM:SS` of this machine's time zone. */
export function localTime(unixMs: number): string {
  const at = new Date(unixMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
