/** Who a call belongs to; what was not said is null. */
export interface CallEnvelopeFields {
  readonly jobId: string | null;
  readonly runId: string | null;
  readonly compositionId: string | null;
  readonly nodeId: string | null;
  readonly actor: string | null;
  readonly control: Readonly<Record<string, unknown>>;
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

export const NO_ENVELOPE: CallEnvelopeFields = { jobId: null, runId: null, compositionId: null, nodeId: null, actor: null, control: {} };

/** The body of a call. `badArguments` says what is wrong with arguments that are there and are no arguments. */
export interface CallRequest {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly task: string;
  readonly method: string;
  readonly envelope: CallEnvelopeFields;
  readonly badArguments: string | null;
}

/** Reads the body of `/execute`, `/execute_stream` and `/task` as far as strict JSON goes; see `callRequestOf`. */
export function readCallRequest(body: string | Uint8Array): CallRequest | null {
  return callRequestOf(parseJsonObject(body));
}

/**
 * The call that a body asks for. Null when the body is no JSON object or its envelope is none: then no call was made at all.
 * Arguments of a wrong kind are the caller's typed error instead.
 */
export function callRequestOf(value: Readonly<Record<string, unknown>> | null): CallRequest | null {
  if (value === null) return null;
  const envelope = readEnvelope(value["envelope"]);
  if (envelope === null) return null;
  const { args = [], kwargs = {}, task, method } = value;
  const bad = [
    ...(Array.isArray(args) ? [] : [`args must be a list of positional arguments, not ${jsonType(args)}`]),
    ...(isObject(kwargs) ? [] : [`kwargs must be an object of named arguments, not ${jsonType(kwargs)}`]),
  ];
  return {
    args: Array.isArray(args) ? args : [],
    kwargs: isObject(kwargs) ? kwargs : {},
    task: typeof task === "string" ? task : "",
    method: typeof method === "string" ? method : "",
    envelope,
    badArguments: bad.length === 0 ? null : `${bad.join("; ")}.`,
  };
}

/** The object that a body holds, or null when it holds none. */
export function parseJsonObject(body: string | Uint8Array): Record<string, unknown> | null {
  return parsedObject(body, JSON.parse);
}

/**
 * The same, also of what older clients of the original write: bare `NaN` and `Infinity`, which become null. What it takes to
 * read that is loaded when it is first needed.
 */
export async function parseLenientObject(body: string | Uint8Array): Promise<Record<string, unknown> | null> {
  const strict = parseJsonObject(body);
  const text = typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (strict !== null || !(text.includes("NaN") || text.includes("Infinity"))) return strict;
  const { parsePythonJson } = await import("@cjm/protocol/plain");
  return parsedObject(body, parsePythonJson);
}

/** The text of a body, or null when it is not UTF-8. */
export function bodyText(body: Uint8Array): string | null {
  try {
    return UTF_8.decode(body);
  } catch {
    return null;
  }
}

function parsedObject(body: string | Uint8Array, parse: (text: string) => unknown): Record<string, unknown> | null {
  const text = typeof body === "string" ? body : bodyText(body);
  if (text === null) return null;
  try {
    const value = parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** What Python takes for false is no envelope; anything else that is no object is a mistake. */
function readEnvelope(value: unknown): CallEnvelopeFields | null {
  if (value === undefined || value === null || value === false || value === 0 || value === "") return NO_ENVELOPE;
  if (Array.isArray(value) && value.length === 0) return NO_ENVELOPE;
  if (!isObject(value)) return null;
  const text = (key: string): string | null => (typeof value[key] === "string" ? value[key] : null);
  return {
    jobId: text("job_id"),
    runId: text("run_id"),
    compositionId: text("composition_id"),
    nodeId: text("node_id"),
    actor: text("actor"),
    control: isObject(value["control"]) ? value["control"] : {},
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
