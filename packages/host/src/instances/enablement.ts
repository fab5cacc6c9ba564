import { errorMessage } from "@cjm/core";
import { rememberInstance } from "../config/remember-instance.ts";
import type { InstanceServices } from "./instance-services.ts";
import type { WorkerInstance } from "./worker-instance.ts";

/**
 * Turns instances off and on. The capability is told through its hooks: of being disabled once its running calls have
 * ended, and not at all if it was enabled again before that.
 */
export class Enablement {
  readonly #services: InstanceServices;
  readonly #untold = new Set<WorkerInstance>();

  constructor(services: InstanceServices) {
    this.#services = services;
  }

  async disable(instance: WorkerInstance): Promise<void> {
    if (!this.#set(instance, false)) return;
    if (instance.gate.inside > 0) this.#untold.add(instance);
    else await this.#tell(instance, "onDisable");
  }

  async enable(instance: WorkerInstance): Promise<void> {
    if (!this.#set(instance, true)) return;
    // What never heard that it was disabled need not hear that it no longer is.
    if (!this.#untold.delete(instance)) await this.#tell(instance, "onEnable");
  }

  /** The last running call of an instance has ended. */
  onIdle(instance: WorkerInstance): void {
    if (this.#untold.delete(instance) && !instance.spec.enabled) void this.#tell(instance, "onDisable");
  }

  /** False: nothing changed. */
  #set(instance: WorkerInstance, enabled: boolean): boolean {
    if (instance.spec.enabled === enabled) return false;
    instance.change({ enabled });
    instance.record(enabled ? "instance_enabled" : "instance_disabled", {});
    rememberInstance(instance, this.#services);
    return true;
  }

  /** A hook that fails is noted: the instance is enabled or disabled all the same. */
  async #tell(instance: WorkerInstance, hook: "onEnable" | "onDisable"): Promise<void> {
    try {
      await instance.live?.client.notify(hook);
    } catch (error) {
      instance.record("hook_failed", { hook: hook === "onEnable" ? "on_enable" : "on_disable", reason: errorMessage(error) });
    }
  }
}
