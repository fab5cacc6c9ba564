import { errorMessage } from "@cjm/core";
import type { InstanceRecord } from "../host-ports.ts";
import type { InstanceServices } from "../instances/instance-services.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";

/**
 * Writes a part of what outlives the host, and leaves the rest as it is remembered: another host may have changed that. A
 * failure is a row in the journal, no failed operation.
 */
export function rememberInstance(
  instance: WorkerInstance,
  { configs, clock }: Pick<InstanceServices, "configs" | "clock">,
  changed: Partial<InstanceRecord>,
): void {
  const { instanceId, chosenConfig: config, enabled, workerEnvOverrides: workerEnv, persistable } = instance.spec;
  if (configs === null || !persistable) return;
  try {
    configs.change(instanceId, (before) => ({ ...(before ?? { config, enabled, workerEnv }), ...changed }), clock.now());
  } catch (error) {
    instance.record("config_not_remembered", { reason: errorMessage(error) });
  }
}
