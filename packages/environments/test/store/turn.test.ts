import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { processMark } from "../../src/store/process-mark.ts";
import { takeTurn } from "../../src/store/turn.ts";

const activity = "is at it";

test("many that come at once take turns, and never two at a time", async () => {
  await using folder = await temporaryFolder();
  let present = 0;
  const most: number[] = [];
  const once = async (): Promise<void> => {
    await using _turn = await takeTurn(join(folder.path, "x"), { waitMs: 60_000, activity });
    most.push(++present);
    await new Promise(setImmediate);
    present--;
  };
  await Promise.all(Array.from({ length: 5 }, once));
  expect(most).toEqual([1, 1, 1, 1, 1]);
  expect(readdirSync(folder.path)).toEqual([]);
});

test("who has it for too long is named; a dead one has nothing, and what belongs to others stays", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "x");
  const others = `${path}y-${processMark()}`;
  const living = `${path}-${processMark()}`;
  for (const file of [living, others, `${path}-999999999-1-0123456789abcdef`]) writeFileSync(file, "");
  await expect(takeTurn(path, { waitMs: 0, activity })).rejects.toMatchObject({
    code: "CJM_ENVIRONMENT_BUSY",
    message: `Process ${process.pid} is at it.`,
    details: { pid: process.pid },
  });
  rmSync(living);
  {
    await using _turn = await takeTurn(path, { waitMs: 0, activity });
    expect(readdirSync(folder.path)).toHaveLength(2);
  }
  expect(readdirSync(folder.path).map((name) => join(folder.path, name))).toEqual([others]);
});

test("whoever does not want to wait any more is let go with his reason", async () => {
  await using folder = await temporaryFolder();
  await using _first = await takeTurn(join(folder.path, "x"), { waitMs: 0, activity });
  const controller = new AbortController();
  const second = takeTurn(join(folder.path, "x"), { waitMs: 600_000, activity, signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(second).rejects.toThrow("enough");
  expect(readdirSync(folder.path)).toHaveLength(1);
});
