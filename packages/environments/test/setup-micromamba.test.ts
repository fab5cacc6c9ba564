import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CondaStandIn } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { micromambaUrl } from "../src/conda/setup-micromamba.ts";
import { type DownloadProgress, setupMicromamba } from "../src/index.ts";
import { InstallWorkspace } from "./install-workspace.ts";

let workspace: InstallWorkspace;
let server: Server;
let program: Buffer;
let requests: { readonly path: string; readonly range: string | undefined }[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  workspace = await InstallWorkspace.create();
  // As long as a real one in nothing but that it comes in many pieces.
  program = Buffer.concat([Buffer.from(CondaStandIn.text(workspace.at("state"))), Buffer.alloc(2 ** 20, "# padding\n")]);
  requests = [];
  answer = whole;
  server = createServer((request, response) => {
    requests.push({ path: request.url ?? "", range: request.headers.range });
    if (request.url?.endsWith(".sha256") === true) response.end(`${createHash("sha256").update(program).digest("hex")}\n`);
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await workspace[Symbol.asyncDispose]();
});

function whole(request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const isSame = request.headers["if-range"] === '"1"';
  const body = isSame ? program.subarray(from) : program;
  response.writeHead(isSame ? 206 : 200, { "content-length": body.length, etag: '"1"' }).end(body);
}

function half(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-length": program.length, etag: '"1"' });
  response.write(program.subarray(0, program.length / 2), () => setImmediate(() => response.destroy()));
}

const config = (more = {}) =>
  workspace.config({
    prefix: workspace.at("prefix"),
    micromamba: { mirror: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror/`, version: "9.9.9-0", ...more },
  });
/** Always by force: the machine that runs this may have one. */
const setup = (more = {}) => setupMicromamba({ config: config(), force: true, ...more });
const inBin = (): readonly string[] => (existsSync(workspace.at("prefix/bin")) ? readdirSync(workspace.at("prefix/bin")) : []);

test("the program is downloaded, checked, made executable and asked for its version", async () => {
  const progress: DownloadProgress[] = [];
  const outcome = await setup({ onProgress: (step: DownloadProgress) => progress.push(step) });
  expect(outcome).toEqual({ status: "downloaded", program: workspace.at("prefix/bin/micromamba"), version: "2.4.0" });
  expect(statSync(outcome.program).mode & 0o777).toBe(0o755);
  expect(readFileSync(outcome.program)).toEqual(program);
  expect(progress.length).toBeGreaterThan(1);
  expect(progress.at(-1)).toEqual({ receivedBytes: program.length, totalBytes: program.length });
  expect(requests.map(({ path }) => path)).toEqual([
    expect.stringMatching(/^\/mirror\/9\.9\.9-0\/micromamba-\w+-\w+\.sha256$/),
    expect.stringMatching(/^\/mirror\/9\.9\.9-0\/micromamba-\w+-\w+$/),
  ]);
  expect(inBin()).toEqual(["micromamba"]);
});

test("one that is there is taken, and nothing is downloaded", async () => {
  const standIn = await CondaStandIn.create(workspace.at("prefix/bin"));
  expect(await setupMicromamba({ config: config() })).toEqual({ status: "present", program: standIn.path, version: "2.4.0" });
  expect(requests).toEqual([]);
});

test("one that is there and does not run is named, with the way out", async () => {
  const standIn = await CondaStandIn.create(workspace.at("prefix/bin"));
  chmodSync(standIn.path, 0o755);
  program = Buffer.from("#!/nowhere/at/all\n");
  await expect(setup()).rejects.toMatchObject({ code: "CJM_ENVIRONMENT_TOOL_MISSING", hint: expect.stringContaining("--force") });
});

test("what is not what its checksum says is refused, and nothing of it is left", async () => {
  const sha256 = "0".repeat(64);
  await expect(setup({ config: config({ sha256 }) })).rejects.toMatchObject({
    code: "CJM_DOWNLOAD_FAILED",
    message: expect.stringContaining(`should be ${sha256}`),
  });
  expect(inBin()).toEqual([]);
});

test("a version that is not there is said with its address", async () => {
  answer = (_request, response) => response.writeHead(404).end();
  await expect(setup()).rejects.toMatchObject({
    code: "CJM_DOWNLOAD_FAILED",
    message: expect.stringMatching(/9\.9\.9-0\/micromamba-.*the server answered 404/),
    hint: expect.stringContaining("runtime.micromamba"),
  });
  expect(inBin()).toEqual([]);
});

test("a connection that breaks leaves the old program, and a second run goes on where it stopped", async () => {
  const before = await CondaStandIn.create(workspace.at("prefix/bin"));
  const text = readFileSync(before.path);
  answer = half;
  await expect(setup()).rejects.toMatchObject({ code: "CJM_DOWNLOAD_FAILED", hint: expect.stringContaining("goes on where it stopped") });
  expect(readFileSync(before.path)).toEqual(text);
  const bytes = statSync(`${before.path}.part`).size;
  expect(bytes).toBeGreaterThan(0);
  answer = whole;
  expect((await setup()).status).toBe("downloaded");
  expect(requests.at(-1)?.range).toBe(`bytes=${bytes}-`);
  expect(readFileSync(before.path)).toEqual(program);
  expect(inBin()).toEqual(["micromamba"]);
});

test("a file that changed meanwhile is downloaded from its beginning", async () => {
  answer = half;
  await expect(setup()).rejects.toThrow();
  program = Buffer.concat([program, Buffer.from("# changed\n")]);
  answer = (_request, response) => response.writeHead(200, { "content-length": program.length, etag: '"2"' }).end(program);
  await setup();
  expect(readFileSync(workspace.at("prefix/bin/micromamba"))).toEqual(program);
});

test("an interruption ends the download with its reason", async () => {
  const controller = new AbortController();
  answer = (_request, response) => response.writeHead(200, { "content-length": program.length }).write(program.subarray(0, 1000));
  const onProgress = (): void => controller.abort(new Error("stopped"));
  await expect(setup({ signal: controller.signal, onProgress })).rejects.toThrow("stopped");
  expect(inBin()).not.toContain("micromamba");
});

test.each([
  ["linux", "x64", "micromamba-linux-64"],
  ["linux", "arm64", "micromamba-linux-aarch64"],
  ["darwin", "arm64", "micromamba-osx-arm64"],
  ["darwin", "x64", "micromamba-osx-64"],
  ["win32", "x64", "micromamba-win-64"],
] as const)("the release for %s on %s", (platform, arch, name) => {
  expect(micromambaUrl({}, platform, arch)).toMatch(
    new RegExp(`^https://github\\.com/mamba-org/micromamba-releases/releases/download/[\\d.]+-\\d+/${name}$`),
  );
});

test("a platform without a release is said", () => {
  expect(() => micromambaUrl({}, "sunos", "x64")).toThrow("There is no micromamba for sunos on x64.");
});
