/** Something that must never be, was. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** Everything that happened before, in order. */
  trace: readonly string[] = [];
}

/** @throws Violation */
export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Violation(what());
}
