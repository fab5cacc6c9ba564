import { randomBytes } from "node:crypto";
import { CjmError, type Clock, isInstanceId } from "@cjm/core";
import type { LoadOptions } from "../manager-options.ts";
import { CrashGuard } from "./crash-guard.ts";
import type { WorkerInstance } from "./worker-instance.ts";

const ID_ATTEMPTS = 16;

/** The instances of one host by id, those that are being loaded included: each id is loaded once, whoever asks and how often. */
export class InstanceRegistry {
  readonly #clock: Clock;
  readonly #instances = new Map<string, WorkerInstance>();
  readonly #loading = new Map<string, Promise<WorkerInstance>>();
  readonly #guards = new Map<string, CrashGuard>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): readonly WorkerInstance[] {
    return [...this.#instances.values()];
  }

  find(instanceId: string): WorkerInstance | null {
    return this.#instances.get(instanceId) ?? null;
  }

  /** @throws CjmError CJM_CAPABILITY_NOT_LOADED naming what is loaded */
  get(instanceId: string): WorkerInstance {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) throw this.notLoaded(instanceId);
    return instance;
  }

  notLoaded(instanceId: string): CjmError {
    const loaded = [...this.#instances.keys()];
    return new CjmError("CJM_CAPABILITY_NOT_LOADED", `Capability not loaded: ${instanceId}.`, {
      hint: loaded.length === 0 ? "Nothing is loaded." : `Loaded are ${loaded.join(", ")}.`,
      details: { instanceId, loaded },
    });
  }

  /**
   * The id that a load is for.
   * @throws CjmError CJM_INSTANCE_ID_INVALID for one that cannot be an id, or that another capability has
   */
  idFor(capabilityName: string, { instanceId, newInstance = false }: LoadOptions): string {
    if (instanceId === undefined) return newInstance ? this.#generateId(capabilityName) : capabilityName;
    if (!isInstanceId(instanceId)) {
      throw new CjmError("CJM_INSTANCE_ID_INVALID", `'${instanceId}' cannot be an instance id.`, {
        hint: "Use 1 to 64 letters, digits, _ and -.",
      });
    }
    return instanceId;
  }

  /** The instance of that id, or the one that `load` makes; concurrent callers share one load. */
  async loadOnce(instanceId: string, capabilityName: string, load: () => Promise<WorkerInstance>): Promise<WorkerInstance> {
    const loaded = this.#instances.get(instanceId);
    if (loaded !== undefined) return ofCapability(loaded, capabilityName);
    let loading = this.#loading.get(instanceId);
    if (loading === undefined) {
      loading = load()
        .then((instance) => {
          this.#instances.set(instanceId, instance);
          return instance;
        })
        .finally(() => this.#loading.delete(instanceId));
      this.#loading.set(instanceId, loading);
    }
    return ofCapability(await loading, capabilityName);
  }

  remove(instanceId: string): WorkerInstance | null {
    const instance = this.find(instanceId);
    this.#instances.delete(instanceId);
    return instance;
  }

  /** The same for every load of an id, so that failed loads in a row are held back too. */
  crashGuard(instanceId: string): CrashGuard {
    let guard = this.#guards.get(instanceId);
    if (guard === undefined) {
      guard = new CrashGuard(this.#clock);
      this.#guards.set(instanceId, guard);
    }
    return guard;
  }

  /** Resolves when nothing is being loaded. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#loading.values());
  }

  #generateId(capabilityName: string): string {
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const id = `${capabilityName}-${randomBytes(3).toString("hex")}`;
      if (!this.#instances.has(id) && !this.#loading.has(id)) return id;
    }
    throw new CjmError("CJM_INTERNAL", `No id is free for another instance of ${capabilityName}.`);
  }
}

function ofCapability(instance: WorkerInstance, capabilityName: string): WorkerInstance {
  const { instanceId, manifest } = instance.spec;
  if (manifest.code.name === capabilityName) return instance;
  throw new CjmError("CJM_INSTANCE_ID_INVALID", `The id '${instanceId}' belongs to an instance of ${manifest.code.name}.`, {
    hint: "Choose another id, or unload that instance first.",
    details: { instanceId, capabilityName: manifest.code.name },
  });
}
