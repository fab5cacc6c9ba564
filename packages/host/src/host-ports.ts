import type { JsonObject, ProfileKey, ResourceProfile, ResourceSample } from "@cjm/core";

/** What is remembered of an instance between runs. */
export interface InstanceRecord {
  /** What was chosen; what was not chosen has the default of the schema. */
  readonly config: JsonObject;
  readonly enabled: boolean;
  /** Overrides of visible worker environment variables. */
  readonly workerEnv: Readonly<Record<string, string>>;
}

export interface ConfigStore {
  get(instanceId: string): InstanceRecord | null;
  /** Reads, changes and writes as one step: other hosts change the same records. */
  change(instanceId: string, change: (before: InstanceRecord | null) => InstanceRecord, unixMs: number): void;
}

export interface ProfileStore {
  get(instanceId: string, configHash: string): ResourceProfile | null;
  record(key: ProfileKey, sample: ResourceSample): ResourceProfile;
  /** Many samples of one key at the cost of one. @default one by one */
  recordAll?(key: ProfileKey, samples: readonly ResourceSample[]): unknown;
  /** Whether a write failed only because another process holds the store for the moment. @default no write does */
  isBusy?(error: unknown): boolean;
}

export interface SecretReader {
  /** Null when there is none. */
  get(capabilityName: string, key: string): string | null;
}

export interface SecretStore extends SecretReader {
  /** @throws CjmError CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  set?(capabilityName: string, key: string, value: string): void;
}
