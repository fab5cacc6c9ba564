import { runProgram } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";

const WORKER_ENV = [{ name: "MODE", default: "plain" }];

describe("two hosts on one data directory (7.1: 32)", () => {
  test("what one remembers of an instance does not take back what the other did", async () => {
    await using host = await AcceptanceHost.create();
    await using other = host.beside();
    for (const each of [host, other]) each.install("tool", { worker_env: WORKER_ENV });
    await host.manager.load("tool", { config: { model: "large" } });
    await other.manager.load("tool");
    await host.manager.disable("tool");
    other.manager.environment.setOverrides("tool", { MODE: "fancy" });
    expect(host.configs.get("tool")).toEqual({ config: { model: "large" }, enabled: false, workerEnv: { MODE: "fancy" } });
    await other.manager.configuration.update("tool", { model: "small" });
    await host.manager.enable("tool");
    expect(host.configs.get("tool")).toEqual({ config: { model: "small" }, enabled: true, workerEnv: { MODE: "fancy" } });
  });

  test("changes of one record by several processes at the same time are all there", async () => {
    await using host = await AcceptanceHost.create();
    const script = (name: string): string => `
import { SqliteConfigs } from ${JSON.stringify(import.meta.resolve("@cjm/store"))};
const configs = SqliteConfigs.open(${JSON.stringify(`${host.folder.path}/capability_configs.db`)});
for (let count = 1; count <= 50; count++) {
  configs.change("tool", (before) => ({ config: {}, enabled: true, workerEnv: { ...before?.workerEnv, ${name}: String(count) } }), 0);
}`;
    const ends = await Promise.all(["A", "B"].map((name) => runProgram(process.execPath, ["--input-type=module", "-e", script(name)])));
    expect(ends.map(({ stderr }) => stderr)).toEqual(["", ""]);
    expect(host.configs.get("tool")?.workerEnv).toEqual({ A: "50", B: "50" });
  });

  test("a record that cannot be written fails nothing, and is told", async () => {
    await using host = await AcceptanceHost.create({
      configs: {
        get: () => null,
        change: () => {
          throw new Error("the disk is full");
        },
      },
    });
    await host.load("tool");
    await host.manager.disable("tool");
    expect(host.summary("tool").enabled).toBe(false);
    expect(host.rows("config_not_remembered")).toEqual([expect.objectContaining({ payload: { reason: "the disk is full" } })]);
  });
});
