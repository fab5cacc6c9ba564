import type { Reservation } from "./admission-input.ts";

/** What running jobs hold: a lane each, their reservations, the machine when one runs alone. */
export class ReservationLedger {
  readonly #reservations = new Map<string, Omit<Reservation, "resident">>();

  get lanesInUse(): number {
    return this.#reservations.size;
  }

  take(reservation: Omit<Reservation, "resident">): void {
    this.#reservations.set(reservation.jobId, reservation);
  }

  release(jobId: string): void {
    this.#reservations.delete(jobId);
  }

  entries(): readonly Omit<Reservation, "resident">[] {
    return [...this.#reservations.values()];
  }
}
