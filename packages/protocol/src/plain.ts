// The second entry: what needs no schema library, which is all that a worker's server needs to run.
export { ACCOUNTS_HEADER, encodeAccounts } from "./accounts-header.ts";
export type { Health, Progress, Stats } from "./bodies.ts";
export { CONTROL_FD, CONTROL_PROTOCOL_VERSION, type HelloFrame, isHelloFrame } from "./control-channel.ts";
export type { WorkerFrame } from "./control-frames.ts";
export type { Account } from "./decode-accounts.ts";
export { REQUEST_BODY_LIMIT_BYTES, ROUTES } from "./routes.ts";
export { encodeStreamFrame, parsePythonJson, STREAM_CONTENT_TYPE } from "./stream-frames.ts";
export { encodeUsage, USAGE_HEADER } from "./usage-header.ts";
