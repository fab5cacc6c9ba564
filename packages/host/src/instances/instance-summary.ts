import type { InstanceSummary } from "../manager-options.ts";
import type { WorkerInstance } from "./worker-instance.ts";

/** An instance as it is now, for people and programs outside. */
export function summaryOf({ spec, state, live, gate, heldBack }: WorkerInstance): InstanceSummary {
  const { instanceId, manifest, enabled, maxConcurrentCalls, config, configHash, adapters } = spec;
  return {
    instanceId,
    capabilityName: manifest.code.name,
    version: manifest.code.version,
    state,
    heldBack: heldBack?.reason ?? null,
    enabled,
    maxConcurrentCalls,
    runningCalls: gate.inside,
    config,
    configHash,
    adapters,
    drift: live?.drift ?? null,
    pid: live?.process.pid ?? null,
  };
}
