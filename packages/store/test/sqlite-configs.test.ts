import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteConfigs } from "../src/index.ts";
import { withPythonSqlite } from "./python.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);

test("are kept per instance", () => {
  using configs = SqliteConfigs.open(at("c.db"));
  configs.set("i", { config: { model: "small" }, enabled: false, workerEnv: { A: "1" } }, 1000);
  configs.set("j", { config: {}, enabled: true, workerEnv: {} }, 1000);
  expect(configs.get("i")).toEqual({ config: { model: "small" }, enabled: false, workerEnv: { A: "1" } });
  expect([configs.delete("i"), configs.delete("i"), configs.get("i")]).toEqual([true, false, null]);
  expect(configs.get("j")).not.toBeNull();
});

test("the original reads them, with the time in seconds", async () => {
  {
    using configs = SqliteConfigs.open(at("c.db"));
    configs.set("i", { config: { size: 2, name: "ü" }, enabled: true, workerEnv: {} }, 1500);
  }
  const printed = await withPythonSqlite(at("c.db"), `print(database.execute("select * from capability_configs").fetchone())`);
  expect(printed.trim()).toBe(`('i', '{"name": "\\\\u00fc", "size": 2}', 1, '{}', 1.5)`);
});

test("a file keyed by capability name is brought up to date", async () => {
  await withPythonSqlite(
    at("c.db"),
    `database.execute("create table capability_configs (capability_name TEXT PRIMARY KEY, config_json TEXT NOT NULL, enabled INTEGER NOT NULL DEFAULT 1, updated_at REAL NOT NULL)")
database.execute("insert into capability_configs values ('w', '{\\"a\\": 1}', 1, 5.0)")`,
  );
  using configs = SqliteConfigs.open(at("c.db"));
  expect(configs.get("w")).toEqual({ config: { a: 1 }, enabled: true, workerEnv: {} });
  configs.set("w", { config: { a: 2 }, enabled: true, workerEnv: { K: "v" } }, 0);
  expect(configs.get("w")).toEqual({ config: { a: 2 }, enabled: true, workerEnv: { K: "v" } });
});

test("JSON that cannot be read counts as empty", async () => {
  SqliteConfigs.open(at("c.db"))[Symbol.dispose]();
  await withPythonSqlite(at("c.db"), `database.execute("insert into capability_configs values ('w', '{half', 0, '[1]', 5.0)")`);
  using configs = SqliteConfigs.open(at("c.db"));
  expect(configs.get("w")).toEqual({ config: {}, enabled: false, workerEnv: {} });
});
