import { ManualClock, Program, skip, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { type HostIdentity, ownIdentity, shareProcessTable, stateOfProcess } from "../../src/job-store/host-identity.ts";
import { type HostRow, HostWatch, isHostGone } from "../../src/job-store/host-watch.ts";

const NOW = Date.UTC(2026, 0, 1);
const EXPIRY = 30_000;
const self: HostIdentity = { pid: 10, startTicks: 100, bootId: "this boot", pidNamespace: "pid:[1]" };
const row = (fields: Partial<HostRow> = {}): HostRow => ({ ...self, hostId: 2, pid: 20, beat: 5, beatAt: NOW, ...fields });

describe("whether a host is gone", () => {
  test.each<[string, Partial<Parameters<typeof isHostGone>[0]>, boolean]>([
    ["its process runs", { process: "runs" }, false],
    ["its process ended, though it beat a moment ago", { process: "gone" }, true],
    ["nobody can tell of its process", { process: "unknown" }, false],
    ["its process runs, and it stood still just short of the expiry", { process: "runs", stillMs: EXPIRY - 1 }, false],
    ["its process runs, but it stood still for long", { process: "runs", stillMs: EXPIRY }, true],
    ["another container, and it beats", { row: row({ pidNamespace: "pid:[2]" }) }, false],
    ["another container, and its clock is a day behind", { row: row({ pidNamespace: "pid:[2]", beatAt: NOW - 86_400_000 }) }, false],
    ["another container, and its clock is a day ahead", { row: row({ pidNamespace: "pid:[2]", beatAt: NOW + 86_400_000 }) }, false],
    ["another container that stood still for long", { row: row({ pidNamespace: "pid:[2]" }), stillMs: EXPIRY }, true],
    ["an earlier boot", { row: row({ bootId: "old", beatAt: NOW - EXPIRY - 1 }) }, true],
    ["an earlier boot, before which the clock was ahead", { row: row({ bootId: "old", beatAt: NOW + EXPIRY + 1 }) }, true],
    ["another boot that beats now", { row: row({ bootId: "other", beatAt: NOW - EXPIRY }) }, false],
    ["another boot that stood still for long", { row: row({ bootId: "other" }), stillMs: EXPIRY }, true],
    ["a system that tells nothing", { row: row({ bootId: null, pidNamespace: null, beatAt: 0 }) }, false],
  ])("%s", (_, facts, expected) => {
    expect(isHostGone({ row: row(), self, process: null, stillMs: 0, nowMs: NOW, expiryMs: EXPIRY, ...facts })).toBe(expected);
  });

  test.each<[string, Partial<HostIdentity>, boolean]>([
    ["itself", {}, true],
    ["another process", { pid: 5, startTicks: 1 }, true],
    ["another namespace", { pidNamespace: "pid:[2]" }, false],
    ["another boot", { bootId: "old" }, false],
    ["nothing known", { bootId: null, pidNamespace: null }, false],
  ])("shares the process table with: %s", (_, fields, expected) => {
    expect(shareProcessTable(self, { ...self, ...fields })).toBe(expected);
  });
});

describe("whether a process still runs", () => {
  test("this one does, under its name and no other", () => {
    const own = ownIdentity();
    expect(own).toMatchObject({ pid: process.pid });
    expect(stateOfProcess(own)).toBe(own.startTicks === null ? "unknown" : "runs");
    expect(stateOfProcess({ ...own, startTicks: null })).toBe("unknown");
  });

  test("another process that got its pid is not it", (context) => {
    const own = ownIdentity();
    if (own.startTicks === null) skip(context, "this system does not tell when a process started");
    expect(stateOfProcess({ ...own, startTicks: own.startTicks + 1 })).toBe("gone");
  });

  test("one that was killed does not, also before it is reaped", async (context) => {
    await using program = new Program("sleep", ["60"]);
    const identity = { ...ownIdentity(), pid: program.pid, startTicks: null };
    expect(stateOfProcess(identity)).toBe("unknown");
    program.kill("SIGKILL");
    await program.result;
    await until("the process is gone", () => stateOfProcess(identity) === "gone");
    if (process.platform !== "linux") skip(context, "only Linux shows processes that wait to be reaped");
    // A shell that replaced itself with a program that never asks for its children.
    await using parent = new Program("sh", ["-c", 'sleep 0 & echo "zombie $!"; exec sleep 60']);
    const zombie = Number((await parent.line(/^zombie/)).split(" ")[1]);
    await until("the child is a zombie", () => stateOfProcess({ ...identity, pid: zombie, startTicks: 1 }) === "gone");
  });
});

describe("watching heartbeats", () => {
  const container = (beat: number): HostRow => row({ pidNamespace: "pid:[9]", beat });
  const watchWith = (clock: ManualClock): HostWatch => new HostWatch({ clock, self, heartbeatMs: 5000, expiryMs: EXPIRY });

  test("a counter that stands still for the expiry makes its host gone", () => {
    const clock = new ManualClock(NOW);
    const watch = watchWith(clock);
    const gone: number[] = [];
    for (let ms = 0; ms <= EXPIRY; ms += 5000) {
      if (watch.goneAmong([container(1)]).length > 0) gone.push(ms);
      clock.advance(5000);
    }
    expect(gone).toEqual([EXPIRY]);
    expect(watch.goneAmong([container(2)])).toEqual([]);
  });

  test("no wall clock, neither ours nor theirs, makes a difference", () => {
    const clock = new ManualClock(NOW);
    const watch = watchWith(clock);
    for (const jump of [NOW + 1e10, NOW - 1e10, 0]) {
      clock.jumpTo(jump);
      for (let beat = 0; beat < 20; beat++) {
        clock.advance(5000);
        expect(watch.goneAmong([container(beat)])).toEqual([]);
      }
    }
    for (let step = 0; step < 5; step++) {
      clock.advance(5000);
      clock.jumpTo(NOW - step * 1e9);
      expect(watch.goneAmong([container(19)])).toEqual([]);
    }
    clock.advance(5000);
    expect(watch.goneAmong([container(19)])).toHaveLength(1);
  });

  test("time in which nobody looked, as all slept, counts for two heartbeats", () => {
    const clock = new ManualClock(NOW);
    const watch = watchWith(clock);
    watch.goneAmong([container(1)]);
    clock.advance(3_600_000);
    expect(watch.goneAmong([container(1)])).toEqual([]);
    clock.advance(10_000);
    expect(watch.goneAmong([container(1)])).toEqual([]);
    clock.advance(10_000);
    expect(watch.goneAmong([container(1)])).toHaveLength(1);
  });

  test("looking often does not make time pass faster", () => {
    const clock = new ManualClock(NOW);
    const watch = watchWith(clock);
    for (let look = 0; look < 1000; look++) {
      clock.advance(29);
      expect(watch.goneAmong([container(1)])).toEqual([]);
    }
  });
});
