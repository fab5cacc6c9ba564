import { isJsonObject } from "../json.ts";
import type { CompositionFault } from "./compiled-value.ts";

/** Levels of objects and lists in a document: far more than anybody writes, and few enough for whatever walks down. */
const MAX_LEVELS = 200;

interface Place {
  readonly value: object;
  readonly key: string | number;
  readonly level: number;
  readonly above: Place | null;
}

/** What makes a document impossible to walk through: a part that contains itself, or one that is nested without end. */
export function nestingFault(document: unknown): CompositionFault | null {
  const levels = new Map<object, number>();
  const open: Place[] = [];
  const visit = (value: unknown, key: string | number, above: Place | null): void => {
    if (typeof value !== "object" || value === null) return;
    const level = above === null ? 0 : above.level + 1;
    // What is used twice is walked through again only where it lies deeper than before.
    if ((levels.get(value) ?? -1) >= level) return;
    levels.set(value, level);
    open.push({ value, key, level, above });
  };
  visit(document, "", null);
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (place.level > MAX_LEVELS) return faultAt(place);
    for (const [key, part] of Array.isArray(place.value) ? place.value.entries() : Object.entries(place.value)) visit(part, key, place);
  }
  return null;
}

function faultAt(deepest: Place): CompositionFault {
  const way: Place[] = [];
  for (let place: Place | null = deepest; place !== null; place = place.above) way.push(place);
  way.reverse();
  const places = new Map<object, number>();
  for (const [index, { value }] of way.entries()) {
    const first = places.get(value);
    if (first !== undefined) {
      const callers = way.slice(first, index + 1).filter((place) => isComposition(place.value));
      const message =
        callers.length === 0
          ? "contains itself"
          : `a composition must not run itself: ${callers.map(({ value: it }) => nameOf(it)).join(" -> ")}`;
      return { field: way.slice(1, index + 1).map(({ key }) => key), message };
    }
    places.set(value, index);
  }
  return { field: way.slice(1, 7).map(({ key }) => key), message: `is nested deeper than ${MAX_LEVELS} levels` };
}

function isComposition(value: object): boolean {
  return isJsonObject(value) && "nodes" in value;
}

function nameOf(value: object): string {
  return isJsonObject(value) && typeof value["name"] === "string" ? value["name"] : "one without a name";
}
