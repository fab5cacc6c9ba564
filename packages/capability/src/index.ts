export { z } from "zod";
export { type Action, type ActionResult, type ActionSpec, action, type CachePolicy } from "./action.ts";
export { type CacheDirectoryOptions, cacheDirectory } from "./cache/cache-directory.ts";
export type { CallContext, CallLogger, HeartbeatOptions } from "./call-context.ts";
export {
  CapabilityCancelledError,
  CapabilityConfigError,
  CapabilityError,
  type CapabilityErrorCategory,
  type CapabilityErrorFacts,
  CapabilityFatalError,
  CapabilityInputError,
  CapabilityResourceError,
  CapabilityTimeoutError,
  CapabilityTransientError,
  capabilityErrorFacts,
  type ResourceShortfall,
} from "./capability-error.ts";
export {
  type ActionDescription,
  type AuthoringMistake,
  CAPABILITY_PORT,
  type CapabilityDeclaration,
  type CapabilityIdentity,
  type CapabilityPort,
} from "./capability-port.ts";
export type { ConfigOption, ConfigOptions } from "./config-options.ts";
export type { CapabilityDescription } from "./describe.ts";
export type { JsonSchema } from "./json-schema.ts";
export { RELOAD_TRIGGER, reloadTrigger } from "./reload-triggers.ts";
export type { GpuProcess, GpuStatus, MachineStatus, SystemMonitor } from "./system-monitor.ts";
export { type RequiredTool, TaskAdapter } from "./task-adapter.ts";
export { type NamedArguments, ToolCapability } from "./tool-capability.ts";
export { isWireValue, type TypedWireValue, wireType, wireValue } from "./wire-type.ts";
export type { WorkerEnvDeclaration, WorkerEnvRecord } from "./worker-env.ts";
