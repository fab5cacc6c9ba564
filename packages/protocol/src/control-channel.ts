import { isJsonObject } from "@cjm/core/plain";

/** Version of the control channel and of our additions to the HTTP surface. */
export const CONTROL_PROTOCOL_VERSION = 1;

/** File descriptor of the control channel in a worker: a duplex stream of NDJSON whose end means that the host is gone. */
export const CONTROL_FD = 3;

const SHORTEST_TOKEN = 32;

/** The host's first line. A worker serves nothing before it has the token. */
export interface HelloFrame {
  readonly type: "hello";
  readonly protocol: typeof CONTROL_PROTOCOL_VERSION;
  /** At least 32 characters. */
  readonly token: string;
  readonly session_id: string;
}

/** Looked at by hand: it is the one document that a worker must understand before it serves, and a schema library weighs more than its server. */
export function isHelloFrame(value: unknown): value is HelloFrame {
  if (!isJsonObject(value) || value["type"] !== "hello" || value["protocol"] !== CONTROL_PROTOCOL_VERSION) return false;
  const { token, session_id } = value;
  return typeof token === "string" && token.length >= SHORTEST_TOKEN && typeof session_id === "string";
}
