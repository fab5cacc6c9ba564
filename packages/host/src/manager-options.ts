import type { CjmConfig, Clock, DiagnosticsStore, IdSource, JournalWriter, JsonObject } from "@cjm/core";
import type { ConfigStore, ProfileStore, SecretReader } from "./host-ports.ts";
import type { InstanceState } from "./instances/instance-state.ts";

export interface CapabilityManagerOptions {
  readonly config: CjmConfig;
  /** Folders of manifests; earlier ones win. */
  readonly searchPaths: readonly string[];
  readonly journal: JournalWriter;
  readonly diagnostics: DiagnosticsStore;
  readonly profiles?: ProfileStore;
  readonly configs?: ConfigStore;
  readonly secrets?: SecretReader;
  readonly ids?: IdSource;
  readonly clock?: Clock;
  /** Environment from which workers get their few inherited variables. @default process.env */
  readonly hostEnvironment?: Readonly<Record<string, string | undefined>>;
  /** From spawn to ready. @default 60 000 */
  readonly startTimeoutMs?: number;
}

export interface LoadOptions {
  /** @default the capability's name */
  readonly instanceId?: string;
  readonly config?: JsonObject;
  /** @default 1 */
  readonly maxConcurrentCalls?: number;
  readonly signal?: AbortSignal;
}

export interface InstanceSummary {
  readonly instanceId: string;
  readonly capabilityName: string;
  readonly version: string;
  readonly state: InstanceState;
  readonly enabled: boolean;
  readonly maxConcurrentCalls: number;
  readonly config: JsonObject;
  readonly configHash: string;
  /** Of the worker that serves now; null while there is none. */
  readonly pid: number | null;
}
