import { errorMessage } from "@cjm/core";
import type { InstanceServices } from "../instances/instance-services.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";

/** Writes what outlives the host: configuration, enabled, overrides. A failure is a row in the journal, no failed operation. */
export function rememberInstance(instance: WorkerInstance, { configs, clock }: Pick<InstanceServices, "configs" | "clock">): void {
  const { instanceId, config, enabled, workerEnvOverrides, persistable } = instance.spec;
  if (configs === null || !persistable) return;
  try {
    configs.set(instanceId, { config, enabled, workerEnv: workerEnvOverrides }, clock.now());
  } catch (error) {
    instance.record("config_not_remembered", { reason: errorMessage(error) });
  }
}
