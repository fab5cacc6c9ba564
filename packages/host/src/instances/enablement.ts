import { errorMessage } from "@cjm/core";
import { rememberInstance } from "../config/remember-instance.ts";
import { SerialQueue } from "../internal/serial-queue.ts";
import { askWorker } from "./ask-worker.ts";
import type { InstanceServices } from "./instance-services.ts";
import type { WorkerInstance } from "./worker-instance.ts";

/** What a capability was told last, and the order in which it is told. */
interface Told {
  enabled: boolean;
  readonly hooks: SerialQueue;
}

/**
 * Turns instances off and on. The capability is told through its hooks, one after another: of being disabled once its
 * running calls have ended, and of nothing that was taken back before that.
 */
export class Enablement {
  readonly #services: InstanceServices;
  readonly #told = new WeakMap<WorkerInstance, Told>();

  constructor(services: InstanceServices) {
    this.#services = services;
  }

  disable(instance: WorkerInstance): Promise<void> {
    return this.#set(instance, false);
  }

  enable(instance: WorkerInstance): Promise<void> {
    return this.#set(instance, true);
  }

  /** The last running call of an instance has ended. */
  onIdle(instance: WorkerInstance): void {
    const told = this.#told.get(instance);
    if (told !== undefined && told.enabled !== instance.spec.enabled) void this.#catchUp(instance, told);
  }

  async #set(instance: WorkerInstance, enabled: boolean): Promise<void> {
    if (instance.spec.enabled === enabled) return;
    const told = this.#told.get(instance) ?? { enabled: instance.spec.enabled, hooks: new SerialQueue() };
    this.#told.set(instance, told);
    instance.change({ enabled });
    instance.record(enabled ? "instance_enabled" : "instance_disabled", {});
    rememberInstance(instance, this.#services, { enabled });
    await this.#catchUp(instance, told);
  }

  #catchUp(instance: WorkerInstance, told: Told): Promise<void> {
    return told.hooks.run(async () => {
      const { enabled } = instance.spec;
      if (told.enabled === enabled || (!enabled && instance.gate.inside > 0)) return;
      told.enabled = enabled;
      await callHook(instance, enabled ? "onEnable" : "onDisable");
    });
  }
}

/** A hook that fails is noted: the instance is enabled or disabled all the same. A worker that is not there needs no hook. */
async function callHook(instance: WorkerInstance, hook: "onEnable" | "onDisable"): Promise<void> {
  if (instance.live === null) return;
  const name = hook === "onEnable" ? "on_enable" : "on_disable";
  try {
    await askWorker(instance.live, `during its ${name} hook`, (client) => client.notify(hook));
  } catch (error) {
    instance.record("hook_failed", { hook: name, reason: errorMessage(error) });
  }
}
