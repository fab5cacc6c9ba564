import { describe, expect, test } from "vitest";
import { type Card, CardInventory } from "../src/card-inventory.ts";
import { GraphicsCards, gpusOfCards } from "../src/graphics-cards.ts";

const card = (vendor: string, model: string, vram: number | null = null, vramDynamic = false): Card => ({
  vendor,
  model,
  vram,
  vramDynamic,
});

describe("cards that count", () => {
  test.each<[string, Card, object]>([
    ["Apple silicon", card("Apple", "Apple M2 Pro", null, true), { vendor: "Apple", totalMb: null, unifiedMemory: true }],
    ["Apple, as the system calls it", card("sppci_vendor_Apple", "Apple M1"), { vendor: "Apple", totalMb: null, unifiedMemory: true }],
    ["AMD in a Mac", card("sppci_vendor_amd", "Radeon Pro 5500M", 8192), { vendor: "AMD", totalMb: 8192, unifiedMemory: false }],
    ["AMD on Windows", card("Advanced Micro Devices, Inc.", "RX 7900", 24560), { vendor: "AMD", name: "RX 7900", totalMb: 24560 }],
    ["AMD within a processor", card("Advanced Micro Devices, Inc.", "780M", 512, true), { totalMb: null, unifiedMemory: true }],
    ["an unknown size", card("AMD", "", 0), { vendor: "AMD", name: "AMD GPU", totalMb: null }],
  ])("%s", (_, given, gpu) => {
    expect(gpusOfCards([given])).toMatchObject([{ index: 0, uuid: null, freeMb: null, usedMb: null, loadPercent: null, ...gpu }]);
  });

  test.each([
    card("Intel Corporation", "UHD Graphics"),
    card("VMware", "SVGA II Adapter"),
    card("ASPEED Technology, Inc.", "ASPEED Graphics Family", 64),
    card("Microsoft Corporation", "Hyper-V virtual VGA"),
    card("NVIDIA Corporation", "AD102", 24564),
    card("", ""),
  ])("not $vendor $model", (given) => {
    expect(gpusOfCards([given])).toEqual([]);
  });

  test("are numbered in order", () => {
    const gpus = gpusOfCards([card("AMD", "one"), card("Intel", "none"), card("AMD", "two")]);
    expect(gpus.map(({ index, name }) => [index, name])).toEqual([
      [0, "one"],
      [1, "two"],
    ]);
  });
});

describe("asking for cards", () => {
  test("happens once, however often and at the same time", async () => {
    let asked = 0;
    const source = new GraphicsCards(
      new CardInventory(async () => {
        asked += 1;
        return { controllers: [card("Apple", "Apple M3")] };
      }),
    );
    await Promise.all([source.gpus(), source.gpus()]);
    await expect(source.gpus()).resolves.toMatchObject({ kind: "answer", value: [{ name: "Apple M3" }] });
    await expect(source.processes()).resolves.toEqual({ kind: "absent" });
    expect(asked).toBe(1);
  });

  test.each([
    ["a system that it does not know", async () => null],
    ["a failure", () => Promise.reject(new Error("no such program"))],
    ["no card that counts", async () => ({ controllers: [card("Intel", "UHD")] })],
  ])("%s is no GPU", async (_, ask) => {
    await expect(new GraphicsCards(new CardInventory(ask)).gpus()).resolves.toEqual({ kind: "absent" });
  });
});
