import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { descendants, isRunning, temporaryFolder, until } from "@cjm/testing";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { KeeperUnderTest } from "./keeper-harness.ts";

const gone = (pids: readonly number[]) => () => pids.every((pid) => !isRunning(pid));

/** Children of every kind: in the group, in a session of its own, and one that nothing leads to any more. */
async function startWithChildren(): Promise<{ keeper: KeeperUnderTest; family: readonly number[] }> {
  const keeper = await KeeperUnderTest.start();
  const children = [
    (await keeper.execute("spawn")).json,
    (await keeper.execute("spawn", { setsid: true })).json,
    (await keeper.execute("spawn_daemon")).json,
  ] as number[];
  expect(children.every(isRunning)).toBe(true);
  return { keeper, family: [(await keeper.ready).pid, ...children] };
}

/** A call whose worker is expected to die under it. */
const ignoringDeath = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe("when the host goes", () => {
  test("an idle worker dies with everything it started, also with a daemon", async () => {
    const { keeper, family } = await startWithChildren();
    await using _ = keeper;
    keeper.control.destroy();
    expect((await keeper.exited).signal).toBe("SIGKILL");
    await until("the family is gone", gone(family));
  });

  test("a worker in a call that heeds nothing dies too", async () => {
    const { keeper, family } = await startWithChildren();
    await using _ = keeper;
    const call = ignoringDeath(keeper.execute("sleep", { seconds: 600, check: false }));
    await until("the call runs", () => keeper.output.includes("sleeping"));
    keeper.control.destroy();
    await keeper.exited;
    await until("the family is gone", gone(family));
    expect(await call).toBeInstanceOf(Error);
  });

  test("a worker whose event loop is blocked dies too", async () => {
    await using keeper = await KeeperUnderTest.start();
    const { pid } = await keeper.ready;
    const call = ignoringDeath(keeper.send("POST", "/initialize", { initialize_seconds: 600 }));
    keeper.control.destroy();
    await keeper.exited;
    await until("the worker is gone", gone([pid]));
    expect(await call).toBeInstanceOf(Error);
  });

  test("kill -9 of the host leaves nothing", async () => {
    await using folder = await temporaryFolder("cjm-k-");
    const spawner = fileURLToPath(new URL("./keeper-spawner.ts", import.meta.url));
    const host = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", spawner, folder.path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    host.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await until("the worker is ready", () => said.includes("\n"));
    const { port } = JSON.parse(said) as { port: number };
    const started: number[] = [];
    for (const kwargs of [{ action: "spawn" }, { action: "spawn", setsid: true }, { action: "spawn_daemon" }]) {
      const reply = await request(`http://127.0.0.1:${port}/execute`, { method: "POST", body: JSON.stringify({ kwargs }) });
      started.push((await reply.body.json()) as number);
    }
    const tree = descendants(host.pid ?? -1);
    expect(tree).toEqual(expect.arrayContaining(started));
    host.kill("SIGKILL");
    await once(host, "exit");
    await until("nothing of it is left", gone(tree));
  });
});

describe("when the worker ends", () => {
  test.each([
    ["SIGKILL", 9],
    ["SIGSEGV", 11],
    ["SIGABRT", 6],
  ] as const)("by %s, so does the keeper", async (signal, signalNumber) => {
    await using keeper = await KeeperUnderTest.start();
    const call = ignoringDeath(keeper.execute("crash", { signal_number: signalNumber }));
    expect(await keeper.exited).toEqual({ code: null, signal });
    expect(await call).toBeInstanceOf(Error);
    expect(keeper.output).toContain("about to crash");
  });

  test("by a signal that it was sent before it served, so does the keeper", async () => {
    await using keeper = await KeeperUnderTest.launch({ env: { STAND_IN_IMPORT_SECONDS: "600" } });
    await until("the worker imports", () => descendants(keeper.pid).length === 1);
    keeper.kill("SIGTERM");
    expect(await keeper.exited).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("with a code, so does the keeper", async () => {
    await using keeper = await KeeperUnderTest.start();
    await ignoringDeath(keeper.execute("exit", { code: 7 }));
    expect(await keeper.exited).toEqual({ code: 7, signal: null });
  });

  test("what it had started ends with it", async () => {
    const { keeper, family } = await startWithChildren();
    await using _ = keeper;
    await ignoringDeath(keeper.execute("crash", { signal_number: 9 }));
    await keeper.exited;
    await until("the family is gone", gone(family));
  });
});

describe("when it is told to end", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s reaches the worker, which cleans up", async (signal) => {
    await using keeper = await KeeperUnderTest.start();
    keeper.kill(signal);
    expect(await keeper.exited).toEqual({ code: 0, signal: null });
    expect(keeper.output.match(/cleaned up/g)).toHaveLength(1);
  });

  test("the worker waits for its running call, and the keeper for the worker", async () => {
    await using keeper = await KeeperUnderTest.start();
    const call = keeper.execute("sleep", { seconds: 1.5, check: false });
    await until("the call runs", () => keeper.output.includes("sleeping"));
    keeper.kill("SIGTERM");
    expect((await call).json).toBe("done");
    expect(await keeper.exited).toEqual({ code: 0, signal: null });
  });

  test("a keeper that is killed takes the worker along", async () => {
    await using keeper = await KeeperUnderTest.start();
    const { pid } = await keeper.ready;
    keeper.kill("SIGKILL");
    await keeper.exited;
    await until("the worker is gone", gone([pid]));
  });
});
