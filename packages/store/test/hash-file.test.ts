import { createHash } from "node:crypto";
import { appendFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashFile } from "../src/hash-file.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);
const HELLO = `sha256:${createHash("sha256").update("hello").digest("hex")}`;

function file(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

/** A file of zeros that takes no room. */
function zeros(name: string, bytes: number): string {
  truncateSync(file(name, ""), bytes);
  return at(name);
}

test("a file is read when the tick of its last change is over, since another change within it would show no trace", async () => {
  const path = file("input.txt", "hello");
  let ageMs = 0;
  const readingBegins = (): void => {
    ageMs = Date.now() - statSync(path).mtimeMs;
  };
  await hashFile(path, atFirstBlock(readingBegins));
  expect(ageMs).toBeGreaterThan(10);
});

test.each([
  ["grows", (path: string) => appendFileSync(path, "x")],
  ["is rewritten with its old time", (path: string) => rewriteInPlace(path)],
  ["is replaced by one of the same size and time", (path: string) => replace(path)],
  ["is removed", (path: string) => rmSync(path)],
])("a file that %s during the pass has no state that the hash is of", async (_, change) => {
  const path = zeros("input.bin", 4 * 1024 * 1024);
  utimesSync(path, LONG_AGO, LONG_AGO);
  expect((await hashFile(path)).state).toMatchObject({ path, size: 4_194_304n });
  expect(
    (
      await hashFile(
        path,
        atFirstBlock(() => change(path)),
      )
    ).state,
  ).toBeNull();
});

const LONG_AGO = 1_700_000_000;

function rewriteInPlace(path: string): void {
  writeFileSync(path, Buffer.alloc(4 * 1024 * 1024, 1));
  utimesSync(path, LONG_AGO, LONG_AGO);
}

function replace(path: string): void {
  rewriteInPlace(at("other.bin"));
  renameSync(at("other.bin"), path);
}

/** A signal that does something the first time it is asked, which is before the first block is read. */
function atFirstBlock(act: () => void): AbortSignal {
  const { signal } = new AbortController();
  let acted = false;
  signal.throwIfAborted = () => {
    if (!acted) act();
    acted = true;
  };
  return signal;
}

test("a large file is not held in memory", async () => {
  const path = zeros("large.bin", 256 * 1024 * 1024);
  const script = `
import { hashFile } from ${JSON.stringify(new URL("../src/hash-file.ts", import.meta.url).href)};
const { contentHash } = await hashFile(${JSON.stringify(file("small.txt", "hello"))});
const beforeKb = process.resourceUsage().maxRSS;
await hashFile(${JSON.stringify(path)});
console.log(contentHash, process.resourceUsage().maxRSS - beforeKb < 64 * 1024);`;
  const { stdout, stderr } = await runProgram(process.execPath, ["--input-type=module", "-e", script]);
  expect([stdout.trim(), stderr]).toEqual([`${HELLO} true`, ""]);
});
