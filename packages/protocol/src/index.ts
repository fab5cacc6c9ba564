export { ACCOUNTS_HEADER, ACCOUNTS_HEADER_LIMIT_BYTES, asciiJson, encodeAccounts } from "./accounts-header.ts";
export {
  CancelRequestSchema,
  ConfigOptionsSchema,
  DetailReplySchema,
  type ExecuteRequest,
  ExecuteRequestSchema,
  type Health,
  HealthSchema,
  ProcessListSchema,
  type Progress,
  ProgressSchema,
  ReconfigureRequestSchema,
  type Stats,
  StatsSchema,
  StatusReplySchema,
  SystemStatusSchema,
  type TaskRequest,
  TaskRequestSchema,
} from "./bodies.ts";
export { CONTROL_FD, CONTROL_PROTOCOL_VERSION, type HelloFrame } from "./control-channel.ts";
export { HelloFrameSchema, type WorkerFrame, WorkerFrameSchema } from "./control-frames.ts";
export { type Account, AccountSchema, decodeAccounts } from "./decode-accounts.ts";
export { decodeStreamFrame } from "./decode-stream-frame.ts";
export { detailOfBody, jobErrorOfBody } from "./error-body.ts";
export { REQUEST_BODY_LIMIT_BYTES, ROUTES, type RouteName } from "./routes.ts";
export { encodeStreamFrame, parsePythonJson, STREAM_CONTENT_TYPE, type StreamFrame } from "./stream-frames.ts";
export { type CallUsage, decodeUsage, encodeUsage, USAGE_HEADER } from "./usage-header.ts";
export { decodeWireValue, encodeWireValue, type WireDecoder, type WireValue } from "./wire-value.ts";
