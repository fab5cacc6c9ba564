import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectHosts } from "../../src/index.ts";
import { openHost } from "./control-kit.ts";

const HOST = fileURLToPath(new URL("host-program.ts", import.meta.url));

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder("cjm-c-");
});
afterEach(() => folder[Symbol.asyncDispose]());

const control = (): string[] => readdirSync(join(folder.path, "control")).sort();
const startHost = (dataDir = folder.path): Program =>
  new Program(process.execPath, ["--disable-warning=ExperimentalWarning", HOST, dataDir]);

test("a data directory without hosts", async () => {
  using connected = await connectHosts(folder.path);
  expect(connected).toMatchObject({ hosts: [], silent: [], leftovers: [] });
});

test("two hosts of one data directory, and one process with two", async () => {
  await using _one = await openHost(folder.path);
  await using _two = await openHost(folder.path);
  await using other = startHost();
  await other.line(/^open$/);
  using connected = await connectHosts(folder.path);
  expect(connected.hosts.map(({ info }) => info.pid)).toEqual([process.pid, process.pid, other.pid].toSorted((a, b) => a - b));
});

test("what a killed host left is recognised and removed by whoever finds it; those that live stay", async () => {
  await using living = await openHost(folder.path);
  {
    await using dead = startHost();
    await dead.line(/^open$/);
    dead.kill("SIGKILL");
    await dead.result;
    expect(control()).toHaveLength(2);
    using looked = await connectHosts(folder.path, { keepLeftovers: true });
    expect(looked.leftovers).toEqual([expect.stringContaining(`control/${dead.pid}-`)]);
    expect(control()).toHaveLength(2);
  }
  using connected = await connectHosts(folder.path);
  expect(connected).toMatchObject({ hosts: [{ info: { pid: process.pid } }], leftovers: [expect.any(String)] });
  expect(control()).toEqual([living.socketPath.split("/").at(-1)]);
});

test("a door that is closed while it is looked for was not left by a dead host", async () => {
  mkdirSync(join(folder.path, "control"));
  const door = join(folder.path, "control", "1-0a1b2c3d.sock");
  writeFileSync(door, "");
  const looking = connectHosts(folder.path, { keepLeftovers: true });
  // The list of doors is read off this thread; whether or not it has this one, nothing is done with it before this thread goes on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  rmSync(door);
  using looked = await looking;
  expect(looked).toMatchObject({ hosts: [], silent: [], leftovers: [] });
});

test("a host that is asked to end closes its door behind it", async () => {
  await using host = startHost();
  await host.line(/^open$/);
  host.kill("SIGTERM");
  expect(await host.result).toMatchObject({ code: 0 });
  expect(control()).toEqual([]);
});

test("a host that is stopped is silent, not gone", async () => {
  await using host = startHost();
  await host.line(/^open$/);
  host.kill("SIGSTOP");
  {
    using connected = await connectHosts(folder.path);
    expect(connected).toMatchObject({
      hosts: [],
      leftovers: [],
      silent: [{ pid: host.pid, reason: expect.stringContaining("does not answer") }],
    });
  }
  host.kill("SIGCONT");
  using again = await connectHosts(folder.path);
  expect(again.hosts).toHaveLength(1);
});

test("in a data directory too deep for a socket a note says where it lies; both go with the host, or after it", async () => {
  const deep = join(folder.path, ...Array.from({ length: 12 }, () => "a-folder-with-a-long-name"));
  await using host = startHost(deep);
  await host.line(/^open$/);
  const [note = ""] = readdirSync(join(deep, "control"));
  expect(note).toMatch(/^\d+-[0-9a-f]{8}\.path$/);
  const socketPath = readFileSync(join(deep, "control", note), "utf8");
  {
    using connected = await connectHosts(deep);
    expect((await connected.hosts[0]?.jobs())?.jobs).toHaveLength(1);
  }
  host.kill("SIGKILL");
  await host.result;
  expect(existsSync(socketPath)).toBe(true);
  using _after = await connectHosts(deep);
  expect([readdirSync(join(deep, "control")), existsSync(dirname(socketPath))]).toEqual([[], false]);

  await using second = startHost(deep);
  await second.line(/^open$/);
  second.kill("SIGTERM");
  await second.result;
  expect(readdirSync(join(deep, "control"))).toEqual([]);
});

test("other files, damaged notes and strangers that listen are no hosts", async () => {
  mkdirSync(join(folder.path, "control"));
  writeFileSync(join(folder.path, "control", "README"), "hello");
  writeFileSync(join(folder.path, "control", "12-abcd.path"), "not absolute");
  const stranger = createServer((socket) => socket.end("220 mail.example\n"));
  await new Promise<void>((resolve) => stranger.listen(join(folder.path, "control", "13-abcd.sock"), resolve));
  try {
    using connected = await connectHosts(folder.path);
    expect(connected).toMatchObject({ hosts: [], silent: [{ pid: 13, reason: "it does not speak as a host of cjm" }] });
    expect(connected.leftovers.map((path) => path.split("/").at(-1))).toEqual(["12-abcd.path"]);
    expect(control()).toEqual(["13-abcd.sock", "README"]);
  } finally {
    stranger.close();
  }
});
