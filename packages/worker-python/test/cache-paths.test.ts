import { existsSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

// That names and hashes equal the original's and those of TypeScript is tested with the SDK in packages/capability.

const SDK = fileURLToPath(new URL("../python", import.meta.url));

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (...parts: string[]): string => join(folder.path, ...parts);
const database = (): string => at("shared/input_hash_cache.db");

const PRELUDE = `
import json, os, sqlite3, sys, threading
from cjm_capability import CapabilityCancelledError, CapabilityInputError, cache_paths
from cjm_capability.cache_paths import cache_directory, hash_file
from cjm_capability.input_hash_cache import InputHashCache
def rows():
    with sqlite3.connect(os.environ["CJM_INPUT_HASH_CACHE"]) as database:
        return database.execute("select path, mtime_ns, size, substr(content_hash, 1, 13) from input_hash_cache order by path").fetchall()
def sparse(path, size):
    open(path, "w").close()
    os.truncate(path, size)
`;

/** Runs a script in the temporary folder, the stat cache in the environment; returns its output. */
async function python(script: string, env: Readonly<Record<string, string | undefined>> = {}) {
  return runProgram("python3", ["-c", PRELUDE + script], {
    cwd: folder.path,
    env: { PYTHONPATH: SDK, PYTHONDONTWRITEBYTECODE: "1", CJM_INPUT_HASH_CACHE: database(), ...env },
  });
}

/** The same, for scripts that say true or false. */
async function says(script: string, env: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
  expect(await python(script, env)).toMatchObject({ code: 0, stdout: "True\n", stderr: "" });
}

function file(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

test("a dict, a dataclass and its members in any order name the same directory", async () => {
  file("talk.mp3", "hello");
  await says(`
import dataclasses
@dataclasses.dataclass
class Config:
    k: int = 1
    a: str = "x"
places = {cache_directory("data", action="convert", input="talk.mp3", config=config) for config in (Config(), {"a": "x", "k": 1}, {"k": 1, "a": "x"})}
print(len(places) == 1 and os.path.isdir(places.pop()))`);
  await says(`print(cache_directory("data", action="c", input="talk.mp3", config={"k": 1}).endswith("/c/talk/2cf24d_a0da1fce57d0"))`);
  await says(
    `print(cache_directory("data", action="c", input="talk.mp3", config={"k": 1.0}).endswith("/c/talk/2cf24d_a0da1fce57d0") is False)`,
  );
});

test("an action that is no single path component is refused", async () => {
  await says(`
refused = []
actions = ["", ".", "..", "../up", "a/b", "/a", "a\\\\b", "nul\\0", "line\\n"]
for action in actions:
    try:
        cache_directory("data", action=action, input="x", mode="identifier")
    except CapabilityInputError as error:
        refused.extend(error.fields_invalid)
print(refused == ["action"] * len(actions) and not os.path.exists("data"))`);
});

test("what is no file is refused", async () => {
  mkdirSync(at("folder"));
  await says(`
os.mkfifo("pipe")
refused = []
for path in ("missing", "folder", "pipe"):
    try:
        cache_directory("data", action="a", input=path)
    except (OSError, CapabilityInputError) as error:
        refused.append(type(error).__name__)
print(refused == ["FileNotFoundError", "IsADirectoryError", "CapabilityInputError"])`);
});

describe("the stat cache", () => {
  test("remembers the resolved path, nanoseconds and size, in the original's table", async () => {
    file("talk.mp3", "hello");
    await says(`
os.symlink("talk.mp3", "link.mp3")
hash_file("link.mp3")
with sqlite3.connect(os.environ["CJM_INPUT_HASH_CACHE"]) as database:
    shape = [row[1:] for row in database.execute("pragma table_info(input_hash_cache)")]
    mode = database.execute("pragma journal_mode").fetchone()[0]
print(rows() == [(os.path.realpath("talk.mp3"), os.stat("talk.mp3").st_mtime_ns, 5, "sha256:2cf24d")] and mode == "wal" and shape == [
    ("path", "TEXT", 1, None, 1), ("mtime_ns", "INTEGER", 1, None, 2), ("size", "INTEGER", 1, None, 3), ("content_hash", "TEXT", 1, None, 0)])`);
  });

  test("is left out without a variable, with a relative path, or when told", async () => {
    file("talk.mp3", "hello");
    await says(`print(hash_file("talk.mp3")[:13] == "sha256:2cf24d")`, { CJM_INPUT_HASH_CACHE: undefined });
    await says(`print(hash_file("talk.mp3")[:13] == "sha256:2cf24d")`, { CJM_INPUT_HASH_CACHE: "relative.db" });
    await says(`print(hash_file("talk.mp3", skip_cache=True)[:13] == "sha256:2cf24d")`);
    expect([existsSync(at("relative.db")), existsSync(database())]).toEqual([false, false]);
  });

  test.each([
    ["a folder", () => void mkdirSync(database(), { recursive: true })],
    ["no database", () => void file("shared-text.db", "text, ".repeat(999))],
  ])("that is %s is named once in the log, and inputs are hashed", async (what, spoil) => {
    file("talk.mp3", "hello");
    spoil();
    const path = what === "a folder" ? database() : at("shared-text.db");
    const result = await python(`print(hash_file("talk.mp3") == hash_file("talk.mp3"))`, { CJM_INPUT_HASH_CACHE: path });
    expect(result).toMatchObject({ code: 0, stdout: "True\n" });
    expect(result.stderr.trim().split("\n")).toEqual([expect.stringContaining(`${path} cannot be used, so inputs are hashed each time`)]);
  });

  test("is used as it is, and without a warning, where another is just writing the header of the new file", async () => {
    await says(`
path = os.environ["CJM_INPUT_HASH_CACHE"]
os.makedirs(os.path.dirname(path))
other = sqlite3.connect(path, isolation_level=None)
other.execute("create table input_hash_cache (path TEXT NOT NULL, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL, content_hash TEXT NOT NULL, PRIMARY KEY (path, mtime_ns, size))")
other.execute("insert into input_hash_cache values ('/a', 1, 2, 'sha256:" + "0" * 64 + "')")
other.execute("begin immediate")
print(InputHashCache(path).get("/a", 1, 2) == "sha256:" + "0" * 64)`);
  });

  test("is not written for a file that changes while it is read", async () => {
    await says(`
sparse("growing.bin", 4 << 20)
def grow():
    if os.path.getsize("growing.bin") == 4 << 20: os.truncate("growing.bin", (4 << 20) + 1)
cache_paths.check_cancel = grow
hash_file("growing.bin")
cache_paths.check_cancel = lambda: None
print(rows() == [] and hash_file("growing.bin") == hash_file("growing.bin", skip_cache=True) and len(rows()) == 1)`);
  });

  test("serves threads at the same time, and a forked child", async () => {
    await says(`
for index in range(20): open("input%d" % index, "w").write(str(index))
threads = [threading.Thread(target=hash_file, args=("input%d" % index,)) for index in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
child = os.fork()
if child == 0:
    open("of-child", "w").write("child")
    hash_file("of-child")
    os._exit(0)
_, status = os.waitpid(child, 0)
open("of-parent", "w").write("parent")
hash_file("of-parent")
print(status == 0 and len(rows()) == 22)`);
  });
});

test("content that is changed in place has another hash at once", async () => {
  await says(`
hashes = set()
for index in range(10, 30):
    open("input", "w").write(str(index))
    hashes.add(hash_file("input"))
print(len(hashes) == 20)`);
});

test("a large input keeps no other waiting, and the call can be cancelled", async () => {
  truncateSync(file("large.bin", ""), 64 * 1024 ** 3);
  file("talk.mp3", "hello");
  await says(`
began, cancelled, ended = threading.Event(), threading.Event(), []
def check():
    began.set()
    if cancelled.is_set(): raise CapabilityCancelledError("stop")
def hash_large():
    try:
        hash_file("large.bin")
    except CapabilityCancelledError:
        ended.append("cancelled")
cache_paths.check_cancel = check
thread = threading.Thread(target=hash_large)
thread.start()
began.wait()
small = hash_file("talk.mp3")
cancelled.set()
thread.join()
print(ended == ["cancelled"] and small[:13] == "sha256:2cf24d" and len(rows()) == 1)`);
});

test("a large input is not held in memory", async () => {
  await says(`
import resource
sparse("large.bin", 256 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
hash_file("large.bin")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024)`);
});
