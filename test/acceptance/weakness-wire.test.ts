import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { ManualClock, until } from "@cjm/testing";
import { Agent, request } from "undici";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { installLifecycleProbe, installProbes, LANGUAGES } from "./kit/real-workers.ts";

describe("an initialisation that takes long (trap 1)", () => {
  const CONFIG = { model: "large" };

  /** Loads an instance whose initialisation does not end, looks at it `looks` times, a second each, and says what came of it so far. */
  async function look(host: AcceptanceHost, clock: ManualClock, looks: number, messageOf: (look: number) => string): Promise<unknown> {
    host.install("tool");
    host.records.setAnswers("tool", { "/initialize": { gate: "loaded" } });
    let over = false;
    const loading = host.manager
      .load("tool", { config: CONFIG })
      .catch((error: unknown) => error)
      .finally(() => {
        over = true;
      });
    await host.untilAsked("tool", "/initialize");
    for (let index = 0; index < looks; index++) {
      const body = { progress: 0.5, message: messageOf(index) };
      host.records.setAnswers("tool", { "/initialize": { gate: "loaded" }, "/progress": { body } });
      const before = host.asked("tool", "/progress").length;
      await until("it was looked at, or is over", () => {
        clock.advance(1_000);
        return over || host.asked("tool", "/progress").length > before;
      });
    }
    return loading;
  }

  test("lives as long as it makes progress, however long that is", async () => {
    const clock = new ManualClock();
    await using host = await AcceptanceHost.create({ clock, config: { stallThresholdMs: 5_000 } });
    const loading = look(host, clock, 20, (index) => `read ${index} of 20`);
    await until("it was looked at often", () => host.asked("tool", "/progress").length >= 20);
    host.records.open("loaded");
    await expect(loading).resolves.toMatchObject({ state: "ready", config: CONFIG });
  });

  test("is ended when it stands still for longer than the threshold, and says where it stood", async () => {
    const clock = new ManualClock();
    await using host = await AcceptanceHost.create({ clock, config: { stallThresholdMs: 5_000 } });
    const outcome = await look(host, clock, 10, () => "reading the weights");
    expect(outcome).toMatchObject({
      code: "CJM_WORKER_STALLED",
      message: expect.stringMatching(/no progress for 5 s[\s\S]*reading the weights/),
      retriable: true,
    });
    expect(host.processes()).toEqual([]);
    expect(host.manager.instances()).toEqual([]);
  });
});

describe("what a call recorded (trap 15)", () => {
  test.each(LANGUAGES)("is kept when it is cancelled or fails (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load(language);
    for (const [ending, code] of [
      ["cancel", "CJM_CANCELLED"],
      ["fail", "CJM_CALL_TRANSIENT"],
    ] as const) {
      await expect(host.call(language, { action: "account", count: 1, size: 3, ending }, { jobId: ending })).rejects.toMatchObject({
        code,
      });
    }
    expect(host.rows("probe_account").map(({ jobId }) => jobId)).toEqual(["cancel", "fail"]);
  });
});

describe("a hook that fails (trap 19)", () => {
  test.each(LANGUAGES)("is noted with its reason, and the instance is disabled all the same (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installLifecycleProbe(host, "lifecycle", language);
    await host.manager.load("lifecycle", { config: { on_disable: "fail" } });
    await host.manager.disable("lifecycle");
    expect(host.rows("hook_failed")).toEqual([
      expect.objectContaining({
        instanceId: "lifecycle",
        payload: { hook: "on_disable", reason: expect.stringContaining("told to fail") },
      }),
    ]);
    expect(host.summary("lifecycle")).toMatchObject({ enabled: false, state: "ready" });
  });
});

describe("values on the way (trap 23)", () => {
  test("files among the arguments become paths, a known kind of result becomes what it stands for, an unknown one stays", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    const handle = host.manager.handle("tool", { wireTypes: new Map([["point", ({ x, y }) => [x, y]]]) });
    await handle.load();
    const audio = { toTempFile: () => Promise.resolve("/tmp/audio.wav") };
    const url = pathToFileURL("/tmp/with space.txt");
    expect(await handle.run("read", { audio, url, list: ["a"] })).toEqual({
      action: "read",
      audio: "/tmp/audio.wav",
      url: "/tmp/with space.txt",
      list: ["a"],
    });
    await expect(handle.run("read", { url: new URL("https://example.org/") })).rejects.toMatchObject({ code: "CJM_INPUT_INVALID" });
    const result = (kind: string) => handle.run("any", { answer: { body: { __wire__: kind, data: { x: 1, y: 2 } } } });
    expect(await result("point")).toEqual([1, 2]);
    expect(await result("circle")).toEqual({ __wire__: "circle", data: { x: 1, y: 2 } });
  });
});

describe("a plain failure that closes the connection (trap 8)", () => {
  test("fails its own call, and no later one on a connection that is gone", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    const answer = { status: 500, text: "Internal Server Error", headers: { connection: "close" } };
    for (let round = 0; round < 5; round++) {
      await expect(host.call("tool", { answer })).rejects.toMatchObject({
        code: "CJM_PROTOCOL_VIOLATION",
        message: expect.stringContaining("Internal Server Error"),
      });
      await expect(host.call("tool", { round })).resolves.toEqual({ round });
    }
  });
});

describe("who may talk to a worker of ours (7.1: 34)", () => {
  test.each(LANGUAGES)("whoever has the token, which stands nowhere that others can see (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load(language);
    const process = `/proc/${host.summary(language).pid}`;
    const command = readFileSync(`${process}/cmdline`, "utf8").split("\0");
    const socketPath = command[command.indexOf("--socket") + 1] ?? "";
    expect(statSync(dirname(socketPath)).mode & 0o777).toBe(0o700);
    const dispatcher = new Agent({ connect: { socketPath } });
    try {
      const { statusCode, body } = await request("http://worker/health", { dispatcher });
      await body.dump();
      expect(statusCode).toBe(401);
    } finally {
      await dispatcher.destroy();
    }
    const seen = `${command.join(" ")} ${readFileSync(`${process}/environ`, "utf8")}`;
    expect(seen).not.toMatch(/[0-9a-f]{64}/);
  });
});
