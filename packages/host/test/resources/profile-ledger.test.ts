import { foldSample, type ProfileKey, type ResourceProfile, type ResourceSample } from "@cjm/core";
import { ManualClock } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import type { ProfileStore } from "../../src/host-ports.ts";
import { ProfileLedger } from "../../src/resources/profile-ledger.ts";

const KEY: ProfileKey = { instanceId: "tool", capabilityName: "tool", configHash: "h" };
const sample = (memoryPeakMb: number, success = true): ResourceSample => ({
  cpuPercent: 0,
  memoryPeakMb,
  gpuMemoryPeakMb: null,
  durationMs: 1,
  success,
  observedAt: 0,
  usage: {},
});

class MemoryProfiles implements ProfileStore {
  profile: ResourceProfile | null = null;
  readonly asked: string[] = [];

  get(): ResourceProfile | null {
    this.asked.push("get");
    return this.profile;
  }

  record(key: ProfileKey, one: ResourceSample): ResourceProfile {
    this.asked.push("record");
    this.profile = foldSample(this.profile, key, one);
    return this.profile;
  }

  recordAll(key: ProfileKey, samples: readonly ResourceSample[]): void {
    this.asked.push(`recordAll ${samples.length}`);
    for (const one of samples) this.profile = foldSample(this.profile, key, one);
  }
}

describe("a ledger of profiles", () => {
  test("counts what is measured at once, and writes it together a second later", () => {
    const [store, clock] = [new MemoryProfiles(), new ManualClock()];
    const ledger = new ProfileLedger(store, clock);
    expect(ledger.get("tool", "h")).toBeNull();
    for (const peak of [100, 300, 200]) ledger.record(KEY, sample(peak));
    expect(ledger.get("tool", "h")).toMatchObject({ sampleCount: 3, sizes: { memoryMb: 300, gpuMb: null } });
    clock.advance(999);
    expect(store.asked).toEqual(["get", "get"]);
    clock.advance(1);
    expect(store.asked).toEqual(["get", "get", "recordAll 3"]);
    expect(ledger.get("tool", "h")).toEqual(store.profile);
  });

  test("loses nothing that another host wrote meanwhile", () => {
    const [store, clock] = [new MemoryProfiles(), new ManualClock()];
    const ledger = new ProfileLedger(store, clock);
    ledger.record(KEY, sample(100));
    store.record(KEY, sample(900));
    clock.advance(1_000);
    expect(ledger.get("tool", "h")).toMatchObject({ sampleCount: 2, sizes: { memoryMb: 900 } });
  });

  test("writes what waits when it is closed", () => {
    const store = new MemoryProfiles();
    const ledger = new ProfileLedger(store, new ManualClock());
    ledger.record(KEY, sample(100));
    ledger[Symbol.dispose]();
    ledger[Symbol.dispose]();
    expect(store.asked.filter((what) => what.startsWith("record"))).toEqual(["recordAll 1"]);
  });

  test("keeps instances and configurations apart", () => {
    const ledger = new ProfileLedger(new MemoryProfiles(), new ManualClock());
    ledger.record(KEY, sample(100));
    ledger.record({ ...KEY, configHash: "other" }, sample(1, false));
    expect(ledger.get("tool", "h")?.sampleCount).toBe(1);
    expect(ledger.get("tool", "other")).toMatchObject({ sampleCount: 1, successCount: 0, sizes: { memoryMb: null } });
  });

  test("a store that cannot write many gets them one by one; one that fails fails nobody", () => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const single: ProfileStore = {
      get: () => {
        throw new Error("database is locked");
      },
      record: () => {
        asked.push("record");
        throw new Error("database is locked");
      },
    };
    const ledger = new ProfileLedger(single, clock);
    ledger.record(KEY, sample(1));
    ledger.record(KEY, sample(2));
    clock.advance(1_000);
    expect(asked).toEqual(["record"]);
  });

  describe("while another process holds the store", () => {
    const BUSY = new Error("database is locked");

    class BusyProfiles extends MemoryProfiles {
      free = false;
      readonly isBusy = (error: unknown): boolean => error === BUSY;

      override recordAll(key: ProfileKey, samples: readonly ResourceSample[]): void {
        if (!this.free) this.asked.push("refused");
        if (!this.free) throw BUSY;
        super.recordAll(key, samples);
      }
    }

    test("what was measured counts, and is written later, once", () => {
      const [store, clock] = [new BusyProfiles(), new ManualClock()];
      const ledger = new ProfileLedger(store, clock);
      ledger.record(KEY, sample(100));
      clock.advance(1_000);
      ledger.record(KEY, sample(300));
      expect(ledger.get("tool", "h")).toMatchObject({ sampleCount: 2, sizes: { memoryMb: 300 } });
      store.free = true;
      clock.advance(10_000);
      expect(store.asked).toEqual(["get", "refused", "recordAll 2"]);
    });

    test("a close tries for a while, and then leaves it", () => {
      const [store, clock] = [new BusyProfiles(), new ManualClock()];
      const ledger = new ProfileLedger(store, clock);
      ledger.record(KEY, sample(100));
      ledger[Symbol.dispose]();
      expect(store.asked).toEqual(["get", ...Array.from({ length: 20 }, () => "refused")]);
      clock.advance(10_000);
      expect(store.asked).toHaveLength(21);
    });

    test("one by one, none is written twice", () => {
      const clock = new ManualClock();
      let free = 2;
      const written: number[] = [];
      const single: ProfileStore = {
        get: () => null,
        record: (key, one) => {
          if (free-- <= 0) throw BUSY;
          written.push(one.memoryPeakMb);
          return foldSample(null, key, one);
        },
        isBusy: (error) => error === BUSY,
      };
      const ledger = new ProfileLedger(single, clock);
      for (const peak of [1, 2, 3, 4]) ledger.record(KEY, sample(peak));
      clock.advance(1_000);
      free = 9;
      clock.advance(1_000);
      expect(written).toEqual([1, 2, 3, 4]);
    });
  });

  test("without a store nothing is known", () => {
    const ledger = new ProfileLedger(null, new ManualClock());
    ledger.record(KEY, sample(1));
    expect(ledger.get("tool", "h")).toBeNull();
  });
});
