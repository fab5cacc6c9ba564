import type { Demand, Reservation } from "./admission-input.ts";
import { type Growth, grown, plateauOf } from "./plateau.ts";

type Taken = Omit<Reservation, "resident" | "plateau">;

/** What running jobs hold: a lane each, their reservations, the machine when one runs alone. */
export class ReservationLedger {
  readonly #reservations = new Map<string, { readonly taken: Taken; growth: Growth | null }>();

  get lanesInUse(): number {
    return this.#reservations.size;
  }

  take(taken: Taken): void {
    this.#reservations.set(taken.jobId, { taken, growth: null });
  }

  release(jobId: string): void {
    this.#reservations.delete(jobId);
  }

  instanceIds(): readonly string[] {
    return [...this.#reservations.values()].map(({ taken }) => taken.instanceId);
  }

  /** What runs, with what its workers hold now; a reservation gives way to the figure that its job levelled off at. */
  entries(residentOf: (instanceId: string) => Reservation["resident"], nowMs: number): readonly Reservation[] {
    const sharers = new Map<string, number>();
    for (const { taken } of this.#reservations.values()) sharers.set(taken.instanceId, (sharers.get(taken.instanceId) ?? 0) + 1);
    return [...this.#reservations.values()].map((entry) => {
      const { taken } = entry;
      const resident = residentOf(taken.instanceId);
      // Several jobs on one worker: nobody knows which of them holds what.
      const alone = sharers.get(taken.instanceId) === 1;
      entry.growth = alone ? grown(entry.growth, resident, nowMs) : null;
      const plateau: Demand | null = plateauOf(entry.growth, taken, nowMs);
      return { ...taken, resident, plateau };
    });
  }
}
