import { isJsonObject } from "../json.ts";
import type { CompositionFault } from "./compiled-value.ts";

/** Levels of objects and lists in a document: far more than anybody writes, and few enough for whatever walks down. */
const MAX_LEVELS = 200;
/** Objects and lists in all. */
const MAX_PARTS = 20_000_000;

/** What makes a document impossible to walk through: a part that contains itself, or one that is nested without end. */
export function nestingFault(document: unknown): CompositionFault | null {
  const open: object[] = [];
  const levels: number[] = [];
  // A composition that is used in many places is walked through once for each level on which it stands.
  const seen = new Map<object, number>();
  let left = MAX_PARTS;
  const visit = (value: unknown, level: number): void => {
    if (typeof value !== "object" || value === null) return;
    open.push(value);
    levels.push(level);
  };
  visit(document, 0);
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const level = levels.pop() ?? 0;
    left -= 1;
    if (left === 0) return { field: [], message: `has more than ${MAX_PARTS.toLocaleString("en")} parts` };
    if (level > MAX_LEVELS) return deepFault(document);
    if (Array.isArray(value)) {
      for (const part of value as readonly unknown[]) visit(part, level + 1);
      continue;
    }
    if (isComposition(value)) {
      if ((seen.get(value) ?? -1) >= level) continue;
      seen.set(value, level);
    }
    for (const key in value) visit((value as Readonly<Record<string, unknown>>)[key], level + 1);
  }
  return null;
}

interface Place {
  readonly value: object;
  readonly key: string | number;
  readonly level: number;
  readonly above: Place | null;
}

/** Walks down a document that is nested too deep, and says where. */
function deepFault(document: unknown): CompositionFault {
  const levels = new Map<object, number>();
  const open: Place[] = [];
  const visit = (value: unknown, key: string | number, above: Place | null): void => {
    if (typeof value !== "object" || value === null) return;
    const level = above === null ? 0 : above.level + 1;
    if ((levels.get(value) ?? -1) >= level) return;
    levels.set(value, level);
    open.push({ value, key, level, above });
  };
  visit(document, "", null);
  let place = open.pop();
  for (; place !== undefined && place.level <= MAX_LEVELS; place = open.pop()) {
    for (const [key, part] of Array.isArray(place.value) ? place.value.entries() : Object.entries(place.value)) visit(part, key, place);
  }
  const way: Place[] = [];
  for (let step = place ?? null; step !== null; step = step.above) way.push(step);
  return (
    repeatFault(way.toReversed()) ?? {
      field: way
        .toReversed()
        .slice(1, 7)
        .map(({ key }) => key),
      message: `is nested deeper than ${MAX_LEVELS} levels`,
    }
  );
}

/** On a way down from the document: the first part that stands inside itself. */
function repeatFault(way: readonly Place[]): CompositionFault | null {
  const places = new Map<object, number>();
  for (const [index, { value }] of way.entries()) {
    const first = places.get(value);
    if (first !== undefined) {
      const callers = way.slice(first, index + 1).filter((place) => isComposition(place.value));
      const path = callers.map((place) => nameOf(place.value)).join(" -> ");
      const message = callers.length === 0 ? "contains itself" : `a composition must not run itself: ${path}`;
      return { field: way.slice(1, index + 1).map(({ key }) => key), message };
    }
    places.set(value, index);
  }
  return null;
}

function isComposition(value: object): boolean {
  return "nodes" in value;
}

function nameOf(value: object): string {
  return isJsonObject(value) && typeof value["name"] === "string" ? value["name"] : "one without a name";
}
