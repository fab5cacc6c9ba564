export type EvictableResource = "gpu" | "memory";

/** A loaded instance as the plan sees it. */
export interface Resident {
  readonly instanceId: string;
  /** No call runs on it and none waits for it. */
  readonly idle: boolean;
  /** What its worker holds now, MiB; null: not measured. */
  readonly liveMb: number | null;
  /** What runs of it took at most, as measured before; stands in where nobody measures now. */
  readonly profiledMb: number | null;
}

export interface EvictionRequest {
  readonly residents: readonly Resident[];
  /** The instance that is served, those that waiting jobs want, and the system monitor. */
  readonly keep: ReadonlySet<string>;
  /** How much is missing, MiB; null: unknown, so everything idle goes. */
  readonly shortfallMb: number | null;
}

export interface Victim {
  readonly instanceId: string;
  /** What its end should free, MiB. */
  readonly footprintMb: number;
}

/** A worker that holds less is hollow: ending it costs a start and gains nothing. */
const HOLLOW_MB = 64;
/** Room is made for a quarter more than is missing: what is freed comes back in pieces. */
const MARGIN = 1.25;

/** Idle instances to end, the largest first, as many as the shortfall with its margin takes. */
export function planEviction({ residents, keep, shortfallMb }: EvictionRequest): readonly Victim[] {
  const targetMb = evictionTargetMb(shortfallMb);
  const candidates = residents
    .filter(({ instanceId, idle }) => idle && !keep.has(instanceId))
    .map(({ instanceId, liveMb, profiledMb }) => ({ instanceId, footprintMb: liveMb ?? profiledMb ?? 0 }))
    .filter(({ footprintMb }) => footprintMb >= HOLLOW_MB)
    .sort((a, b) => b.footprintMb - a.footprintMb);
  const victims: Victim[] = [];
  let freedMb = 0;
  for (const candidate of candidates) {
    if (freedMb >= targetMb) break;
    victims.push(candidate);
    freedMb += candidate.footprintMb;
  }
  return victims;
}

/** What is to be freed for a shortfall, MiB; infinite for an unknown one. */
export function evictionTargetMb(shortfallMb: number | null): number {
  return shortfallMb === null ? Number.POSITIVE_INFINITY : Math.max(MARGIN * shortfallMb, 1);
}

/**
 * What a failed call was short of, MiB: by the measured peak of its successful runs with the margin already in mind, or by
 * what it reported. Null: nobody knows.
 */
export function shortfallOf(failure: {
  readonly peakMb: number | null;
  readonly needed: number | null;
  readonly available: number | null;
}): number | null {
  const { peakMb, needed, available } = failure;
  if (peakMb === null || peakMb <= 0) return null;
  return Math.max(peakMb - (available ?? 0) / MARGIN, (needed ?? 0) / MARGIN);
}
