import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HostConnection } from "../../src/control/host-connection.ts";
import type { StatusReport } from "../../src/index.ts";
import { JOB, openHost, RawClient, STATUS } from "./control-kit.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder("cjm-c-");
});
afterEach(() => folder[Symbol.asyncDispose]());

describe("a host", () => {
  test("says who it is and answers one question after another", async () => {
    await using host = await openHost(folder.path);
    using connection = await HostConnection.open(host.socketPath);
    expect(connection.info).toEqual({ cjmControl: 1, pid: process.pid, runId: "run_x", actor: "test", startedAt: 1 });
    const answers = await Promise.all([connection.jobs(), connection.status(), connection.explain(JOB.jobId)]);
    expect(answers).toEqual([{ jobs: [JOB], unlisted: 0, compositions: [] }, STATUS, null]);
    expect(await connection.cancel("unknown", { wait: true })).toEqual({ kind: null, requested: false, status: null });
  });

  test("lets nobody but its user near: the folder is 0700, also one that was not", async () => {
    mkdirSync(`${folder.path}/control`);
    chmodSync(`${folder.path}/control`, 0o777);
    await using _host = await openHost(folder.path);
    expect(statSync(`${folder.path}/control`).mode & 0o777).toBe(0o700);
  });

  test("leaves nothing when it closes, and tells those that are connected", async () => {
    const host = await openHost(folder.path);
    using connection = await HostConnection.open(host.socketPath);
    const watched = connection.watch(() => {}, new AbortController().signal);
    const cancelling = connection.cancel(JOB.jobId, { wait: true });
    await host[Symbol.asyncDispose]();
    await watched;
    await expect(cancelling).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
    await expect(connection.jobs()).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
    expect(readdirSync(`${folder.path}/control`)).toEqual([]);
  });

  test("answers a cancellation that waits when the job is over, and others meanwhile", async () => {
    await using host = await openHost(folder.path);
    using waiting = await HostConnection.open(host.socketPath);
    using other = await HostConnection.open(host.socketPath);
    const cancelled = waiting.cancel(JOB.jobId, { wait: true });
    expect(await other.cancel(JOB.jobId, { wait: false })).toMatchObject({ status: "running" });
    host.source.ended.resolve();
    expect(await cancelled).toEqual({ kind: "job", requested: true, status: "cancelled" });
  });
});

describe("watching", () => {
  test("shows the state now and what changes; nobody looks when nobody watches", async () => {
    await using host = await openHost(folder.path);
    using connection = await HostConnection.open(host.socketPath);
    expect([host.source.looks, host.source.listeners.size]).toEqual([0, 0]);
    const seen: StatusReport[] = [];
    const watched = connection.watch((status) => seen.push(status), AbortSignal.timeout(60_000));
    await until("the first state", () => seen.length > 0);
    host.source.change(7);
    await until("the change", () => seen.at(-1)?.pending === 7);
    await until("the state though nothing changed", () => seen.length > 3);
    connection[Symbol.dispose]();
    await watched;
    await until("it is over", () => host.source.listeners.size === 0);
  });

  test("two who watch are one look", async () => {
    await using host = await openHost(folder.path);
    using one = await HostConnection.open(host.socketPath);
    using two = await HostConnection.open(host.socketPath);
    const seen: string[] = [];
    const count = (who: string): number => seen.filter((name) => name === who).length;
    void one.watch(() => seen.push("one"), AbortSignal.timeout(60_000));
    void two.watch(() => seen.push("two"), AbortSignal.timeout(60_000));
    await until("both saw three", () => count("one") >= 3 && count("two") >= 3);
    expect(host.source.looks).toBeLessThan(seen.length);
  });
});

describe("clients that do not behave", () => {
  const REQUESTS: readonly (readonly [string, string])[] = [
    ["no JSON", "what is this\n"],
    ["a question that there is not", '{"id": 1, "type": "reboot"}\n'],
    ["a question without what it is about", '{"id": 1, "type": "explain"}\n'],
    ["more than was asked for", '{"id": 1, "type": "jobs", "shell": "rm"}\n'],
    ["an id that is none", '{"id": "a", "type": "jobs"}\n'],
    ["a line that has no end", "x".repeat(20_000)],
    ["bytes that are no text", `${"\u0000\ufffd".repeat(50)}\n`],
    ["a hundred requests at once", '{"id": 1, "type": "jobs"}\n'.repeat(100)],
    ["HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ];

  test.each(REQUESTS)("are told why and let go: %s", async (_what, text) => {
    await using host = await openHost(folder.path);
    using client = new RawClient(host.socketPath);
    expect(await client.line()).toMatchObject({ cjmControl: 1 });
    client.send(text);
    let line = await client.line();
    while (typeof line === "object" && line !== null && "value" in line) line = await client.line();
    expect(line).toMatchObject({
      id: null,
      error: { code: "CJM_PROTOCOL_VIOLATION", message: expect.stringContaining("This is no request: ") },
    });
    await client.closed;
    using next = await HostConnection.open(host.socketPath);
    expect((await next.jobs()).jobs).toHaveLength(1);
  });

  test("one that only hangs is let go after a while", async () => {
    await using host = await openHost(folder.path, { idleMs: 50 });
    using client = new RawClient(host.socketPath);
    client.send('{"id": 1, "ty');
    await client.line();
    await client.closed;
  });

  test("one that watches and does not read is let go; those that read are not", async () => {
    // Both ends share this event loop, and whoever reads needs a turn of it for every state.
    await using host = await openHost(folder.path, { idleMs: 3_000 });
    // States of a size that no buffer of the system holds.
    const long = { ...JOB, waitsFor: "x".repeat(2_000_000) };
    host.source.status = async () => ({ ...STATUS, waiting: [long] });
    using hanging = new RawClient(host.socketPath);
    await hanging.line();
    hanging.socket.pause();
    hanging.send('{"id": 1, "type": "watch"}\n');
    using reading = await HostConnection.open(host.socketPath);
    const seen: StatusReport[] = [];
    void reading.watch((status) => seen.push(status), AbortSignal.timeout(60_000));
    await until("only the one that reads is left", () => host.server.clientCount === 1);
    const before = seen.length;
    await until("it still sees", () => seen.length > before + 1);
  });

  test("more than there is room for are let go, and there is room again when others went", async () => {
    await using host = await openHost(folder.path, { maxClients: 2 });
    using one = await HostConnection.open(host.socketPath);
    {
      using _two = await HostConnection.open(host.socketPath);
      await expect(HostConnection.open(host.socketPath)).rejects.toThrow(/too many others/);
      expect((await one.jobs()).jobs).toHaveLength(1);
    }
    await until("there is room", async () => {
      const third = await HostConnection.open(host.socketPath).catch(() => null);
      third?.[Symbol.dispose]();
      return third !== null;
    });
  });
});
