import { expect, test } from "vitest";
import { TEXT_LIMIT, threadJson, transferOf } from "../../src/thread/thread-json.ts";

test("a small text stays a text, a large one is handed over as UTF-8", () => {
  const small = "é".repeat(TEXT_LIMIT);
  expect([threadJson(small), transferOf(small)]).toEqual([small, []]);
  const large = threadJson(`${small}é`);
  expect(Buffer.from(large)).toEqual(Buffer.from(`${small}é`));
  expect(transferOf(large)).toEqual([(large as Uint8Array).buffer]);
});
