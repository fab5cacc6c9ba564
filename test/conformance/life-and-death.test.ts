import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { descendants, isRunning, temporaryFolder, until } from "@cjm/testing";
import { Agent, request } from "undici";
import { describe, expect, test } from "vitest";
import { type Reply, WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const gone = (pids: readonly number[]) => () => pids.every((pid) => !isRunning(pid));

/** A call whose worker is expected to die under it. */
const ignoringDeath = (reply: Promise<Reply>) => reply.catch((error: unknown) => error);

describe.each(WORKER_KINDS)("$language worker", (kind) => {
  async function startWithChildren(): Promise<{ worker: WorkerUnderTest; children: number[] }> {
    const worker = await WorkerUnderTest.start(kind);
    const children = [
      (await worker.execute("spawn_child")).json as number,
      (await worker.execute("spawn_child", { setsid: true })).json as number,
    ];
    expect(children.every(isRunning)).toBe(true);
    return { worker, children };
  }

  describe("when the host goes", () => {
    test("an idle worker dies with everything it started, also in sessions of their own", async () => {
      const { worker, children } = await startWithChildren();
      await using _ = worker;
      worker.control.destroy();
      await worker.exited;
      await until("the children are gone", gone(children));
    });

    test("a computing worker too", async () => {
      const { worker, children } = await startWithChildren();
      await using _ = worker;
      const call = ignoringDeath(worker.execute("busy", { seconds: 600, check: false }, { job_id: "deaf" }));
      await worker.computing("deaf");
      worker.control.destroy();
      expect((await worker.exited).signal).toBe("SIGKILL");
      await until("the children are gone", gone(children));
      expect(await call).toBeInstanceOf(Error);
    });

    test("a worker that is still initialising too", async () => {
      await using worker = await WorkerUnderTest.start(kind);
      const call = ignoringDeath(worker.post("/initialize", { slow_initialize_seconds: 600 }));
      await worker.computing("initialize");
      worker.control.destroy();
      await worker.exited;
      expect(await call).toBeInstanceOf(Error);
    });

    test("kill -9 of the host leaves nothing", async () => {
      await using folder = await temporaryFolder("cjm-w-");
      await mkdir(join(folder.path, "data"));
      const token = "f".repeat(64);
      const host = spawn(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          fileURLToPath(new URL("./spawner.ts", import.meta.url)),
          kind.language,
          folder.path,
          token,
        ],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      let said = "";
      host.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      await until("the worker is ready", () => said.includes('"ready"'));
      const agent = new Agent({ connect: { socketPath: join(folder.path, "worker.sock") } });
      for (const setsid of [false, true]) {
        const body = JSON.stringify({ kwargs: { action: "spawn_child", setsid } });
        await (
          await request("http://worker/execute", {
            dispatcher: agent,
            method: "POST",
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
            body,
          })
        ).body.text();
      }
      const tree = descendants(host.pid ?? -1);
      expect(tree.length).toBeGreaterThanOrEqual(3);
      host.kill("SIGKILL");
      await once(host, "exit");
      await until("nothing of it is left", gone(tree));
      await agent.destroy();
    });
  });

  describe("when it is told to end", () => {
    test("SIGTERM of an idle worker is exit code 0 after one cleanup", async () => {
      await using worker = await WorkerUnderTest.start(kind);
      await worker.post("/initialize", {});
      worker.kill("SIGTERM");
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect(worker.output.match(/cleaned up/g)).toHaveLength(1);
    });

    test("SIGTERM cancels a computing call", async () => {
      await using worker = await WorkerUnderTest.start(kind);
      const call = ignoringDeath(worker.execute("busy", { seconds: 600 }, { job_id: "heeding" }));
      await worker.computing("heeding");
      worker.kill("SIGTERM");
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect(worker.output.match(/cleaned up/g)).toHaveLength(1);
      await call;
    });

    test("SIGTERM ends a worker whose call never checks, within its limit", async () => {
      await using worker = await WorkerUnderTest.start(kind);
      const call = ignoringDeath(worker.execute("busy", { seconds: 600, check: false }, { job_id: "deaf" }));
      await worker.computing("deaf");
      worker.kill("SIGTERM");
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      await call;
    });
  });

  test("a crash is the process's exit code, after what it printed", async () => {
    await using worker = await WorkerUnderTest.start(kind);
    const call = ignoringDeath(worker.execute("crash", { code: 7 }));
    expect(await worker.exited).toEqual({ code: 7, signal: null });
    expect(await call).toBeInstanceOf(Error);
    expect(worker.output).toContain("about to crash");
  });

  test("children do not get the control channel", async () => {
    await using worker = await WorkerUnderTest.start(kind);
    const child = (await worker.execute("spawn_child", { setsid: true })).json as number;
    const channel = readlinkSync(`/proc/${worker.pid}/fd/3`);
    const held = readdirSync(`/proc/${child}/fd`).map((fd) => readlinkSync(`/proc/${child}/fd/${fd}`));
    expect(channel).toMatch(/^socket:/);
    expect(held).not.toContain(channel);
  });
});
