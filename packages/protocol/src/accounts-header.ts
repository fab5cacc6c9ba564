import { escapeNonAscii } from "@cjm/core/plain";
import type { Account } from "./decode-accounts.ts";

/** Response header of a unary call that carries what the worker recorded during it. */
export const ACCOUNTS_HEADER = "x-cjm-accounts";

/** Clients of the original fail on headers somewhere above 60 KB; ours stay below that by a margin. */
export const ACCOUNTS_HEADER_LIMIT_BYTES = 48 * 1024;

/** A note about what was left out names so many event types, each so far. */
const NOTED_TYPES = 16;
const NOTED_NAME_LENGTH = 100;

/**
 * ASCII-only JSON of the accounts, or null when there are none. Over the limit the oldest are dropped, and a last
 * `accounts_truncated` account says how many of which type.
 */
export function encodeAccounts(accounts: readonly Account[], limitBytes: number = ACCOUNTS_HEADER_LIMIT_BYTES): string | null {
  if (accounts.length === 0) return null;
  const items = accounts.map((account) => asciiJson(account));
  const total = items.reduce((sum, item) => sum + item.length + 1, 1);
  if (total <= limitBytes) return `[${items.join(",")}]`;
  // What says less is no longer than what says all.
  let bytes = droppedNote(accounts).length + 2;
  let first = items.length;
  while (first > 0 && bytes + (items[first - 1]?.length ?? 0) + 1 <= limitBytes) {
    first -= 1;
    bytes += (items[first]?.length ?? 0) + 1;
  }
  return `[${[...items.slice(first), droppedNote(accounts.slice(0, first))].join(",")}]`;
}

/** JSON text in which everything outside ASCII is escaped, as headers and NDJSON lines need it. */
export function asciiJson(value: unknown): string {
  return escapeNonAscii(JSON.stringify(value));
}

function droppedNote(dropped: readonly Account[]): string {
  const counts = new Map<string, number>();
  for (const { event_type } of dropped) {
    const name = event_type.slice(0, NOTED_NAME_LENGTH);
    const key = counts.has(name) || counts.size < NOTED_TYPES ? name : "other";
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return asciiJson({ event_type: "accounts_truncated", payload: { dropped: dropped.length, event_types: Object.fromEntries(counts) } });
}
