import { expect, test } from "vitest";
import { LatestUsage } from "../../src/capability/latest-usage.ts";
import type { FromThread } from "../../src/thread/thread-messages.ts";

test("tells what the call that began last reports, and takes it back once when the next begins", () => {
  const told: FromThread[] = [];
  const usage = new LatestUsage((message) => told.push(message));
  usage.begin(1);
  usage.begin(2);
  usage.report({ type: "usage", id: 1, usage: { tokens: 1 } });
  expect(told).toEqual([]);
  usage.report({ type: "usage", id: 2, usage: { tokens: 2 } });
  usage.begin(3);
  usage.begin(4);
  expect(told).toEqual([
    { type: "usage", id: 2, usage: { tokens: 2 } },
    { type: "usage", id: 3, usage: null },
  ]);
});
