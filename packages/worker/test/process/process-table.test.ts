import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import {
  descendantPids,
  descendantsInTable,
  type ProcessRow,
  parseProcessStat,
  readProcess,
  readProcessTable,
} from "../../src/process/process-table.ts";

const stat = (name: string) =>
  `42 (${name}) S 7 40 40 0 -1 4194560 100 0 0 0 12 3 0 0 20 0 11 0 5555 1000000 2048 18446744073709551615 1 1 0 0`;

describe("parseProcessStat", () => {
  test.each([["node"], ["a b"], ["odd) name ("], [")"]])("of a process called %s", (name) => {
    expect(parseProcessStat(stat(name))).toEqual({
      pid: 42,
      parentPid: 7,
      groupId: 40,
      cpuTicks: 15,
      startTicks: 5555,
      residentPages: 2048,
      isZombie: false,
    });
  });

  test("of an ended one says so", () => {
    expect(parseProcessStat(stat("node").replace(") S", ") Z"))).toMatchObject({ isZombie: true });
  });

  test.each([[""], ["42 (node"], ["nonsense"], ["42 (node) S 7"]])("of %j is null", (text) => {
    expect(parseProcessStat(text)).toBeNull();
  });
});

test("descendantsInTable finds a whole family in any order", () => {
  const row = (pid: number, parentPid: number): ProcessRow => ({
    pid,
    parentPid,
    groupId: 0,
    cpuTicks: 0,
    startTicks: 0,
    residentPages: 1,
    isZombie: false,
  });
  const table = [row(5, 4), row(4, 3), row(3, 1), row(9, 8), row(8, 1), row(1, 0)];
  expect(new Set(descendantsInTable(3, table))).toEqual(new Set([4, 5]));
  expect(descendantsInTable(5, table)).toEqual([]);
});

test("the real table has this process and its child, which is gone after its end", async () => {
  const child = spawn("sh", ["-c", "sleep 100 & echo started; wait"], { stdio: ["ignore", "pipe", "ignore"], detached: true });
  await once(child.stdout, "data");
  const pid = child.pid ?? -1;
  expect(readProcess(pid)).toMatchObject({ pid, parentPid: process.pid, groupId: pid });
  const family = descendantPids(process.pid);
  expect(family).toContain(pid);
  expect(descendantPids(pid)).toHaveLength(1);
  expect(family.indexOf(pid)).toBeLessThan(family.indexOf(descendantPids(pid)[0] ?? -1));
  expect(readProcessTable().map((row) => row.pid)).toEqual(expect.arrayContaining([process.pid, pid]));
  process.kill(-pid, "SIGKILL");
  await once(child, "exit");
  expect(readProcess(pid)).toBeNull();
});
