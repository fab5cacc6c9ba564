import { isJsonObject } from "@cjm/core/plain";
import { asciiJson } from "./accounts-header.ts";

/** Response header of a unary call that carries what the call used: a JSON object of unit and amount, such as `{"pages":3}`. */
export const USAGE_HEADER = "x-cjm-usage";

/** What a call used, unit by unit. */
export type CallUsage = Readonly<Record<string, number>>;

/** ASCII-only JSON of what a call used, or null when nothing was reported. Amounts that are no finite numbers are left out. */
export function encodeUsage(usage: CallUsage | null): string | null {
  const finite = finiteAmounts(usage ?? {});
  return finite.length === 0 ? null : asciiJson(Object.fromEntries(finite));
}

/** What a header says, or null when it says nothing; anything that is no usage counts as nothing, since a call must not fail over it. */
export function decodeUsage(header: string | undefined): CallUsage | null {
  if (header === undefined || header === "") return null;
  try {
    const value: unknown = JSON.parse(header);
    const finite = isJsonObject(value) ? finiteAmounts(value) : [];
    return finite.length === 0 ? null : Object.fromEntries(finite);
  } catch {
    return null;
  }
}

function finiteAmounts(value: Readonly<Record<string, unknown>>): [string, number][] {
  return Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number" && Number.isFinite(entry[1]));
}
