import type { Card, CardInventory } from "./card-inventory.ts";
import type { Answer, Gpu, GpuSource } from "./gpu-source.ts";

/** AMD and Apple devices on systems without `/sys`: which there are and how large, not how much of them is in use. */
export class GraphicsCards implements GpuSource {
  readonly name = "systeminformation";
  readonly #inventory: CardInventory;

  constructor(inventory: CardInventory) {
    this.#inventory = inventory;
  }

  async gpus(): Promise<Answer<readonly Gpu[]>> {
    const gpus = gpusOfCards(await this.#inventory.cards());
    return gpus.length === 0 ? { kind: "absent" } : { kind: "answer", value: gpus };
  }

  async processes(): Promise<{ readonly kind: "absent" }> {
    return { kind: "absent" };
  }

  async close(): Promise<void> {}
}

/** Cards that compute for programs; built-in ones of other vendors, and those of virtual machines, only draw. */
export function gpusOfCards(cards: readonly Card[]): readonly Gpu[] {
  return cards
    .map((card) => ({ card, vendor: vendorOf(card) }))
    .filter((entry): entry is { card: Card; vendor: "AMD" | "Apple" } => entry.vendor !== null)
    .map(({ card, vendor }, index) => {
      const unifiedMemory = vendor === "Apple" || card.vramDynamic;
      return {
        vendor,
        index,
        name: card.model || `${vendor} GPU`,
        uuid: null,
        totalMb: unifiedMemory ? null : card.vram || null,
        freeMb: null,
        usedMb: null,
        loadPercent: null,
        unifiedMemory,
      };
    });
}

function vendorOf({ vendor, model }: Card): "AMD" | "Apple" | null {
  const text = `${vendor} ${model}`.toLowerCase();
  if (/(^|[^a-z])(amd|ati)([^a-z]|$)|advanced micro devices|radeon/.test(text)) return "AMD";
  return /apple/.test(text) ? "Apple" : null;
}
