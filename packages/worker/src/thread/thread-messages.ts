import type { ActionDescription, WorkerEnvRecord } from "@cjm/capability";
import type { ErrorFacts } from "../capability/error-facts.ts";
import type { StructuralSurface } from "../capability/structural-surface.ts";
import type { MemoryPlace } from "./call-memories.ts";
import type { ThreadJson } from "./thread-json.ts";

/** What the thread is started with. */
export interface ThreadOptions {
  readonly module: string;
  readonly className: string | null;
  /** Absolute folder that module specifiers are resolved from. */
  readonly environment: string;
  /** `module:Class`, in order; the first of a task wins. */
  readonly adapters: readonly string[];
  readonly dataDir: string;
}

/** What else the thread gets at its start: the memory that it shares with the server thread for calls. */
export interface ThreadData extends ThreadOptions {
  readonly memories: SharedArrayBuffer;
}

/** The capability as it is known once its class is loaded. */
export interface LoadedCapability {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly className: string;
  readonly configSchema: Readonly<Record<string, unknown>>;
  readonly workerEnv: readonly WorkerEnvRecord[];
  readonly actions: readonly ActionDescription[];
  readonly surface: StructuralSurface;
  readonly monitor: MonitorMethods;
}

/** Which of the two monitor methods the class has. */
export interface MonitorMethods {
  readonly systemStatus: boolean;
  readonly listProcesses: boolean;
}

/** What a thread can be asked to do. Bodies are JSON text as it came over the wire. */
export type OperationName =
  | "execute"
  | "task"
  | "stream"
  | "initialize"
  | "prefetch"
  | "reconfigure"
  | "onDisable"
  | "onEnable"
  | "cleanup"
  | "configOptions"
  | "systemStatus"
  | "listProcesses";

/** The operations that a host follows and cancels by job: calls, and what may take long before them. */
export const FOLLOWED: ReadonlySet<OperationName> = new Set(["execute", "task", "stream", "initialize", "prefetch", "reconfigure"]);

export type ToThread =
  | {
      readonly type: "start";
      readonly id: number;
      readonly operation: OperationName;
      /** Whose operation it is, as far as the server thread knows. */
      readonly jobId: string | null;
      readonly body: ThreadJson;
      readonly memory: MemoryPlace;
    }
  | { readonly type: "cancel"; readonly id: number }
  /** So many more chunks may be sent. */
  | { readonly type: "credit"; readonly id: number; readonly chunks: number }
  /** Nobody reads the stream any more. */
  | { readonly type: "abandon"; readonly id: number };

export interface AccountRecord {
  readonly event_type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** How an operation ended. */
export type Outcome =
  | { readonly kind: "value"; readonly json: ThreadJson }
  | { readonly kind: "end" }
  | { readonly kind: "cancelled"; readonly error: ErrorFacts }
  | { readonly kind: "error"; readonly error: ErrorFacts }
  /** The task, its method or the capability's hook does not exist. */
  | { readonly kind: "absent"; readonly detail: string }
  /** The body is no JSON object, or its envelope is none. */
  | { readonly kind: "malformed" };

export interface TaskRun {
  readonly task: string;
  readonly method: string;
  readonly durationMs: number;
}

export interface CallReport {
  readonly accounts: readonly AccountRecord[];
  /** By unit; null when the call reported none. */
  readonly usage: Readonly<Record<string, number>> | null;
  /** Set for a task whose method was found. */
  readonly taskRun: TaskRun | null;
}

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

export type FromThread =
  | { readonly type: "loaded"; readonly capability: LoadedCapability }
  | { readonly type: "failed"; readonly error: ErrorFacts; readonly hint: string }
  /** The call begins, where the memory that is shared does not say enough: a stream's, and one whose job is only known now. */
  | { readonly type: "begun"; readonly id: number; readonly jobId: string | null }
  | { readonly type: "chunk"; readonly id: number; readonly line: string }
  | { readonly type: "done"; readonly id: number; readonly outcome: Outcome; readonly report: CallReport }
  | { readonly type: "progress"; readonly id: number; readonly jobId: string | null; readonly progress: number; readonly message: string }
  /** What the call that began last has reported so far; null when it began and an earlier one had reported. */
  | { readonly type: "usage"; readonly id: number; readonly usage: Readonly<Record<string, number>> | null }
  | { readonly type: "config"; readonly config: Readonly<Record<string, unknown>> }
  | {
      readonly type: "log";
      readonly atMs: number;
      readonly level: LogLevel;
      readonly logger: string;
      readonly message: string;
      readonly jobId: string | null;
      readonly excText: string | null;
    };

/** How many chunks of a stream may be on their way to a reader that has not taken them. */
export const STREAM_WINDOW = 16;
