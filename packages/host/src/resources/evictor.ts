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

/** An idle worker that could be ended. */
export interface EvictableWorker {
  readonly instanceId: string;
  /** What that would free, MiB. */
  readonly holdsMb: number;
  /** What starting it took the last time. */
  readonly reloadMs: number | null;
}

interface EvictorParts {
  readonly instances: () => readonly WorkerInstance[];
  /** The system monitor, which is what tells whether it helped. */
  readonly monitorId: () => string | null;
  /** With what its worker holds now, or held when it was last measured. */
  readonly residentOf: (instance: WorkerInstance, resource: EvictableResource, asOf: "now" | "last") => Resident;
  /** Brings what is measured of the machine up to date. */
  readonly measure: () => Promise<unknown>;
}

interface PlannedVictim {
  readonly instance: WorkerInstance;
  readonly footprintMb: number;
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

  /** Idle workers that could be ended, the largest first, by the last measurements. */
  evictable(resource: EvictableResource): readonly EvictableWorker[] {
    return this.#plan({ resource, shortfallMb: null, keep: [] }, "last").map(({ instance, footprintMb }) => {
      return { instanceId: instance.spec.instanceId, holdsMb: footprintMb, reloadMs: instance.startMs };
    });
  }

  /** Whom to end, in order. */
  #plan({ resource, shortfallMb, keep }: Omit<MakeRoomRequest, "reason">, asOf: "now" | "last"): readonly PlannedVictim[] {
    const { instances, monitorId, residentOf } = this.#parts;
    const live = new Map(
      instances().flatMap((instance) => (instance.live === null ? [] : [[instance.spec.instanceId, instance] as const])),
    );
    const monitor = monitorId();
    const residents = [...live.values()].map((instance) => residentOf(instance, resource, asOf));
    const victims = planEviction({ residents, keep: new Set([...keep, ...(monitor === null ? [] : [monitor])]), shortfallMb });
    return victims.flatMap(({ instanceId, footprintMb }) => {
      const instance = live.get(instanceId);
      return instance === undefined ? [] : [{ instance, footprintMb }];
    });
  }

  async #makeRoom({ resource, shortfallMb, keep, reason }: MakeRoomRequest): Promise<RoomMade> {
    const { measure } = this.#parts;
    await measure();
    const evicted: string[] = [];
    let freedMb = 0;
    for (const { instance, footprintMb } of this.#plan({ resource, shortfallMb, keep }, "now")) {
      if (freedMb >= evictionTargetMb(shortfallMb)) break;
      if (!(await endIfIdle(instance, reason))) continue;
      instance.record("instance_evicted", { resource, freed_mb: Math.round(footprintMb), reason });
      evicted.push(instance.spec.instanceId);
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
