import { claimed, completed, ManualClock, runProgram, sampleComposition, sampleJob } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownIdentity } from "../../src/job-store/host-identity.ts";
import { inContainer, JobStoreKit, pass, turns } from "./job-store-kit.ts";

let kit: JobStoreKit;
beforeEach(async () => {
  kit = await JobStoreKit.make();
});
afterEach(() => kit[Symbol.asyncDispose]());

const DAY_MS = 86_400_000;
const adoptedIds = ({ jobs }: { jobs: readonly { job: { spec: { jobId: string } } }[] }): readonly string[] =>
  jobs.map(({ job }) => job.spec.jobId);

/** Who ran in a process that has ended. */
async function ofEndedProcess(): Promise<ReturnType<typeof ownIdentity>> {
  const { stdout } = await runProgram("sh", ["-c", "echo $$"]);
  return { ...ownIdentity(), pid: Number(stdout), startTicks: 1 };
}

describe("a host whose process ended", () => {
  test("is adopted at once", async () => {
    const dead = kit.open({ identity: await ofEndedProcess(), clock: new ManualClock() });
    await dead.submit({ jobs: [sampleJob("a"), sampleJob("b")] });
    await claimed(dead, "a");
    const work = await kit.open().adopt(["i"]);
    expect(work.jobs.map(({ job, wasRunning }) => [job.spec.jobId, wasRunning])).toEqual([
      ["a", true],
      ["b", false],
    ]);
  });
});

describe("a host that was taken for gone and is not", () => {
  test("has lost its leases and its jobs, and goes on with new ones", async () => {
    const wronged = kit.open({ identity: await ofEndedProcess(), clock: new ManualClock() });
    let wakes = 0;
    wronged.onWake(() => wakes++);
    await wronged.submit({ jobs: ["running", "waiting", "done"].map((id) => sampleJob(id)), compositions: [sampleComposition("k")] });
    const lease = await claimed(wronged, "running");
    const other = kit.open();
    expect(adoptedIds(await other.adopt(["i"]))).toEqual(["running", "waiting", "done"]);
    await other.settle(completed("done", await claimed(other, "done"), "theirs"), []);

    expect(await wronged.renew(lease)).toBe(false);
    expect(await wronged.settle(completed("running", lease, "late"), [{ kind: "spent", data: {} }])).toBe(false);
    expect(await wronged.claim(["waiting"])).toEqual([]);
    expect(await wronged.settle(completed("waiting", null), [])).toBe(false);
    await wronged.updateComposition("k", { status: "failed" });
    expect(await other.findComposition("k")).toMatchObject({ status: "running" });
    expect(await other.find("running")).toMatchObject({ status: "pending", result: null });
    expect(await other.ledger()).toEqual([]);
    expect(wakes).toBe(1);

    await wronged.submit({ jobs: [sampleJob("new")] });
    expect(await wronged.settle(completed("new", await claimed(wronged, "new")), [])).toBe(true);
  });

  test("gets back what nobody else took", async () => {
    const wronged = kit.open({ identity: await ofEndedProcess(), clock: new ManualClock() });
    await wronged.submit({ jobs: [sampleJob("mine"), sampleJob("theirs", { instanceId: "x" })] });
    const lease = await claimed(wronged, "mine");
    expect(adoptedIds(await kit.open().adopt(["x"]))).toEqual(["theirs"]);
    expect(await wronged.settle(completed("mine", lease), [])).toBe(false);
    expect(adoptedIds(await wronged.adopt(["i", "x"]))).toEqual(["mine"]);
    expect(await wronged.settle(completed("mine", await claimed(wronged, "mine")), [])).toBe(true);
  });

  test("writes nothing under its old id, also when that turn began before it knew", async () => {
    const wronged = kit.open({ identity: await ofEndedProcess(), clock: new ManualClock() });
    await wronged.submit({ jobs: [sampleJob("a"), sampleJob("b")] });
    const lease = await claimed(wronged, "a");
    const other = kit.open();
    const adopting = other.adopt(["i"]);
    const settling = wronged.settle(completed("a", lease), []);
    const claiming = wronged.claim(["b"]);
    expect(adoptedIds(await adopting)).toEqual(["a", "b"]);
    expect([await settling, await claiming]).toEqual([false, []]);
  });
});

describe("a host whose process nobody sees", () => {
  test("is adopted when its heartbeat stood still for the expiry, and not before", async () => {
    const [theirs, ours] = [new ManualClock(), new ManualClock()];
    const hidden = kit.open({ identity: inContainer(7), clock: theirs });
    await hidden.submit({ jobs: [sampleJob("a")] });
    const watching = kit.open({ clock: ours });
    let wakes = 0;
    watching.onWake(() => wakes++);
    await pass(ours, 20_000);
    await pass(theirs, 5000);
    await pass(ours, 30_000);
    expect(adoptedIds(await watching.adopt(["i"]))).toEqual([]);
    expect(wakes).toBe(0);
    await pass(ours, 5000);
    expect(wakes).toBe(1);
    await pass(ours, 60_000);
    expect(wakes).toBe(1);
    expect(adoptedIds(await watching.adopt(["i"]))).toEqual(["a"]);
  });

  test.each([
    ["ahead", DAY_MS],
    ["back", -DAY_MS],
  ])("is left alone while it beats, though our clock or its own is set %s", async (_, byMs) => {
    const [theirs, ours] = [new ManualClock(), new ManualClock()];
    const hidden = kit.open({ identity: inContainer(7), clock: theirs });
    await hidden.submit({ jobs: [sampleJob("a")] });
    const watching = kit.open({ clock: ours });
    for (const clock of [ours, theirs]) {
      clock.jumpTo(clock.now() + byMs);
      for (let round = 0; round < 15; round++) {
        await pass(theirs, 5000);
        await pass(ours, 5000);
        expect(await watching.adopt(["i"])).toEqual({ jobs: [], compositions: [] });
      }
    }
    expect(await hidden.claim(["a"])).toHaveLength(1);
  });

  test("leaves no orphans when the clocks were set back after its end", async () => {
    const [theirs, ours] = [new ManualClock(), new ManualClock()];
    theirs.jumpTo(theirs.now() + DAY_MS);
    const hidden = kit.open({ identity: inContainer(7), clock: theirs });
    await hidden.submit({ jobs: [sampleJob("a")] });
    await pass(theirs, 10_000);
    const watching = kit.open({ clock: ours });
    ours.jumpTo(0);
    await pass(ours, 30_000);
    expect(adoptedIds(await watching.adopt(["i"]))).toEqual(["a"]);
  });

  test.each([
    ["ahead of", DAY_MS],
    ["behind", -DAY_MS],
  ])("is adopted at once when it ran under an earlier boot, with a clock %s ours", async (_, byMs) => {
    const theirs = new ManualClock(Date.now() + byMs);
    const before = kit.open({ identity: { ...ownIdentity(), bootId: "the boot before" }, clock: theirs });
    await before.submit({ jobs: [sampleJob("a")] });
    expect(adoptedIds(await kit.open().adopt(["i"]))).toEqual(["a"]);
  });
});

describe("a process that runs and does not beat any more", () => {
  test("loses its work after the expiry; when it wakes it lost it for good", async () => {
    const [stopped, ours] = [new ManualClock(), new ManualClock()];
    const hung = kit.open({ clock: stopped });
    await hung.submit({ jobs: [sampleJob("a")] });
    const lease = await claimed(hung, "a");
    const watching = kit.open({ clock: ours });
    await pass(ours, 25_000);
    expect(adoptedIds(await watching.adopt(["i"]))).toEqual([]);
    await pass(ours, 5000);
    expect(adoptedIds(await watching.adopt(["i"]))).toEqual(["a"]);
    await pass(stopped, 5000);
    expect(await hung.settle(completed("a", lease), [])).toBe(false);
  });
});

describe("waking", () => {
  test("when a host left, once; not while it is there", async () => {
    const [ours, theirs] = [new ManualClock(), new ManualClock()];
    const watching = kit.open({ clock: ours });
    let wakes = 0;
    const stop = watching.onWake(() => wakes++);
    const [leaving, staying] = [kit.open({ clock: theirs }), kit.open({ clock: theirs })];
    await pass(ours, 10_000);
    await leaving[Symbol.asyncDispose]();
    await turns(3);
    expect(wakes).toBe(0);
    await pass(ours, 5000);
    expect(wakes).toBe(1);
    for (let round = 0; round < 10; round++) {
      await pass(theirs, 5000);
      await pass(ours, 5000);
    }
    expect(wakes).toBe(1);
    stop();
    await staying[Symbol.asyncDispose]();
    await pass(ours, 10_000);
    expect(wakes).toBe(1);
  });

  test("not when we took its work ourselves, seen before or not", async () => {
    const ours = new ManualClock();
    const watching = kit.open({ clock: ours });
    let wakes = 0;
    const identity = await ofEndedProcess();
    await kit.open({ identity, clock: new ManualClock() }).submit({ jobs: [sampleJob("a")] });
    await pass(ours, 5000);
    watching.onWake(() => wakes++);
    await kit.open({ identity, clock: new ManualClock() }).submit({ jobs: [sampleJob("b")] });
    expect(adoptedIds(await watching.adopt(["i"]))).toEqual(["a", "b"]);
    await pass(ours, 20_000);
    expect(wakes).toBe(0);
  });

  test("when a host came and left between two heartbeats", async () => {
    const ours = new ManualClock();
    const watching = kit.open({ clock: ours });
    let wakes = 0;
    watching.onWake(() => wakes++);
    const brief = kit.open();
    await brief.submit({ jobs: [sampleJob("a")] });
    await brief[Symbol.asyncDispose]();
    await pass(ours, 5000);
    expect(wakes).toBe(1);
    expect(adoptedIds(await watching.adopt(["i"]))).toEqual(["a"]);
  });

  test("when a process was killed", async () => {
    const ours = new ManualClock();
    const watching = kit.open({ clock: ours });
    let wakes = 0;
    watching.onWake(() => wakes++);
    kit.open({ identity: await ofEndedProcess(), clock: new ManualClock() });
    await pass(ours, 5000);
    expect(wakes).toBe(1);
    await pass(ours, 20_000);
    expect(wakes).toBe(1);
  });
});

test("members that an ended composition left open are cancelled by whoever adopts", async () => {
  const first = kit.open();
  await first.submit({ jobs: [sampleJob("m", { compositionId: "k", nodeId: "m" })], compositions: [sampleComposition("k")] });
  await first.updateComposition("k", { status: "cancelled" });
  await first[Symbol.asyncDispose]();
  const second = kit.open();
  expect(await second.adopt(["i"])).toEqual({ jobs: [], compositions: [] });
  expect(await second.find("m")).toMatchObject({ status: "cancelled", endedAt: expect.any(Number) });
});

test("jobs of a composition that was never stored stand for themselves", async () => {
  const first = kit.open();
  await first.submit({ jobs: [sampleJob("m", { compositionId: "unknown", nodeId: "m" })] });
  await first[Symbol.asyncDispose]();
  expect(adoptedIds(await kit.open().adopt(["i"]))).toEqual(["m"]);
});
