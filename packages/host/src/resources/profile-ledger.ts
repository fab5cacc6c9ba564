import { type Clock, foldSample, type ProfileKey, type ResourceProfile, type ResourceSample } from "@cjm/core";
import type { ProfileStore } from "../host-ports.ts";

/** What was measured of one instance and configuration, and is not written yet. */
interface Unwritten {
  readonly key: ProfileKey;
  readonly samples: ResourceSample[];
  /** With the samples folded in. */
  profile: ResourceProfile;
}

const WRITE_MS = 1_000;
const ATTEMPTS_AT_CLOSE = 20;

/**
 * Profiles as the last samples leave them. What is measured counts at once and is written behind, many samples in one
 * transaction: a store on disk costs more than a short call. A host that is killed loses the last second's samples.
 */
export class ProfileLedger implements Disposable {
  readonly #store: ProfileStore | null;
  readonly #clock: Clock;
  readonly #unwritten = new Map<string, Unwritten>();
  #stopTimer: (() => void) | null = null;

  /** @param store null: nothing is measured or known */
  constructor(store: ProfileStore | null, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Null: it never ran. @throws CjmError CJM_STORE_FAILED */
  get(instanceId: string, configHash: string): ResourceProfile | null {
    return this.#unwritten.get(nameOf({ instanceId, configHash }))?.profile ?? this.#store?.get(instanceId, configHash) ?? null;
  }

  /** Never throws: a profile is an estimate, and losing a sample must not fail the call that was measured. */
  record(key: ProfileKey, sample: ResourceSample): void {
    if (this.#store === null) return;
    const unwritten = this.#unwritten.get(nameOf(key));
    if (unwritten !== undefined) {
      unwritten.samples.push(sample);
      unwritten.profile = foldSample(unwritten.profile, key, sample);
      return;
    }
    const profile = foldSample(
      quietly(() => this.get(key.instanceId, key.configHash)),
      key,
      sample,
    );
    this.#unwritten.set(nameOf(key), { key, samples: [sample], profile });
    this.#stopTimer ??= this.#clock.schedule(WRITE_MS, () => this.flush());
  }

  /** Writes what waits. While another process holds the store, that waits for the next time. */
  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    for (const [name, { key, samples }] of this.#unwritten) {
      if (this.#write(key, samples)) this.#unwritten.delete(name);
      else this.#stopTimer ??= this.#clock.schedule(WRITE_MS, () => this.flush());
    }
  }

  [Symbol.dispose](): void {
    let attempts = 0;
    do {
      this.flush();
      attempts += 1;
    } while (this.#unwritten.size > 0 && attempts < ATTEMPTS_AT_CLOSE);
    this.#stopTimer?.();
  }

  /** Two hosts fold into the same row: samples are handed on, never the profile that this one knows. @returns false: it is worth trying again */
  #write(key: ProfileKey, samples: ResourceSample[]): boolean {
    const store = this.#store;
    try {
      if (store?.recordAll !== undefined) store.recordAll(key, samples);
      else
        for (let [sample] = samples; sample !== undefined; [sample] = samples) {
          store?.record(key, sample);
          samples.shift();
        }
      return true;
    } catch (error) {
      return store?.isBusy?.(error) !== true;
    }
  }
}

function nameOf({ instanceId, configHash }: Pick<ProfileKey, "instanceId" | "configHash">): string {
  return `${instanceId} ${configHash}`;
}

function quietly<T>(use: () => T): T | null {
  try {
    return use();
  } catch {
    return null;
  }
}
