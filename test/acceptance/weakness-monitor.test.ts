import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { Machine } from "./kit/machine.ts";

const status = ({ host }: Machine) => host.manager.systemStatus(new AbortController().signal);
const ANSWER = { memoryAvailableMb: 64_000, gpuType: "NVIDIA", gpuTotalMb: 24_000, gpuFreeMb: 1_000, gpuLoadPercent: null };

describe("a monitor that gets another worker (7.1: 12)", () => {
  test("by a reload is asked again", async () => {
    await using machine = await Machine.create();
    expect(await status(machine)).toEqual(ANSWER);
    await machine.host.manager.reload("monitor");
    expect(await status(machine)).toEqual(ANSWER);
  });

  test("because its own died is started by whoever asks", async () => {
    await using machine = await Machine.create();
    process.kill(machine.monitorPid, "SIGKILL");
    await until("it is down", () => machine.host.summary("monitor").state === "down");
    expect(await status(machine)).toEqual(ANSWER);
    expect(machine.host.summary("monitor").state).toBe("ready");
  });

  test("is one under any id: figures and attribution come from the same instance", async () => {
    await using machine = await Machine.create({}, "watcher");
    await machine.host.load("tool");
    machine.holds({ tool: 5000 });
    await machine.host.call("tool");
    expect(await status(machine)).toEqual(ANSWER);
    expect(machine.host.manager.profile("tool")?.sizes.gpuMb).toBe(5000);
  });
});

describe("what nobody measured (7.1: 14, 15, 21)", () => {
  test("a first run that failed says nothing of its size", async () => {
    await using machine = await Machine.create();
    await machine.host.load("tool");
    const body = { _job_error: { category: "fatal", message: "no", original_exc_repr: "E('no')" } };
    await expect(machine.host.call("tool", { answer: { status: 500, body } })).rejects.toMatchObject({ code: "CJM_CALL_FAILED" });
    expect(machine.host.manager.profile("tool")).toMatchObject({
      sampleCount: 1,
      successCount: 0,
      sizes: { memoryMb: null, gpuMb: null },
    });
    machine.holds({ tool: 700 });
    await machine.host.call("tool");
    expect(machine.host.manager.profile("tool")).toMatchObject({ sampleCount: 2, successCount: 1, sizes: { gpuMb: 700 } });
  });

  test.each([
    ["that fails", { processes: { status: 500, text: "Internal Server Error" } }],
    ["that cannot list processes", { processes: { status: 501, body: { detail: "not implemented" } } }],
    ["that says nonsense", { processes: { body: { pid: "all of them" } } }],
  ])("a monitor %s measures nothing, which is not zero", async (_name, answers) => {
    await using machine = await Machine.create();
    await machine.host.load("tool");
    machine.answer(answers);
    await machine.host.call("tool");
    expect(machine.host.manager.profile("tool")?.sizes).toEqual({ memoryMb: expect.any(Number), gpuMb: null });
    expect(machine.host.manager.residency("tool")?.gpuMb).toBeNull();
  });

  test("a driver that names a process without a figure measures nothing of it", async () => {
    await using machine = await Machine.create();
    await machine.host.load("tool");
    machine.holds({}, [[machine.host.summary("tool").pid ?? 0, null]]);
    await machine.host.call("tool");
    expect(machine.host.manager.profile("tool")?.sizes.gpuMb).toBeNull();
  });

  test("makes nobody hollow: where the monitor fails, what earlier runs took decides whom to end", async () => {
    await using machine = await Machine.create();
    await machine.host.load("large", "small");
    machine.remember("large", 9912);
    machine.remember("small", 1992);
    machine.answer({ status: { status: 500, text: "no" }, processes: { status: 500, text: "no" } });
    const room = await machine.host.manager.makeRoom({ resource: "gpu", shortfallMb: 3000, keep: [], reason: "a job waits" });
    expect(room).toEqual({ freedMb: 9912, evicted: ["large"] });
  });
});

describe("several GPUs (7.1: 36)", () => {
  test("a process that stands once per device takes the sum", async () => {
    await using machine = await Machine.create();
    await machine.host.load("tool");
    const pid = machine.host.summary("tool").pid ?? 0;
    machine.holds({}, [
      [pid, 3000],
      [pid, 4000],
      [pid, null],
    ]);
    await machine.host.call("tool");
    expect(machine.host.manager.profile("tool")?.sizes.gpuMb).toBe(7000);
  });
});

describe("a monitor that hangs (7.2: 41)", () => {
  test("holds up no call: its figure is missing, and that is all", async () => {
    await using machine = await Machine.create();
    const { host, clock } = machine;
    await host.load("tool");
    machine.holds({ tool: 700 });
    await host.call("tool");
    machine.answer({ processes: { gate: "at last", body: [] } });
    let settled = false;
    const call = host.call("tool", { a: 1 }).finally(() => {
      settled = true;
    });
    await until("it ended", () => {
      clock.advance(250);
      return settled;
    });
    await expect(call).resolves.toEqual({ a: 1 });
    host.records.open("at last");
    const answered = (): number => host.notes("answered", "monitor").length + host.notes("abandoned", "monitor").length;
    await until("the monitor has answered", () => answered() === host.asked("monitor").length);
    expect(host.notes("abandoned", "monitor")).toEqual([]);
    expect(host.manager.profile("tool")).toMatchObject({ sampleCount: 2, sizes: { gpuMb: 700 } });
  });
});
