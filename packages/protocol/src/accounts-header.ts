import { escapeNonAscii } from "@cjm/core";
import * as z from "zod";

/** Response header of a unary call that carries what the worker recorded during it. */
export const ACCOUNTS_HEADER = "x-cjm-accounts";

/** Clients of the original fail on headers somewhere above 60 KB; ours stay below that by a margin. */
export const ACCOUNTS_HEADER_LIMIT_BYTES = 48 * 1024;

export const AccountSchema = z.object({
  event_type: z.string().catch("worker_account"),
  payload: z.record(z.string(), z.unknown()).catch({}),
});
export type Account = z.infer<typeof AccountSchema>;

/**
 * ASCII-only JSON of the accounts, or null when there are none. Over the limit the oldest are dropped and a last
 * `accounts_truncated` account says how many.
 */
export function encodeAccounts(accounts: readonly Account[], limitBytes: number = ACCOUNTS_HEADER_LIMIT_BYTES): string | null {
  if (accounts.length === 0) return null;
  const items = accounts.map((account) => asciiJson(account));
  const total = items.reduce((sum, item) => sum + item.length + 1, 1);
  if (total <= limitBytes) return `[${items.join(",")}]`;
  let bytes = 2 + 80;
  let first = items.length;
  while (first > 0 && bytes + (items[first - 1]?.length ?? 0) + 1 <= limitBytes) {
    first -= 1;
    bytes += (items[first]?.length ?? 0) + 1;
  }
  const truncated = asciiJson({ event_type: "accounts_truncated", payload: { dropped: first } });
  return `[${[...items.slice(first), truncated].join(",")}]`;
}

/** The accounts of a header; anything that is no list of accounts counts as none, since a call must not fail over it. */
export function decodeAccounts(header: string | undefined): readonly Account[] {
  if (header === undefined || header === "") return [];
  try {
    return z.array(AccountSchema).parse(JSON.parse(header));
  } catch {
    return [];
  }
}

/** JSON text in which everything outside ASCII is escaped, as headers and NDJSON lines need it. */
export function asciiJson(value: unknown): string {
  return escapeNonAscii(JSON.stringify(value));
}
