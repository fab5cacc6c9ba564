import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { Machine, outOfGpu } from "./kit/machine.ts";
import { installProbes } from "./kit/real-workers.ts";

/** Residents of the examples: MiB of GPU memory by instance. `cpu` holds none. */
const HELD = { node: 9912, python: 9912, small: 1992, busy: 9506 };

/**
 * Everything is loaded, `busy` runs a call. `measured`: the monitor says what they hold now; else only earlier runs tell.
 * `real`: the two large ones are capabilities of ours in two languages.
 */
async function crowdedMachine({ measured = true, real = false } = {}): Promise<Machine> {
  const machine = await Machine.create({}, measured ? "monitor" : null);
  const { host } = machine;
  if (real) installProbes(host);
  for (const name of [...(real ? [] : ["node", "python"]), "small", "cpu", "busy", "needy"]) host.install(name);
  const loaded = await host.manager.loadAll(["node", "python", "small", "cpu", "busy", "needy"].map((name) => ({ name })));
  expect(loaded.map(({ kind }) => kind)).toEqual(Array(6).fill("done"));
  if (measured) machine.holds(HELD);
  else for (const [id, gpuMb] of Object.entries(HELD)) machine.remember(id, gpuMb);
  void host.call("busy", { answer: { gate: "never" } }).catch(() => {});
  await host.untilAsked("busy", "/execute");
  return machine;
}

/** A call of `needy` runs out of GPU memory, and is good on its second try. */
async function runOut({ host }: Machine): Promise<void> {
  const onRetry = (): void => host.records.open("mended");
  await host.call("needy", { answer: { ...outOfGpu(3072, 1000), until: "mended" } }, { onRetry });
}

const cold = ({ host }: Machine) =>
  host.manager
    .instances()
    .filter(({ state }) => state === "cold")
    .map(({ instanceId }) => instanceId);

const SOURCES = [
  { measured: true, real: true, title: "what is measured now" },
  { measured: false, real: false, title: "what earlier runs took" },
];

describe("eviction after a call ran out (27)", () => {
  test.each(SOURCES)("one idle resident that suffices is ended, by $title", async (source) => {
    await using machine = await crowdedMachine(source);
    const { host } = machine;
    machine.remember("needy", 3072);
    const before = ["small", "cpu", "busy"].map((id) => host.summary(id).pid);
    await runOut(machine);
    expect(cold(machine)).toHaveLength(1);
    expect(["node", "python"]).toContain(cold(machine)[0]);
    expect(["small", "cpu", "busy"].map((id) => host.summary(id).pid)).toEqual(before);
    expect(host.summary("busy").runningCalls).toBe(1);
    expect(host.rows("instance_evicted").map(({ instanceId, payload }) => [instanceId, payload["freed_mb"]])).toEqual([
      [cold(machine)[0], 9912],
    ]);
  });
});

describe("eviction for what was never measured (28)", () => {
  test.each([
    { measured: true, failures: false, title: "what is measured now" },
    { measured: false, failures: true, title: "what earlier runs took, of which those that failed are no measurement" },
  ])("every idle GPU resident is ended, by $title", async ({ measured, failures }) => {
    await using machine = await crowdedMachine({ measured });
    if (failures) machine.remember("needy", 3072, false);
    const before = ["cpu", "busy"].map((id) => machine.host.summary(id).pid);
    await runOut(machine);
    expect(cold(machine).sort()).toEqual(["node", "python", "small"]);
    expect(["cpu", "busy"].map((id) => machine.host.summary(id).pid)).toEqual(before);
  });
});

describe("making room (29)", () => {
  test("the one that may go is ended, and what it held is said; where none may go, none is, which is no error", async () => {
    await using machine = await crowdedMachine();
    const { host } = machine;
    const makeRoom = (keep: readonly string[]) =>
      host.manager.makeRoom({ resource: "gpu", shortfallMb: 3000, keep, reason: "a job waits" });
    expect(await makeRoom(Object.keys(HELD))).toEqual({ freedMb: 0, evicted: [] });
    expect(cold(machine)).toEqual([]);
    expect(await makeRoom(["node", "needy"])).toEqual({ freedMb: 9912, evicted: ["python"] });
    const [row] = host.rows("instance_evicted");
    expect(row).toMatchObject({ instanceId: "python", payload: { resource: "gpu", freed_mb: 9912, reason: "a job waits" } });
    expect(await host.call("python", { a: 1 })).toEqual({ a: 1 });
  });
});

describe("what residents hold now counts (30)", () => {
  test("not what they once took: a hollow one is passed, one that suffices is enough", async () => {
    await using machine = await Machine.create();
    await machine.host.load("hollow", "large", "half");
    machine.remember("hollow", 9912);
    machine.remember("half", 9912);
    machine.holds({ large: 9506, half: 4902 });
    const request = { resource: "gpu", shortfallMb: 3000, keep: [], reason: "a job waits" } as const;
    expect(await machine.host.manager.makeRoom(request)).toEqual({ freedMb: 9506, evicted: ["large"] });
    expect(cold(machine)).toEqual(["large"]);
  });

  test("less than 64 MiB is not worth a start", async () => {
    await using machine = await Machine.create();
    await machine.host.load("almost", "enough");
    machine.holds({ almost: 63, enough: 64 });
    expect(await machine.host.manager.makeRoom({ resource: "gpu", shortfallMb: null, keep: [], reason: "all" })).toEqual({
      freedMb: 64,
      evicted: ["enough"],
    });
  });

  test("the monitor itself is never ended", async () => {
    await using machine = await Machine.create();
    await machine.host.load("tool");
    machine.holds({ monitor: 5000, tool: 100 });
    const room = await machine.host.manager.makeRoom({ resource: "gpu", shortfallMb: null, keep: [], reason: "all" });
    expect(room.evicted).toEqual(["tool"]);
    await until("the monitor answers still", async () => (await machine.host.manager.systemStatus(new AbortController().signal)) !== null);
  });
});
