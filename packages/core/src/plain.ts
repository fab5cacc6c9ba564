// The second entry: what needs no schema library. A process that has to stay small, as a worker has, takes this one.
export { escapeNonAscii } from "./ascii-json.ts";
export { classifyBareError } from "./errors/classify-bare-error.ts";
export type { JobError } from "./errors/job-error.ts";
export { systemErrorCode } from "./errors/system-error-code.ts";
export { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
export { formatTimestamp } from "./timestamp.ts";
