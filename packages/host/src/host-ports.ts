import type { JsonObject, ResourceProfile, ResourceSample } from "@cjm/core";

/** What is remembered of an instance between runs. */
export interface InstanceRecord {
  readonly config: JsonObject;
  readonly enabled: boolean;
  /** Overrides of visible worker environment variables. */
  readonly workerEnv: Readonly<Record<string, string>>;
}

export interface ConfigStore {
  get(instanceId: string): InstanceRecord | null;
  set(instanceId: string, record: InstanceRecord, unixMs: number): void;
}

export interface ProfileStore {
  get(instanceId: string, configHash: string): ResourceProfile | null;
  record(
    key: { readonly instanceId: string; readonly capabilityName: string; readonly configHash: string },
    sample: ResourceSample,
  ): ResourceProfile;
}

export interface SecretReader {
  /** Null when there is none. */
  get(capabilityName: string, key: string): string | null;
}

export interface SecretStore extends SecretReader {
  /** @throws CjmError CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  set?(capabilityName: string, key: string, value: string): void;
}
