import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { descendants, isRunning, Program, until } from "@cjm/testing";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { WORKER_KINDS } from "../worker-kinds.ts";
import { ReferenceHost } from "./reference-host.ts";

const gone = (pids: readonly number[]) => () => pids.every((pid) => !isRunning(pid));

/** For an end that needs no more than what a crowded machine makes of a moment. */
const PATIENCE_SECONDS = 60;

/** A call whose worker is expected to die under it. */
const ignoringDeath = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe.each(WORKER_KINDS)("a $language worker of ours under a host of the original", (kind) => {
  async function startWithChildren(): Promise<{ host: ReferenceHost; family: readonly number[] }> {
    const host = await ReferenceHost.start(kind);
    const children = [(await host.execute("spawn_child")).json, (await host.execute("spawn_child", { setsid: true })).json] as number[];
    return { host, family: [...descendants(host.pid), ...children] };
  }

  test("ends in good order when it is unloaded: one cleanup, code 0, nothing left", async () => {
    const { host, family } = await startWithChildren();
    await using _ = host;
    await host.send("POST", "/initialize", {});
    expect(await host.cleanup(PATIENCE_SECONDS)).toEqual({ returncode: 0, killed: false });
    expect(host.output.match(/cleaned up/g)).toHaveLength(1);
    await until("the family is gone", gone(family));
    expect(readdirSync(join(host.folder, "tmp"))).toEqual([]);
  });

  test("ends during a call that heeds its cancellation", async () => {
    await using host = await ReferenceHost.start(kind);
    const call = ignoringDeath(host.execute("busy", { seconds: 600 }, { job_id: "heeding" }));
    await host.computing("heeding");
    expect(await host.cleanup(PATIENCE_SECONDS)).toEqual({ returncode: 0, killed: false });
    await call;
  });

  test("is killed with its group when it does not end in time", async () => {
    await using host = await ReferenceHost.start(kind);
    const family = descendants(host.pid);
    expect(family.length).toBeGreaterThanOrEqual(2);
    const call = ignoringDeath(host.execute("busy", { seconds: 600, check: false }, { job_id: "deaf" }));
    await host.computing("deaf");
    expect((await host.cleanup()).returncode).not.toBeNull();
    await until("the family is gone", gone(family));
    await call;
  });

  test("leaves nothing when the host is killed, also in the middle of a call", async () => {
    const { host, family } = await startWithChildren();
    await using _ = host;
    const call = ignoringDeath(host.execute("busy", { seconds: 600, check: false }, { job_id: "deaf" }));
    await host.computing("deaf");
    host.kill();
    await host.exited;
    await until("the family is gone", gone(family));
    await call;
  });

  test("leaves nothing when the bridge is killed", async () => {
    const { host, family } = await startWithChildren();
    await using _ = host;
    const { pid } = await host.event(({ event }) => event === "ready");
    process.kill(pid, "SIGKILL");
    await until("the family is gone", gone(family));
  });

  test("a host that sees a call break learns how the worker ended", async () => {
    await using host = await ReferenceHost.start(kind);
    host.command(`call /execute ${JSON.stringify({ kwargs: { action: "crash", code: 7 } })}`);
    expect(await host.event(({ event }) => event === "broken")).toMatchObject({ returncode: 7 });
    expect(host.output).toContain("about to crash");
  });

  test("a kill is told as a kill", async () => {
    const { host, family } = await startWithChildren();
    await using _ = host;
    const { pid } = (await host.send("GET", "/health")).json as { pid: number };
    host.command(
      `call /execute ${JSON.stringify({ kwargs: { action: "busy", seconds: 600, check: false }, envelope: { job_id: "deaf" } })}`,
    );
    await host.computing("deaf");
    process.kill(pid, "SIGKILL");
    expect(await host.event(({ event }) => event === "broken")).toMatchObject({ returncode: -9 });
    await until("the family is gone", gone(family));
  });

  test("that cannot be loaded ends with code 1 and its reason", async () => {
    await using host = await ReferenceHost.launch(kind, { className: "Missing" });
    expect(await host.event(({ event }) => event === "not ready")).toMatchObject({ returncode: 1 });
    await until("the reason is told", () => host.output.includes("Missing"));
  });

  test("whose interpreter is gone says so", async () => {
    await using host = await ReferenceHost.launch(kind, { interpreter: "/nowhere/python" });
    expect(await host.event(({ event }) => event === "not ready")).toMatchObject({ returncode: 1 });
    await until("the reason is told", () => /cannot be started: .*\/nowhere\/python.*Write the launcher anew/.test(host.output));
  });

  test("listens on a port where no descriptor is passed", async () => {
    await using host = await ReferenceHost.start(kind);
    const port = await freePort();
    const common = ["-m", "cjm_substrate.core.worker", "--module", kind.module, "--class", kind.className, "--ppid", "0"];
    await using program = new Program(join(host.folder, "a launcher"), [...common, "--port", String(port)], {
      env: { TMPDIR: join(host.folder, "tmp"), CAPABILITY_DATA_DIR: join(host.folder, "data") },
    });
    await until("it answers", () =>
      request(`http://127.0.0.1:${port}/health`).then(
        ({ statusCode }) => statusCode === 200,
        () => false,
      ),
    );
    program.kill("SIGTERM");
    expect(await program.result).toMatchObject({ code: 0, signal: null });
  });

  test("is no Python for anything else", async () => {
    await using host = await ReferenceHost.start(kind);
    const said = spawnSync(join(host.folder, "a launcher"), ["-c", "print(1)"], { encoding: "utf8" });
    expect([said.status, said.stderr]).toEqual([2, expect.stringContaining("Unknown option -c")]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
