import type { CapabilityRuntime } from "../capability-runtime.ts";

/** Restarts of instances; whoever asks for one that is under way joins it. */
export class InstanceRestarts {
  readonly #runtime: Pick<CapabilityRuntime, "restart">;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(runtime: Pick<CapabilityRuntime, "restart">) {
    this.#runtime = runtime;
  }

  restart(instanceId: string, reason: string): Promise<void> {
    const joined = this.#underWay.get(instanceId);
    if (joined !== undefined) return joined;
    const restart = this.#runtime.restart(instanceId, reason).finally(() => this.#underWay.delete(instanceId));
    this.#underWay.set(instanceId, restart);
    return restart;
  }
}
