import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sqliteIsSilent } from "../../src/cache/input-hash-cache.ts";
import { type CacheDirectoryOptions, CapabilityCancelledError, cacheDirectory } from "../../src/index.ts";
import { golden } from "./golden-directories.ts";

const PYTHON_SDK = fileURLToPath(new URL("../../../worker-python/python", import.meta.url));
const SDK = new URL("../../src/index.ts", import.meta.url).href;
const HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder[Symbol.asyncDispose]();
});

const at = (...parts: string[]): string => join(folder.path, ...parts);
const database = (): string => at("shared", "input_hash_cache.db");

function context() {
  const warnings: string[] = [];
  const warning = (message: string): void => void warnings.push(message);
  const silent = (): void => {};
  return { dataDir: at("data"), warnings, throwIfCancelled: silent, log: { debug: silent, info: silent, warning, error: silent } };
}

function file(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

/** What the Python SDK says for each of `requests`, in a process of its own with the data directory of these tests. */
async function inPython(
  requests: readonly CacheDirectoryOptions[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const script = `import json, sys
from cjm_capability.cache_paths import cache_directory
requests = json.load(sys.stdin)
print(json.dumps([cache_directory(sys.argv[1], **request) for request in requests]))`;
  const { stdout, stderr, code } = await runProgram("python3", ["-c", script, at("data")], {
    input: JSON.stringify(requests),
    env: { PYTHONPATH: PYTHON_SDK, PYTHONDONTWRITEBYTECODE: "1", ...env },
  });
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as string[];
}

/** Rows of the stat cache, read by Python as the original does. */
async function rows(): Promise<unknown> {
  const script = `import json, sqlite3, sys
print(json.dumps([list(map(str, row)) for row in sqlite3.connect(sys.argv[1]).execute("select * from input_hash_cache order by path")]))`;
  const { stdout, stderr } = await runProgram("python3", ["-c", script, database()]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

describe("the directory", () => {
  test("is the original's, and Python's", async () => {
    const requests = golden.directories.map(({ mode, action, input, content, config }, index): CacheDirectoryOptions => {
      if (content === null) return { mode, action, input, config: JSON.parse(config) as null };
      mkdirSync(at(`input-${index}`));
      return { mode, action, input: file(join(`input-${index}`, input), content), config: JSON.parse(config) as null };
    });
    const expected = golden.directories.map(({ directory }) => at("data", directory));
    expect(await Promise.all(requests.map((request) => cacheDirectory(context(), request)))).toEqual(expected);
    expect(expected.every((path) => existsSync(path))).toBe(true);
    expect(await inPython(requests)).toEqual(expected);
  });

  test("bears the original's stem, in Python too", async () => {
    const requests = golden.stems.map(({ input }): CacheDirectoryOptions => ({ mode: "identifier", action: "a", input, create: false }));
    const stemOf = (path: string): string => path.slice(at("data/a").length + 1, path.lastIndexOf("/"));
    const expected = golden.stems.map(({ stem }) => stem);
    expect((await Promise.all(requests.map((request) => cacheDirectory(context(), request)))).map(stemOf)).toEqual(expected);
    expect((await inPython(requests)).map(stemOf)).toEqual(expected);
    expect(existsSync(at("data"))).toBe(false);
  });

  test("follows a content that is changed in place, at once", async () => {
    const of = async (content: string): Promise<string> =>
      (await cacheDirectory(context(), { action: "a", input: file("input.txt", content) })).slice(-19, -13);
    expect([await of("hello"), await of("jello"), await of("hello")]).toEqual(["2cf24d", expect.not.stringMatching("2cf24d"), "2cf24d"]);
  });
});

describe("what cannot have one", () => {
  test.each(["", ".", "..", "../up", "a/b", "a\\b", "nul\0"])("the action %j", async (action) => {
    const refused = cacheDirectory(context(), { action, input: "x", mode: "identifier" });
    await expect(refused).rejects.toMatchObject({ name: "CapabilityInputError", message: expect.stringContaining("without slashes") });
  });

  test("an input that is missing, a folder or a pipe", async () => {
    mkdirSync(at("folder"));
    await runProgram("mkfifo", [at("pipe")]);
    await expect(cacheDirectory(context(), { action: "a", input: at("missing") })).rejects.toMatchObject({ code: "ENOENT" });
    for (const input of [at("folder"), at("pipe")]) {
      await expect(cacheDirectory(context(), { action: "a", input })).rejects.toMatchObject({ name: "CapabilityInputError" });
    }
  });

  test("a call that is cancelled while a large input is read", async () => {
    const input = file("large.bin", "");
    truncateSync(input, 64 * 1024 ** 3);
    let blocks = 0;
    const throwIfCancelled = (): void => {
      blocks++;
      if (blocks > 2) throw new CapabilityCancelledError();
    };
    await expect(cacheDirectory({ ...context(), throwIfCancelled }, { action: "a", input })).rejects.toThrow(CapabilityCancelledError);
    expect(existsSync(at("data"))).toBe(false);
  });
});

describe("the stat cache that the environment names", () => {
  test("gets the hash under path, nanoseconds and size, and Python uses it", async () => {
    vi.stubEnv("CJM_INPUT_HASH_CACHE", database());
    const input = file("input.txt", "hello");
    const ctx = context();
    const path = await cacheDirectory(ctx, { action: "a", input });
    expect(await rows()).toEqual([[input, String(statSync(input, { bigint: true }).mtimeNs), "5", `sha256:${HELLO}`]]);

    // Whoever reads the file instead of the row gives another directory.
    const falsify = `import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("update input_hash_cache set content_hash = 'sha256:' || ?", ("f" * 64,)); db.commit()`;
    await runProgram("python3", ["-c", falsify, database()]);
    const falsified = path.replace("2cf24d_", "ffffff_");
    expect(await cacheDirectory(ctx, { action: "a", input })).toBe(falsified);
    expect(await cacheDirectory(ctx, { action: "a", input, skipInputCache: true })).toBe(path);
    expect(await inPython([{ action: "a", input }], { CJM_INPUT_HASH_CACHE: database() })).toEqual([falsified]);
    expect(ctx.warnings).toEqual([]);
  });

  test("takes what Python left, and nothing that is no hash", async () => {
    const input = file("input.txt", "hello");
    const [path] = await inPython([{ action: "a", input }], { CJM_INPUT_HASH_CACHE: database() });
    const spoil = `import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("update input_hash_cache set content_hash = 'sha256:../../..'"); db.commit()`;
    await runProgram("python3", ["-c", spoil, database()]);
    vi.stubEnv("CJM_INPUT_HASH_CACHE", database());
    expect(await cacheDirectory(context(), { action: "a", input })).toBe(path);
    expect(await rows()).toEqual([[input, expect.any(String), "5", `sha256:${HELLO}`]]);
  });

  test.each([
    ["a folder", (): string => at()],
    ["no database", (): string => file("text.db", "text, ".repeat(999))],
  ])("that is %s is named once in the log, and inputs are hashed", async (_, path) => {
    vi.stubEnv("CJM_INPUT_HASH_CACHE", path());
    const ctx = context();
    const input = file("input.txt", "hello");
    const made = [await cacheDirectory(ctx, { action: "a", input }), await cacheDirectory(ctx, { action: "a", input })];
    expect(made).toEqual([at("data/a/input/2cf24d_44136fa355b3"), at("data/a/input/2cf24d_44136fa355b3")]);
    expect(ctx.warnings).toEqual([expect.stringContaining("cannot be used")]);
  });

  test("is no relative path", async () => {
    vi.stubEnv("CJM_INPUT_HASH_CACHE", "input_hash_cache.db");
    await cacheDirectory(context(), { action: "a", input: file("input.txt", "hello") });
    expect(existsSync("input_hash_cache.db")).toBe(false);
  });

  test("brings no warning into the output of the process", async () => {
    const script = `import { cacheDirectory } from ${JSON.stringify(SDK)};
const log = { warning: console.log };
console.log(await cacheDirectory({ dataDir: process.argv[1], throwIfCancelled() {}, log }, { action: "a", input: process.argv[2] }));`;
    const input = file("input.txt", "hello");
    const { stdout, stderr } = await runProgram(process.execPath, ["--input-type=module", "-e", script, at("data"), input], {
      env: { CJM_INPUT_HASH_CACHE: database() },
    });
    expect([stdout.trim(), stderr]).toEqual([at("data/a/input/2cf24d_44136fa355b3"), ""]);
    expect(await rows()).toHaveLength(1);
  });
});

test.each([
  ["22.21.0", [], false],
  ["22.21.0", ["--disable-warning=ExperimentalWarning"], true],
  ["22.21.0", ["--no-warnings"], true],
  ["22.21.0", ["--disable-warning=DEP0040"], false],
  ["24.14.1", [], false],
  ["24.15.0", [], true],
  ["24.21.0", [], true],
  ["25.6.1", [], false],
  ["25.7.0", [], true],
  ["26.0.0", [], true],
])("the SQLite of Node %s with %j is silent: %s", (version, execArgv, silent) => {
  expect(sqliteIsSilent(version, execArgv)).toBe(silent);
});

describe("the example of the guide", () => {
  const guide = readFileSync(new URL("../../../../docs/guides/capabilities.md", import.meta.url), "utf8");
  const example = (language: string): string => {
    const blocks = [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((match) => match[1] ?? "");
    return blocks.find((block) => /cacheDirectory|cache_directory/.test(block)) ?? "";
  };

  test("writes the same file in both languages, and only once", async () => {
    const input = file("poem.txt", "quiet");
    const driver = `
const capability = new Shout();
const ctx = { dataDir: process.argv[2], throwIfCancelled() {}, log: {} };
console.log((await capability.execute({ action: "shout", path: process.argv[3] }, ctx)).path);`;
    const program = file("shout.ts", example("ts").replace(`"@cjm/capability"`, JSON.stringify(SDK)) + driver);
    const inNode = await runProgram(process.execPath, [program, at("data"), input]);
    expect(inNode.stderr).toBe("");
    const result = inNode.stdout.trim();
    expect(result).toMatch(/\/data\/shout\/poem\/[0-9a-f]{6}_[0-9a-f]{12}\/shouted\.txt$/);
    expect(readFileSync(result, "utf8")).toBe("QUIET!");

    writeFileSync(result, "made before");
    const script = `${example("python")}
import sys
print(Shout().execute(action="shout", path=sys.argv[1])["path"])`;
    const inPythonToo = await runProgram("python3", ["-c", script, input], {
      env: { PYTHONPATH: PYTHON_SDK, PYTHONDONTWRITEBYTECODE: "1", CAPABILITY_DATA_DIR: at("data") },
    });
    expect([inPythonToo.stdout.trim(), inPythonToo.stderr]).toEqual([result, ""]);
    expect(readFileSync(result, "utf8")).toBe("made before");
  });
});
