export { escapeNonAscii } from "./ascii-json.ts";
export {
  CACHE_HASH_LENGTHS,
  type CacheDirectory,
  type CacheFolder,
  type CacheHashLengths,
  cacheDirectoryPath,
  cacheFolderPath,
  cacheLeafName,
  cacheStem,
} from "./cache/cache-directory-path.ts";
export { type CallEnvelope, CallEnvelopeSchema, type CallTarget } from "./call/call-envelope.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type BindingScope, bindArguments, bindValue, SKIPPED } from "./composition/bind-arguments.ts";
export { type BoundOutputs, bindOutputs, type CompiledOutputs } from "./composition/bind-outputs.ts";
export type { CompiledCondition } from "./composition/compile-condition.ts";
export type { CompiledValue, CompositionFault } from "./composition/compiled-value.ts";
export type {
  CacheMode,
  CallNode,
  Composition,
  CompositionInput,
  CompositionNode,
  InputType,
  NodeCall,
  RetryPolicy,
  SubCompositionNode,
} from "./composition/composition.ts";
export { InputTypeSchema } from "./composition/composition-document.ts";
export { compositionInvalid } from "./composition/composition-invalid.ts";
export type { ComparisonDocument, ConditionDocument } from "./composition/condition.ts";
export { type CriticalPath, criticalPath, type ObservedNode, type ObservedRun } from "./composition/critical-path.ts";
export { describePlan, type FanOutDescription, type NodeDescription, type PlanDescription } from "./composition/describe-plan.ts";
export { didYouMean } from "./composition/did-you-mean.ts";
export { evaluateCondition, type Verdict } from "./composition/evaluate-condition.ts";
export {
  type CompositionStatus,
  type EndedComposition,
  isTerminalNodeState,
  NODE_TRANSITIONS,
  type NodeState,
  type TerminalNodeState,
  terminalStatus,
} from "./composition/node-state.ts";
export { type CompositionPlan, callsOf, type PlannedNode, planComposition } from "./composition/plan.ts";
export { planWaves } from "./composition/plan-waves.ts";
export { parseTemplate, type Reference, ReferenceSyntaxError, type Template } from "./composition/reference.ts";
export { type GivenInputs, resolveInputs } from "./composition/resolve-inputs.ts";
export { toDot } from "./composition/to-dot.ts";
export { toMermaid } from "./composition/to-mermaid.ts";
export { CompositionSchema, type ValidateCompositionOptions, validateComposition } from "./composition/validate-composition.ts";
export { type CjmConfig, type CjmConfigFile, CjmConfigFileSchema, dataLayout, type MicromambaSource } from "./config/cjm-config.ts";
export { type ConfigSetting, configSettings, type UnknownConfigKey, unknownConfigKeys } from "./config/config-settings.ts";
export type { DiagnosticsQuery, DiagnosticsRecord, DiagnosticsStore, LogLevel, OutputChunk, Stored } from "./diagnostics/diagnostics.ts";
export { type DocumentName, documentJsonSchema } from "./document-schemas.ts";
export { durationText } from "./duration-text.ts";
export { CjmError, type CjmErrorOptions, errorMessage, isCjmError } from "./errors/cjm-error.ts";
export { classifyBareError } from "./errors/classify-bare-error.ts";
export { ERROR_CODES, type ErrorCode } from "./errors/error-codes.ts";
export { errorFromJobError, type JobErrorSubject, jobErrorFrom } from "./errors/error-conversion.ts";
export { fileFault } from "./errors/file-fault.ts";
export {
  CANCELLED_REPR_PREFIX,
  type ErrorCategory,
  ErrorCategorySchema,
  isCancelledJobError,
  type JobError,
  JobErrorSchema,
  type ResourceShortfall,
  ResourceShortfallSchema,
} from "./errors/job-error.ts";
export { systemErrorCode } from "./errors/system-error-code.ts";
export { canonicalHash, canonicalJson, compareCodePoints, hashBytes, sortedKeys } from "./hashing/canonical-json.ts";
export { type LosslessJson, parseLosslessJson } from "./hashing/lossless-json.ts";
export { PyFloat } from "./hashing/py-float.ts";
export {
  type CompositionId,
  createIdSource,
  type IdSource,
  type InstanceId,
  isInstanceId,
  type JobId,
  type NodeId,
  type RunId,
  uuidV7,
  type WorkerSessionId,
} from "./ids.ts";
export { describeIssues, fieldName, plainIssue } from "./internal/zod-issues.ts";
export type { JobSpec } from "./job/job-spec.ts";
export { canTransition, isTerminal, JOB_TRANSITIONS, type JobStatus, type TerminalJobStatus } from "./job/job-status.ts";
export type {
  AdoptedWork,
  JobLease,
  JobQuery,
  JobSettlement,
  JobStore,
  LedgerRow,
  StoredComposition,
  StoredCompositionStatus,
  StoredJob,
} from "./job/job-store.ts";
export type { JournalEvent, JournalQuery, JournalStore, JournalSubject, StoredJournalEvent } from "./journal/journal-event.ts";
export { JournalWriter } from "./journal/journal-writer.ts";
export { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
export {
  type AdapterManifest,
  AdapterManifestSchema,
  isAdapterDocument,
  type ProtocolMembers,
  ProtocolMembersSchema,
} from "./manifest/adapter-manifest.ts";
export {
  type CapabilitiesFile,
  CapabilitiesFileSchema,
  type CapabilityEntry,
  CapabilityEntrySchema,
  runtimeOf,
} from "./manifest/capabilities-file.ts";
export { effectiveManifest } from "./manifest/effective-manifest.ts";
export {
  type ActionSpec,
  ActionSpecSchema,
  CachePolicySchema,
  type Manifest,
  ManifestSchema,
  manifestText,
  type RuntimeKind,
  RuntimeKindSchema,
  type Surface,
  SurfaceSchema,
  type WorkerEnvEntry,
  WorkerEnvEntrySchema,
  type WorkerKind,
  WorkerKindSchema,
} from "./manifest/manifest.ts";
export { foldSample, type ProfileKey } from "./resources/fold-sample.ts";
export type { GpuDevice, ResourceProfile, ResourceSample, ResourceSizes, SystemStatus } from "./resources/resource-profile.ts";
export { formatTimestamp, parseTimestamp } from "./timestamp.ts";
