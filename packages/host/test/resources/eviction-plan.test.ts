import { describe, expect, test } from "vitest";
import { evictionTargetMb, planEviction, type Resident, shortfallOf } from "../../src/resources/eviction-plan.ts";

const resident = (instanceId: string, profiledMb: number | null, more: Partial<Resident> = {}): Resident => ({
  instanceId,
  idle: true,
  liveMb: null,
  profiledMb,
  ...more,
});
const NEEDY = resident("needy", 3072);
const CROWD = [
  resident("a", 9912),
  resident("b", 9912),
  resident("small", 1992),
  resident("cpu", 0),
  resident("busy", 9506, { idle: false }),
  NEEDY,
];
const keep = (...ids: string[]): ReadonlySet<string> => new Set(ids);
const idsOf = (request: Parameters<typeof planEviction>[0]): readonly string[] => planEviction(request).map(({ instanceId }) => instanceId);

describe("who is ended", () => {
  test("one large idle one is enough for a known peak: 27", () => {
    const shortfallMb = shortfallOf({ peakMb: 3072, needed: null, available: null });
    expect(planEviction({ residents: CROWD, keep: keep("needy"), shortfallMb })).toEqual([{ instanceId: "a", footprintMb: 9912 }]);
  });

  test("everything idle that holds something, where nobody knows how much is missing: 28", () => {
    for (const peakMb of [null, 0]) {
      const shortfallMb = shortfallOf({ peakMb, needed: 5000, available: 100 });
      expect(shortfallMb).toBeNull();
      expect(idsOf({ residents: CROWD, keep: keep("needy"), shortfallMb })).toEqual(["a", "b", "small"]);
    }
  });

  test("whoever is kept stays; then the other goes, or nobody: 29", () => {
    const residents = [resident("a", 9912), resident("b", 9912)];
    expect(planEviction({ residents, keep: keep("a"), shortfallMb: 3000 })).toEqual([{ instanceId: "b", footprintMb: 9912 }]);
    expect(planEviction({ residents, keep: keep("a", "b"), shortfallMb: 3000 })).toEqual([]);
  });

  test("what is measured now is believed over what was measured before: 30", () => {
    const residents = [
      resident("hollow", 9912, { liveMb: 0 }),
      resident("large", null, { liveMb: 9506 }),
      resident("middle", 9912, { liveMb: 4902 }),
    ];
    expect(planEviction({ residents, keep: keep(), shortfallMb: 3000 })).toEqual([{ instanceId: "large", footprintMb: 9506 }]);
  });

  test.each([
    [63.9, []],
    [64, ["it"]],
  ])("one that holds %d MB", (liveMb, ids) => {
    expect(idsOf({ residents: [resident("it", null, { liveMb })], keep: keep(), shortfallMb: null })).toEqual(ids);
  });

  test("the largest first, equals in their order, until there is a quarter more than is missing", () => {
    const residents = [resident("a", 1000), resident("b", 3000), resident("c", 1000), resident("d", 2000)];
    expect(idsOf({ residents, keep: keep(), shortfallMb: 4000 })).toEqual(["b", "d"]);
    expect(idsOf({ residents, keep: keep(), shortfallMb: 4001 })).toEqual(["b", "d", "a"]);
    expect(idsOf({ residents, keep: keep(), shortfallMb: 0 })).toEqual(["b"]);
  });
});

describe("how much is missing", () => {
  test.each([
    [{ peakMb: 4000, needed: null, available: null }, 5000],
    [{ peakMb: 4000, needed: null, available: 1000 }, 4000],
    [{ peakMb: 1000, needed: 6000, available: 0 }, 6000],
    [{ peakMb: 1, needed: null, available: 9000 }, 1],
    [{ peakMb: null, needed: 6000, available: 0 }, Number.POSITIVE_INFINITY],
  ])("%j frees %d MB: the peak with its margin less what is free, or what was asked for", (failure, targetMb) => {
    expect(evictionTargetMb(shortfallOf(failure))).toBeCloseTo(targetMb, 9);
  });
});
