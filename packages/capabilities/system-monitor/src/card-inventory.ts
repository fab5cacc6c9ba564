import { graphics, type Systeminformation } from "systeminformation";

export type Card = Pick<Systeminformation.GraphicsControllerData, "vendor" | "model" | "vram" | "vramDynamic" | "busAddress">;

/**
 * Graphics cards as systeminformation lists them. It starts several programs for that and tells nothing that changes, so it
 * is asked once, and only where something hints at a card.
 */
export class CardInventory {
  readonly #ask: () => Promise<{ readonly controllers: readonly Card[] } | null>;
  #cards: Promise<readonly Card[]> | null = null;

  constructor(ask: () => Promise<{ readonly controllers: readonly Card[] } | null> = graphics) {
    this.#ask = ask;
  }

  /** None when it cannot tell. */
  cards(): Promise<readonly Card[]> {
    this.#cards ??= this.#ask().then(
      (data) => data?.controllers ?? [],
      () => [],
    );
    return this.#cards;
  }
}
