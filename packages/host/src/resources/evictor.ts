import type { WorkerInstance } from "../instances/worker-instance.ts";
import { SerialQueue } from "../internal/serial-queue.ts";
import { type EvictableResource, evictionTargetMb, planEviction, type Resident } from "./eviction-plan.ts";

export interface MakeRoomRequest {
  readonly resource: EvictableResource;
  /** MiB; null: unknown, so everything idle goes. */
  readonly shortfallMb: number | null;
  /** Instances that stay. */
  readonly keep: Iterable<string>;
  /** Why, for the journal. */
  readonly reason: string;
}

export interface RoomMade {
  /** What the ended workers held, MiB, as measured before. */
  readonly freedMb: number;
  readonly evicted: readonly string[];
}

interface EvictorParts {
  readonly instances: () => readonly WorkerInstance[];
  /** The system monitor, which is what tells whether it helped. */
  readonly monitorId: () => string | null;
  readonly residentOf: (instance: WorkerInstance, resource: EvictableResource) => Resident;
  /** Brings what is measured of the machine up to date. */
  readonly measure: () => Promise<unknown>;
}

/** Ends idle workers to make room. Their instances stay loaded and start again with their next call. */
export class Evictor {
  readonly #parts: EvictorParts;
  /** Two who are short of the same room must not both end what would have been enough for one. */
  readonly #requests = new SerialQueue();

  constructor(parts: EvictorParts) {
    this.#parts = parts;
  }

  /** One after another, each only if it is still idle then, until enough is free. Nothing to free is no error. */
  makeRoom(request: MakeRoomRequest): Promise<RoomMade> {
    return this.#requests.run(() => this.#makeRoom(request));
  }

  async #makeRoom({ resource, shortfallMb, keep, reason }: MakeRoomRequest): Promise<RoomMade> {
    const { instances, monitorId, residentOf, measure } = this.#parts;
    await measure();
    const live = instances().filter((instance) => instance.live !== null);
    const monitor = monitorId();
    const residents = live.map((instance) => residentOf(instance, resource));
    const victims = planEviction({ residents, keep: new Set([...keep, ...(monitor === null ? [] : [monitor])]), shortfallMb });

    const evicted: string[] = [];
    let freedMb = 0;
    for (const { instanceId, footprintMb } of victims) {
      if (freedMb >= evictionTargetMb(shortfallMb)) break;
      const instance = live.find(({ spec }) => spec.instanceId === instanceId);
      if (instance === undefined || !(await endIfIdle(instance, reason))) continue;
      instance.record("instance_evicted", { resource, freed_mb: Math.round(footprintMb), reason });
      evicted.push(instanceId);
      freedMb += footprintMb;
    }
    if (evicted.length > 0) await measure();
    return { freedMb, evicted };
  }
}

/** False: a call came in meanwhile. */
async function endIfIdle(instance: WorkerInstance, reason: string): Promise<boolean> {
  const leave = instance.gate.tryEnterAlone();
  if (leave === null) return false;
  try {
    await instance.stop({ to: "cold", phase: "evicted", reason });
    return true;
  } finally {
    leave();
  }
}
