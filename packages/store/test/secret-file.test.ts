import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SecretFile } from "../src/index.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);
const text = (): string => readFileSync(at("secrets/secrets.json"), "utf8");

test("are kept for their owner's eyes only", () => {
  const secrets = new SecretFile(at("secrets"));
  expect(secrets.get("cap", "KEY")).toBeNull();
  secrets.set("cap", "KEY", "wert ü");
  secrets.set("cap", "ANOTHER", "x");
  expect(secrets.get("cap", "KEY")).toBe("wert ü");
  expect(secrets.list("cap")).toEqual(["ANOTHER", "KEY"]);
  expect(statSync(at("secrets")).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(at("secrets")).filter((file) => file.endsWith(".json"))) {
    expect(statSync(at(`secrets/${name}`)).mode & 0o777).toBe(0o600);
  }
});

test("the file is the original's: scopes, two spaces, ASCII, no line break at the end", () => {
  const secrets = new SecretFile(at("secrets"));
  secrets.set("cap", "KEY", "ü");
  secrets.set("cap", "KEY", "other", "tests");
  expect(text()).toBe(
    '{\n  "__default__": {\n    "cap": {\n      "KEY": "\\u00fc"\n    }\n  },\n  "tests": {\n    "cap": {\n      "KEY": "other"\n    }\n  }\n}',
  );
  expect([secrets.get("cap", "KEY"), secrets.get("cap", "KEY", "tests")]).toEqual(["ü", "other"]);
});

test("loose permissions are tightened on the next change", () => {
  const secrets = new SecretFile(at("secrets"));
  secrets.set("cap", "KEY", "v");
  chmodSync(at("secrets/secrets.json"), 0o644);
  chmodSync(at("secrets"), 0o755);
  secrets.set("cap", "KEY", "w");
  expect(statSync(at("secrets/secrets.json")).mode & 0o777).toBe(0o600);
  expect(statSync(at("secrets")).mode & 0o777).toBe(0o700);
});

test("loose permissions are tightened before anything is read", () => {
  new SecretFile(at("secrets")).set("cap", "KEY", "v");
  for (const read of [(file: SecretFile) => file.get("cap", "KEY"), (file: SecretFile) => file.list("cap")]) {
    chmodSync(at("secrets/secrets.json"), 0o664);
    chmodSync(at("secrets"), 0o755);
    expect([read(new SecretFile(at("secrets")))].flat()).toHaveLength(1);
    expect(statSync(at("secrets/secrets.json")).mode & 0o777).toBe(0o600);
    expect(statSync(at("secrets")).mode & 0o777).toBe(0o700);
  }
});

test("what a process that died in the middle of a change left beside the file goes with the next change", async () => {
  const secrets = new SecretFile(at("secrets"));
  secrets.set("cap", "KEPT", "v");
  const dies = `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
    fs.renameSync = () => process.kill(process.pid, "SIGKILL"); syncBuiltinESMExports();
    const { SecretFile } = await import(${JSON.stringify(import.meta.resolve("../src/secret-file.ts"))});
    new SecretFile(${JSON.stringify(at("secrets"))}).set("cap", "LOST", "half-kept");`;
  await runProgram(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", dies]);
  const whole = (): string =>
    readdirSync(at("secrets"))
      .map((name) => readFileSync(at(`secrets/${name}`), "latin1"))
      .join();
  expect(whole()).toContain("half-kept");
  secrets.delete("cap", "KEPT");
  expect(whole()).not.toContain("half-kept");
  expect(readdirSync(at("secrets"))).toEqual(["secrets.json", "secrets.lock"]);
});

test("a disk that is full in the middle of it leaves the file as it was, and nothing beside it", async () => {
  const secrets = new SecretFile(at("secrets"));
  secrets.set("cap", "KEY", "v");
  const before = text();
  const script = `
import { SecretFile } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
process.on("SIGXFSZ", () => {});
try { new SecretFile(${JSON.stringify(at("secrets"))}).set("cap", "LONG", "x".repeat(100_000)); } catch (error) { console.log(error.code, error.message); }`;
  // No file of that process may become longer than a few KiB: a first write is short, the next one fails.
  const line = `ulimit -f 8; exec "$0" --input-type=module -e "$1" | cat`;
  const { stdout } = await runProgram("sh", ["-c", line, process.execPath, script]);
  expect(stdout).toMatch(/^CJM_STORE_FAILED .*EFBIG/);
  expect(text()).toBe(before);
  expect(readdirSync(at("secrets")).filter((name) => name.includes("json"))).toEqual(["secrets.json"]);
  secrets.set("cap", "KEY", "w");
  expect(secrets.get("cap", "KEY")).toBe("w");
});

test("deleting prunes what is empty, and makes nothing where nothing was", () => {
  const secrets = new SecretFile(at("secrets"));
  expect(secrets.delete("cap", "KEY")).toBe(false);
  expect(existsSync(at("secrets"))).toBe(false);
  secrets.set("cap", "KEY", "v");
  expect([secrets.delete("cap", "KEY"), secrets.delete("cap", "KEY")]).toEqual([true, false]);
  expect(text()).toBe("{}");
});

test.each(["{broken", "[]", '{"a": {"b": {"c": 7}}}', ""])("a damaged file is refused, left as it is and not quoted: %s", (damaged) => {
  mkdirSync(at("secrets"));
  writeFileSync(at("secrets/secrets.json"), damaged);
  const secrets = new SecretFile(at("secrets"));
  for (const use of [
    () => secrets.set("cap", "KEY", "v"),
    () => secrets.get("b", "c"),
    () => secrets.list("b"),
    () => secrets.delete("b", "c"),
  ]) {
    expect(use).toThrow(expect.objectContaining({ code: "CJM_SECRET_STORE_CORRUPT" }));
  }
  expect(text()).toBe(damaged);
});

test.each([
  ["cap", "MY KEY"],
  ["cap", "1KEY"],
  ["cap", ""],
  ["", "KEY"],
  ["a\nb", "KEY"],
  ["__proto__", "KEY"],
])("names that cannot be names are refused before anything is written: %j %j", (name, key) => {
  expect(() => new SecretFile(at("secrets")).set(name, key, "v")).toThrow(expect.objectContaining({ code: "CJM_USAGE" }));
  expect(existsSync(at("secrets"))).toBe(false);
});

test("names that every object has are names like any other", () => {
  const secrets = new SecretFile(at("secrets"));
  expect([secrets.get("constructor", "name"), secrets.get("toString", "length"), secrets.list("constructor")]).toEqual([null, null, []]);
  secrets.set("constructor", "toString", "v");
  expect(secrets.get("constructor", "toString")).toBe("v");
});

test("processes that change it at the same time lose nothing", async () => {
  const script = `
import { SecretFile } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
const secrets = new SecretFile(${JSON.stringify(at("secrets"))});
for (let i = 0; i < 30; i++) secrets.set("cap", process.argv[1] + i, "v");`;
  const writers = await Promise.all(
    ["A", "B", "C"].map((name) => runProgram(process.execPath, ["--input-type=module", "-e", script, name])),
  );
  expect(writers.map(({ stderr }) => stderr)).toEqual(["", "", ""]);
  expect(new SecretFile(at("secrets")).list("cap")).toHaveLength(90);
});

test("a folder that cannot be made is said with its name", () => {
  writeFileSync(at("file"), "");
  expect(() => new SecretFile(at("file/secrets")).set("cap", "KEY", "v")).toThrow(
    expect.objectContaining({ code: "CJM_STORE_FAILED", message: expect.stringContaining(at("file/secrets")) }),
  );
});
