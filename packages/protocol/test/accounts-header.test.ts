import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACCOUNTS_HEADER_LIMIT_BYTES, type Account, decodeAccounts, encodeAccounts } from "../src/index.ts";

const account = (index: number, text: string): Account => ({ event_type: "task_account", payload: { index, text } });

const fixtures = JSON.parse(readFileSync(new URL("../fixtures/accounts-headers.json", import.meta.url), "utf8")) as {
  readonly name: string;
  readonly header: string;
  readonly accounts: readonly Account[];
}[];

describe("accounts header", () => {
  test.each(fixtures)("golden: $name", ({ header, accounts }) => {
    expect(decodeAccounts(header)).toEqual(accounts);
  });

  test("is absent without accounts", () => {
    expect(encodeAccounts([])).toBeNull();
  });

  test("is ASCII and reads back equal", () => {
    const accounts = [account(0, "größe 😀 \u2028 \u007f")];
    const header = encodeAccounts(accounts) ?? "";
    expect(header).toMatch(/^[\x20-\x7e]*$/);
    expect(decodeAccounts(header)).toEqual(accounts);
  });

  test("drops the oldest beyond the limit and says how many", () => {
    const accounts = Array.from({ length: 1000 }, (_, index) => account(index, "x".repeat(1000)));
    const header = encodeAccounts(accounts) ?? "";
    expect(header.length).toBeLessThanOrEqual(ACCOUNTS_HEADER_LIMIT_BYTES);
    const read = decodeAccounts(header);
    const dropped = 1000 - (read.length - 1);
    expect(read.at(-1)).toEqual({ event_type: "accounts_truncated", payload: { dropped, event_types: { task_account: dropped } } });
    expect(read.at(-2)?.payload["index"]).toBe(999);
  });

  test("one account over the limit leaves only the note", () => {
    expect(decodeAccounts(encodeAccounts([account(0, "x".repeat(60_000))]) ?? "")).toEqual([
      { event_type: "accounts_truncated", payload: { dropped: 1, event_types: { task_account: 1 } } },
    ]);
  });

  test("what was dropped is counted by type, and the note itself has a bound", () => {
    const accounts = Array.from({ length: 3000 }, (_, index) => ({
      event_type: `${index % 1000}-${"\u20ac".repeat(200)}`,
      payload: { index },
    }));
    const header = encodeAccounts(accounts) ?? "";
    expect(header.length).toBeLessThanOrEqual(ACCOUNTS_HEADER_LIMIT_BYTES);
    const read = decodeAccounts(header);
    const note = read.at(-1)?.payload as { dropped: number; event_types: Record<string, number> };
    expect(Object.keys(note.event_types)).toHaveLength(17);
    expect(Object.values(note.event_types).reduce((sum, count) => sum + count, 0)).toBe(note.dropped);
    expect(note.dropped + read.length - 1).toBe(3000);
  });

  test.each(["{", "7", '{"a":1}'])("what is no list counts as none: %s", (header) => {
    expect(decodeAccounts(header)).toEqual([]);
  });
});
