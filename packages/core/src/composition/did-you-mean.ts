/** ` Did you mean 'x'?` for the known name nearest to what was written, or an empty text when none is near. */
export function didYouMean(written: string, known: Iterable<string>): string {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - written.length) > bestDistance + MAX_SEPARATORS) continue;
    const distance = editDistance(normalised(written), normalised(name));
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best === null ? "" : ` Did you mean '${best}'?`;
}

/** Characters that `normalised` may take away from a name that people write. */
const MAX_SEPARATORS = 4;

/** `forEach`, `for-each` and `for_each` are the same slip of the pen. */
function normalised(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

/** Letters to add, drop, replace or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = isSwap ? (beforePrevious[column - 2] ?? Number.POSITIVE_INFINITY) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(substitution, swap, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The same for many slips in one document. A search costs as much as there are names, so there are no more once some are found. */
export class Suggestions {
  #left = 100_000;

  like(written: string, known: Iterable<string>): string {
    return didYouMean(written, this.#counted(known));
  }

  *#counted(names: Iterable<string>): Generator<string> {
    for (const name of names) {
      if (this.#left === 0) return;
      this.#left -= 1;
      yield name;
    }
  }
}
