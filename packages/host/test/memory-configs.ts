import type { ConfigStore, InstanceRecord } from "../src/index.ts";

/** What is remembered of instances, for as long as a test. */
export class MemoryConfigs implements ConfigStore {
  readonly records = new Map<string, InstanceRecord>();

  get(instanceId: string): InstanceRecord | null {
    return this.records.get(instanceId) ?? null;
  }

  change(instanceId: string, edit: (before: InstanceRecord | null) => InstanceRecord): void {
    this.records.set(instanceId, edit(this.get(instanceId)));
  }
}
