import { descendants, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { ManagerFixture } from "../manager-fixture.ts";

describe("several at a time", () => {
  test("each has its own outcome, a bad one among good ones", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("good");
    fixture.install("bad", "ExitsAtOnce");
    fixture.script("other");
    const outcomes = await fixture.manager.loadAll([
      { name: "good" },
      { name: "bad" },
      { name: "missing" },
      { name: "other", instanceId: "o" },
    ]);
    expect(outcomes).toMatchObject([
      { kind: "done", name: "good", instanceId: "good" },
      { kind: "failed", name: "bad", error: { code: "CJM_WORKER_START_FAILED" } },
      { kind: "failed", name: "missing", error: { code: "CJM_CAPABILITY_NOT_FOUND" } },
      { kind: "done", name: "o", instanceId: "o" },
    ]);
    await expect(fixture.call("good", { fine: true })).resolves.toEqual({ fine: true });
    expect(await fixture.manager.unloadAll(["good", "nobody", "o"])).toMatchObject([
      { kind: "done", name: "good" },
      { kind: "failed", name: "nobody", error: { code: "CJM_CAPABILITY_NOT_LOADED" } },
      { kind: "done", name: "o" },
    ]);
    expect(fixture.manager.instances()).toEqual([]);
  });

  test("no more at a time than was said", async () => {
    await using fixture = await ManagerFixture.create();
    for (const name of ["a", "b", "c"]) fixture.script(name, { initialize: "waits" }).open("initialize");
    await fixture.manager.loadAll([{ name: "a" }, { name: "b" }, { name: "c" }], { concurrency: 1 });
    const order = (await fixture.eventTypes()).filter((type) => type !== "config_applied");
    expect(order).toEqual(["worker_spawned", "worker_ready", "worker_spawned", "worker_ready", "worker_spawned", "worker_ready"]);
  });

  test("at the first failure the others are given up, and that failure is thrown", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("silent", "Silent");
    fixture.install("bad", "ExitsAtOnce");
    const load = fixture.manager.loadAll([{ name: "silent" }, { name: "bad" }, { name: "never" }], { concurrency: 2, failFast: true });
    await expect(load).rejects.toMatchObject({
      code: "CJM_WORKER_START_FAILED",
      message: expect.stringContaining("cannot find the model"),
    });
    expect(fixture.manager.instances()).toEqual([]);
    expect(descendants(process.pid)).toEqual([]);
  });

  test("can be given up", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("silent", "Silent");
    const controller = new AbortController();
    const load = fixture.manager.loadAll([{ name: "silent" }, { name: "silent", instanceId: "two" }], {
      concurrency: 1,
      signal: controller.signal,
    });
    await until("it is spawned", () => fixture.rows("worker_spawned").length === 1);
    controller.abort(new Error("enough"));
    expect(await load).toMatchObject([
      { kind: "failed", error: { message: "enough" } },
      { kind: "failed", error: { message: "enough" } },
    ]);
  });
});
