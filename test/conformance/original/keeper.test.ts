import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { descendants, ORIGINAL_WORKER, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { KeeperUnderTest } from "./keeper-harness.ts";

/** Group and session of a process. Source: proc_pid_stat(5). */
function groupAndSession(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(2, 4);
}

const argumentsOf = (pid: number): readonly string[] => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(1, -1);

function statusLine(pid: number, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

describe("a worker of the original under its keeper", () => {
  test("is started with the original's arguments, beside its keeper, without input and without the channel", async () => {
    await using keeper = await KeeperUnderTest.start();
    const { pid } = await keeper.ready;
    expect(pid).not.toBe(keeper.pid);
    const [dashM, program, ...rest] = argumentsOf(pid);
    expect([dashM, program]).toEqual(["-m", "cjm_substrate.core.worker"]);
    const fd = rest[5];
    expect(rest.join(" ")).toBe(`--module stand_in --class StandIn --fd ${fd} --ppid ${keeper.pid} --adapters ${ORIGINAL_WORKER.adapter}`);
    expect(groupAndSession(pid)).toEqual(groupAndSession(keeper.pid));
    expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe("/dev/null");
    const held = readdirSync(`/proc/${pid}/fd`).map((each) => readlinkSync(`/proc/${pid}/fd/${each}`));
    expect(held).not.toContain(readlinkSync(`/proc/${keeper.pid}/fd/3`));
    const listener = readlinkSync(`/proc/${pid}/fd/${fd}`);
    const ofKeeper = readdirSync(`/proc/${keeper.pid}/fd`).map((each) => readlinkSync(`/proc/${keeper.pid}/fd/${each}`));
    expect(ofKeeper).not.toContain(listener);
  });

  test("without adapters gets no such option", async () => {
    await using keeper = await KeeperUnderTest.start({ adapters: "" });
    expect(argumentsOf((await keeper.ready).pid)).not.toContain("--adapters");
  });

  test("does not see the keeper's own modules", async () => {
    await using keeper = await KeeperUnderTest.start();
    const path = (await keeper.execute("python_path")).json as readonly string[];
    expect(path).toContain(ORIGINAL_WORKER.pythonPath);
    expect(path.filter((each) => each.includes("worker-python"))).toEqual([]);
  });

  test("answers calls on the port that was announced", async () => {
    await using keeper = await KeeperUnderTest.start();
    const { pid } = await keeper.ready;
    expect(JSON.parse((await keeper.send("GET", "/health")).text)).toEqual({ status: "running", pid, name: "stand-in", version: "1.0.0" });
    expect((await keeper.execute("echo", { value: { a: [1, "é\u2028"] } })).json).toEqual({ a: [1, "é\u2028"] });
    const reply = await keeper.send("POST", "/task", { task: "stand-in", method: "double", kwargs: { value: 4 } });
    expect([reply.status, reply.text]).toEqual([200, "8"]);
    expect(keeper.frames).toHaveLength(1);
  });

  test("is ready when it answers, and not before", async () => {
    await using keeper = await KeeperUnderTest.launch({ env: { STAND_IN_IMPORT_SECONDS: "1" } });
    const startOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19]);
    const { pid } = await keeper.ready;
    const ticksSinceBoot = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 100;
    expect(ticksSinceBoot - startOf(pid)).toBeGreaterThanOrEqual(100);
  });

  test("is ready also when its health answer is an error", async () => {
    await using keeper = await KeeperUnderTest.start({ env: { STAND_IN_NAMELESS: "1" } });
    expect(await keeper.send("GET", "/health")).toMatchObject({ status: 500, text: "Internal Server Error" });
  });

  test("costs a keeper that is small and sleeps", async () => {
    await using keeper = await KeeperUnderTest.start();
    const switches = (): number => statusLine(keeper.pid, "voluntary_ctxt_switches");
    // Not the first time perhaps: the connection that it asked on is closed after the worker is ready.
    await until("it sleeps through a whole call", async () => {
      const before = switches();
      await keeper.execute("sleep", { seconds: 1.2 });
      return switches() === before;
    });
    const rollup = readFileSync(`/proc/${keeper.pid}/smaps_rollup`, "utf8");
    const privateMb = Number(/^Private_Dirty:\s+(\d+)/m.exec(rollup)?.[1]) / 1024;
    expect(privateMb).toBeGreaterThan(0);
    expect(privateMb).toBeLessThan(10);
  });
});

describe("a worker of the original that cannot start", () => {
  test("ends the keeper with its code, and its output is there", async () => {
    await using keeper = await KeeperUnderTest.launch({ className: "Missing" });
    expect(await keeper.exited).toEqual({ code: 1, signal: null });
    expect(keeper.output).toMatch(/FATAL: cannot load stand_in:Missing/);
    expect(keeper.frames).toEqual([]);
  });

  test("because the original is not installed", async () => {
    await using keeper = await KeeperUnderTest.launch({ env: { PYTHONPATH: "" } });
    expect(await keeper.exited).toEqual({ code: 1, signal: null });
    expect(keeper.output).toContain("cjm_substrate");
  });

  test("while it imports, dies with the host", async () => {
    await using keeper = await KeeperUnderTest.launch({ env: { STAND_IN_IMPORT_SECONDS: "600" } });
    await until("the worker imports", () => descendants(keeper.pid).length === 1);
    keeper.control.destroy();
    expect((await keeper.exited).signal).toBe("SIGKILL");
  });
});
