import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { isSameProcess, watchParent } from "../../src/original-host/parent-watch.ts";
import type { ProcessRow } from "../../src/process/process-table.ts";

const row: ProcessRow = { pid: 7, parentPid: 1, groupId: 7, cpuTicks: 0, startTicks: 100, residentPages: 1, isZombie: false };

describe("isSameProcess", () => {
  test.each([
    ["still there", { ...row, cpuTicks: 9 }, true],
    ["gone", null, false],
    ["ended and not buried", { ...row, isZombie: true }, false],
    ["another one with its number", { ...row, startTicks: 101 }, false],
  ])("%s", (_name, now, expected) => {
    expect(isSameProcess(row, now)).toBe(expected);
  });
});

test("watchParent tells the end of a process, once", async () => {
  const other = spawn("sleep", ["600"]);
  await once(other, "spawn");
  const gone = Promise.withResolvers<void>();
  let told = 0;
  watchParent(other.pid ?? -1, () => {
    told += 1;
    gone.resolve();
  });
  const alive = setInterval(() => {}, 1_000);
  other.kill("SIGKILL");
  await gone.promise;
  clearInterval(alive);
  expect(told).toBe(1);
});
