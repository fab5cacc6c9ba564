import type { CjmConfig, Clock, DiagnosticsStore, IdSource, JournalStore, JournalWriter, JsonObject } from "@cjm/core";
import type { DriftReport } from "./discovery/drift.ts";
import type { ConfigStore, ProfileStore, SecretStore } from "./host-ports.ts";
import type { InstanceState } from "./instances/instance-state.ts";
import type { SchedulingPolicy } from "./resources/scheduling-policy.ts";

export interface CapabilityManagerOptions {
  readonly config: CjmConfig;
  /** Folders of manifests; earlier ones win. */
  readonly searchPaths: readonly string[];
  readonly journal: JournalWriter;
  readonly diagnostics: DiagnosticsStore;
  /** Where rows of earlier hosts are read, for the diagnostics of an instance. @default those of this host alone */
  readonly history?: JournalStore;
  readonly profiles?: ProfileStore;
  readonly configs?: ConfigStore;
  readonly secrets?: SecretStore;
  readonly ids?: IdSource;
  readonly clock?: Clock;
  /** Decides whether a call may start now. @default `permissivePolicy`: the queue has decided before */
  readonly policy?: SchedulingPolicy;
  /** How often a call is tried again after it ran out of a resource. @default 1 */
  readonly maxResourceRetries?: number;
  /** Environment from which workers get their few inherited variables. @default process.env */
  readonly hostEnvironment?: Readonly<Record<string, string | undefined>>;
  /** From spawn to ready. @default 60 000 */
  readonly startTimeoutMs?: number;
  /** From SIGTERM to SIGKILL. @default 7 000, longer than a worker's own bounds for its last answers and its cleanup */
  readonly terminationGraceMs?: number;
}

export interface LoadOptions {
  /** 1 to 64 letters, digits, `_` or `-`. @default the capability's name, the default instance */
  readonly instanceId?: string;
  /** Loads one more instance, under a generated id that is not remembered. `instanceId` wins over it. @default false */
  readonly newInstance?: boolean;
  /** Over what is remembered, which is over the defaults of the schema. */
  readonly config?: JsonObject;
  /** What happens to fields that the schema does not know: refused with an error, or dropped. @default "refuse" */
  readonly unknownFields?: "refuse" | "drop";
  /** @default 1 */
  readonly maxConcurrentCalls?: number;
  /** Names of adapters to bind, and no others. @default every discovered one that fits */
  readonly adapters?: readonly string[];
  readonly signal?: AbortSignal;
}

/** One of several instances to load. */
export interface LoadRequest extends Omit<LoadOptions, "signal"> {
  readonly name: string;
}

export interface BulkOptions {
  /** How many at a time. @default the number of processors, since starting is work for them */
  readonly concurrency?: number;
  /** Gives up the others at the first failure. @default false: all are tried, each has its own outcome */
  readonly failFast?: boolean;
  readonly signal?: AbortSignal;
}

/** What came of one of several loads or unloads. */
export type BulkOutcome =
  | { readonly kind: "done"; readonly name: string; readonly instanceId: string }
  | { readonly kind: "failed"; readonly name: string; readonly error: unknown };

export interface InstanceSummary {
  readonly instanceId: string;
  readonly capabilityName: string;
  readonly version: string;
  readonly state: InstanceState;
  /** Why it does not start now though it is wanted; null: nothing holds it back. */
  readonly heldBack: string | null;
  readonly enabled: boolean;
  readonly maxConcurrentCalls: number;
  /** Calls that run on it, streams included. */
  readonly runningCalls: number;
  readonly config: JsonObject;
  readonly configHash: string;
  /** `module:Class` of the bound adapters. */
  readonly adapters: readonly string[];
  /** How the running capability differs from its manifest; null: it does not. */
  readonly drift: DriftReport | null;
  /** Of the worker that serves now; null while there is none. */
  readonly pid: number | null;
}
