import { randomBytes } from "node:crypto";
import { CjmError, isInstanceId } from "@cjm/core";
import { abortable } from "../internal/abortable.ts";
import { SharedWork } from "../internal/shared-work.ts";
import type { LoadOptions } from "../manager-options.ts";
import type { WorkerInstance } from "./worker-instance.ts";

const ID_ATTEMPTS = 16;

/**
 * The instances of one host by id, with those that come and those that go: each id is loaded once, whoever asks and how
 * often, and not before what had that id is gone.
 */
export class InstanceRegistry {
  readonly #instances = new Map<string, WorkerInstance>();
  readonly #loading = new Map<string, SharedWork<WorkerInstance>>();
  readonly #leaving = new Map<string, Promise<void>>();
  #closed = false;

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

  /** For whoever waited: the instance may have been unloaded meanwhile. @throws CjmError CJM_CAPABILITY_NOT_LOADED */
  assertLoaded(instance: WorkerInstance): void {
    const { instanceId } = instance.spec;
    if (this.#instances.get(instanceId) !== instance) throw this.notLoaded(instanceId);
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
   * @throws CjmError CJM_INSTANCE_ID_INVALID for one that cannot be an id
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

  /**
   * The instance of that id, or the one that `load` makes; concurrent callers share one load, which is given up when the
   * last of them gives up.
   * @throws CjmError CJM_INSTANCE_ID_INVALID when another capability has that id, CJM_CAPABILITY_NOT_LOADED after `close`
   */
  async loadOnce(
    instanceId: string,
    capabilityName: string,
    load: (signal: AbortSignal) => Promise<WorkerInstance>,
    signal?: AbortSignal,
  ): Promise<WorkerInstance> {
    for (let going = this.#goingFrom(instanceId); going !== null; going = this.#goingFrom(instanceId)) await abortable(going, signal);
    if (this.#closed) throw hostClosed(instanceId);
    const loaded = this.#instances.get(instanceId);
    if (loaded !== undefined) return ofCapability(loaded, capabilityName);
    signal?.throwIfAborted();
    const loading = this.#loading.get(instanceId) ?? this.#begin(instanceId, load);
    return ofCapability(await loading.join(signal), capabilityName);
  }

  /** Gives up a load that is under way; resolves when it has ended. Null: there is none. */
  abandonLoad(instanceId: string, reason: string): Promise<void> | null {
    const loading = this.#loading.get(instanceId);
    if (loading === undefined) return null;
    loading.abandon(new CjmError("CJM_CAPABILITY_NOT_LOADED", `${instanceId} was not loaded to its end: ${reason}.`));
    return loading.settled;
  }

  /** Takes an instance out at once, and keeps its id until `end` is over. Null: there is none. */
  async remove(instanceId: string, end: (instance: WorkerInstance) => Promise<void>): Promise<WorkerInstance | null> {
    const instance = this.find(instanceId);
    if (instance === null) return null;
    this.#instances.delete(instanceId);
    const ended = end(instance);
    const leaving = ended.then(
      () => {},
      () => {},
    );
    this.#leaving.set(instanceId, leaving);
    void leaving.then(() => this.#leaving.delete(instanceId));
    await ended;
    return instance;
  }

  /** Refuses loads from now on, gives up those under way, and resolves with the ids of what is loaded, the last first. */
  async close(reason: string): Promise<readonly string[]> {
    this.#closed = true;
    const loads = [...this.#loading.keys()].flatMap((instanceId) => this.abandonLoad(instanceId, reason) ?? []);
    await Promise.all([...loads, ...this.#leaving.values()]);
    return [...this.#instances.keys()].reverse();
  }

  /** What has to be over before that id can be loaded. */
  #goingFrom(instanceId: string): Promise<void> | null {
    const loading = this.#loading.get(instanceId);
    return this.#leaving.get(instanceId) ?? (loading?.abandoned === true ? loading.settled : null);
  }

  #begin(instanceId: string, load: (signal: AbortSignal) => Promise<WorkerInstance>): SharedWork<WorkerInstance> {
    const loading = new SharedWork(async (signal) => {
      try {
        const instance = await load(signal);
        this.#instances.set(instanceId, instance);
        return instance;
      } finally {
        this.#loading.delete(instanceId);
      }
    });
    this.#loading.set(instanceId, loading);
    return loading;
  }

  #generateId(capabilityName: string): string {
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const id = `${capabilityName}-${randomBytes(3).toString("hex")}`;
      if (!this.#instances.has(id) && !this.#loading.has(id) && !this.#leaving.has(id)) return id;
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

function hostClosed(instanceId: string): CjmError {
  return new CjmError("CJM_CAPABILITY_NOT_LOADED", `${instanceId} cannot be loaded: its host is closed.`, { details: { instanceId } });
}
