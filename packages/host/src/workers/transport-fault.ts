import { systemErrorCode } from "@cjm/core";
/**
 * What went wrong below the contract: the connection `broke`, nobody answered in time (`silent`), or what came was no HTTP
 * (`foreign`). None of them says why.
 */
export type TransportFault = "broke" | "silent" | "foreign";

const NO_HTTP: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);

/** Null for an error that is not of undici or of the socket below it. */
export function transportFault(error: unknown): TransportFault | null {
  if (!(error instanceof Error)) return null;
  const code = systemErrorCode(error) ?? "";
  // Raised by the time limit of a quick question; a caller's own limit is looked at before.
  if (error.name === "TimeoutError") return "silent";
  if (error.name === "HTTPParserError" || code.startsWith("HPE_") || NO_HTTP.has(code)) return "foreign";
  return code.startsWith("UND_ERR_") || /^E(CONN|PIPE|NOENT|SOCKET|HOST|TIMEDOUT)/.test(code) ? "broke" : null;
}
