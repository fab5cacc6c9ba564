import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";

const entry = (name: string, more: JsonObject = {}): JsonObject => ({ name, label: `The ${name}`, ...more });
const WORKER_ENV = [
  entry("API_KEY", { secret: true, required: true }),
  entry("CACHE", { default: "${CAPABILITY_DATA_DIR}/cache" }),
  entry("MODELS", { default: "${CJM_MODELS_DIR}/hub", required: true }),
  entry("MODE", { default: "plain", required: true }),
];
const CODE = { worker_env: WORKER_ENV };

async function created(): Promise<AcceptanceHost> {
  const host = await AcceptanceHost.create();
  host.install("tool", CODE);
  return host;
}

/** The environment that the worker of an instance was started with. */
function environmentOf(host: AcceptanceHost, instanceId = "tool"): Readonly<Record<string, string>> {
  const text = readFileSync(`/proc/${host.summary(instanceId).pid}/environ`, "utf8");
  return Object.fromEntries(
    text.split("\0").map((pair): [string, string] => [pair.split("=")[0] ?? "", pair.slice(pair.indexOf("=") + 1)]),
  );
}

const statusOf = (host: AcceptanceHost, name: string, of = "tool") =>
  host.manager.environment.status(of).find((each) => each.name === name);

describe("worker environment (38)", () => {
  test("a secret that is not set is left out, not empty, and listed as missing", async () => {
    await using host = await created();
    await host.manager.load("tool");
    expect(environmentOf(host)).not.toHaveProperty("API_KEY");
    expect(host.manager.environment.missing("tool")).toEqual(["API_KEY", "MODELS"]);
    expect(host.rows("worker_spawned")[0]?.payload["warnings"]).toEqual([
      expect.stringContaining("cjm-ctl set-secret tool API_KEY"),
      expect.stringContaining("CJM_MODELS_DIR"),
      expect.stringContaining("MODELS"),
    ]);
  });

  test("a secret that is set reaches every instance of the capability, each on a new worker", async () => {
    await using host = await created();
    host.install("other", CODE);
    await host.manager.load("other");
    await host.manager.load("tool");
    await host.manager.load("tool", { instanceId: "second", config: { size: 2 } });
    const before = host.summary("other").pid;
    expect([...(await host.manager.environment.setSecret("tool", "API_KEY", "s3cret"))].sort()).toEqual(["second", "tool"]);
    for (const id of ["tool", "second"]) expect(environmentOf(host, id)["API_KEY"]).toBe("s3cret");
    expect(host.summary("second").config).toEqual({ size: 2 });
    expect(environmentOf(host, "other")).not.toHaveProperty("API_KEY");
    expect(host.summary("other").pid).toBe(before);
    expect(host.manager.environment.missing("tool")).toEqual(["MODELS"]);
  });

  test("a secret that is set waits for the calls that run", async () => {
    await using host = await created();
    await host.manager.load("tool");
    const call = host.call("tool", { answer: { gate: "end", body: "done" } });
    await host.untilAsked("tool", "/execute");
    const setting = host.manager.environment.setSecret("tool", "API_KEY", "s3cret");
    host.records.open("end");
    await expect(call).resolves.toBe("done");
    await setting;
    expect(environmentOf(host)["API_KEY"]).toBe("s3cret");
  });

  test("no value shows in a status, in the journal or in what the host remembers", async () => {
    await using host = await created();
    host.secrets.set("tool", "API_KEY", "s3cret");
    await host.manager.load("tool");
    await host.manager.disable("tool");
    const shown = JSON.stringify([
      host.manager.environment.status("tool"),
      host.allRows(),
      host.configs.get("tool"),
      host.manager.instances(),
    ]);
    expect(shown).not.toContain("s3cret");
    expect(statusOf(host, "API_KEY")).toEqual({
      name: "API_KEY",
      secret: true,
      required: true,
      satisfied: true,
      label: "The API_KEY",
      description: "",
      source: "secret",
    });
  });

  test("an override goes before the default from the next worker on, and can be taken back", async () => {
    await using host = await created();
    await host.manager.load("tool");
    expect(environmentOf(host)).toMatchObject({ MODE: "plain", CACHE: join(host.folder.path, "data/tool/cache") });
    host.manager.environment.setOverrides("tool", { MODE: "fancy" });
    expect(statusOf(host, "MODE")?.source).toBe("override");
    expect(environmentOf(host)["MODE"]).toBe("plain");
    await host.manager.reload("tool");
    expect(environmentOf(host)["MODE"]).toBe("fancy");
    host.manager.environment.setOverrides("tool", {});
    await host.manager.reload("tool");
    expect(environmentOf(host)["MODE"]).toBe("plain");
  });

  test("nothing overrides what the host itself says", async () => {
    await using host = await AcceptanceHost.create();
    const own = ["CAPABILITY_DATA_DIR", "CJM_CAPABILITY_DATA_DIR", "CJM_WORKER_SESSION_ID"];
    host.install("tool", { worker_env: own.map((name) => entry(name, { default: "mine" })) });
    await host.manager.load("tool");
    const environment = environmentOf(host);
    expect(own.map((name) => environment[name])).not.toContain("mine");
    expect(existsSync(environment["CAPABILITY_DATA_DIR"] ?? "")).toBe(true);
  });

  test.each([
    ["a secret", { API_KEY: "x" }, /API_KEY is a secret; set it with 'cjm-ctl set-secret tool API_KEY'/],
    ["what is not declared", { MOED: "x" }, /MOED is not declared\. Did you mean 'MODE'\?/],
  ])("an override of %s is refused, and nothing of it is kept", async (_name, overrides, message) => {
    await using host = await created();
    const set = (): void => host.manager.environment.setOverrides("tool", { MODE: "fancy", ...overrides });
    expect(set).toThrow(expect.objectContaining({ code: "CJM_WORKER_ENVIRONMENT_INVALID", message: expect.stringMatching(message) }));
    expect(host.configs.get("tool")).toBeNull();
  });

  test("an override that was remembered for what is not declared any more is left out with a warning", async () => {
    await using host = await created();
    host.configs.set("tool", { config: {}, enabled: true, workerEnv: { API_KEY: "stolen", OLD: "x" } }, 0);
    await host.manager.load("tool");
    expect(environmentOf(host)).not.toHaveProperty("OLD");
    expect(environmentOf(host)).not.toHaveProperty("API_KEY");
    expect(JSON.stringify(host.rows("worker_spawned")[0]?.payload["warnings"])).toMatch(/override of API_KEY.*override of OLD/);
  });

  test("an instance that is not loaded yet can be given variables, and keeps them over a restart", async () => {
    await using host = await created();
    host.manager.environment.setOverrides("second", { MODE: "fancy" }, "tool");
    await host.restart();
    await host.manager.load("tool", { instanceId: "second" });
    await host.manager.load("tool");
    expect([environmentOf(host, "second")["MODE"], environmentOf(host)["MODE"]]).toEqual(["fancy", "plain"]);
    expect(statusOf(host, "MODE", "second")?.source).toBe("override");
  });

  test("an instance with a generated id cannot", async () => {
    await using host = await created();
    const { instanceId } = await host.manager.load("tool", { newInstance: true });
    expect(() => host.manager.environment.setOverrides(instanceId, { MODE: "fancy" })).toThrow(
      expect.objectContaining({ code: "CJM_WORKER_ENVIRONMENT_INVALID", hint: expect.stringContaining("id of your own") }),
    );
    expect(host.configs.get(instanceId)).toBeNull();
  });
});
