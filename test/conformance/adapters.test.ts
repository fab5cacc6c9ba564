import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker, task adapters", (kind) => {
  const adapter = kind.adapters[0] ?? "";
  const of = (className: string) => `${kind.module}:${className}`;
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    const unbindable = [of("FailingAdapter"), of("NamelessAdapter"), of("greeting"), "WithoutModule", `${kind.module}:`];
    const adapters = ["", ...unbindable, `  ${adapter}  `, " ", of("SecondAdapter"), of("OtherAdapter")];
    worker = await WorkerUnderTest.start(kind, { adapters });
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  test.each([
    ["cannot be made", "FailingAdapter", "cannot be made"],
    ["names no task", "NamelessAdapter", "NamelessAdapter"],
    ["is no class", "greeting", "greeting"],
    ["names no module", "WithoutModule", "module:Class"],
    ["names no class", `${kind.module}: `, "module:Class"],
    ["comes second for a task", "SecondAdapter", "probing"],
  ])("one that %s is left out, and the log says so", async (_name, spec, told) => {
    const frame = await worker.frame("log", (candidate) => candidate.message.includes(spec.trimEnd()) && candidate.message.includes(told));
    expect(frame).toMatchObject({ level: "ERROR", logger: "cjm.worker" });
  });

  test("the others serve, the first of a task before the second", async () => {
    expect(await worker.post("/task", { task: "probing", method: "double", kwargs: { value: 2 } })).toMatchObject({ status: 200, json: 4 });
    expect(await worker.post("/task", { task: "other-task", method: "half", kwargs: { value: 4 } })).toMatchObject({
      status: 200,
      json: 2,
    });
  });

  test.each([
    ["what is no method", { task: "probing", method: "notCallable" }],
    ["a method of a number", { task: 7, method: "double" }],
    ["a method that is a number", { task: "probing", method: 7 }],
    ["a method of another task", { task: "other-task", method: "double" }],
    ["a member that fails when it is read", { task: "probing", method: "broken" }],
    ["no task", { method: "double" }],
  ])("%s is a 404", async (_name, body) => {
    expect(await worker.post("/task", { ...body, kwargs: {} })).toMatchObject({ status: 404, json: { detail: expect.any(String) } });
  });

  test("without adapters, the answer says that none is bound", async () => {
    await using bare = await WorkerUnderTest.start(kind, { adapters: [] });
    const reply = await bare.post("/task", { task: "probing", method: "double", kwargs: {} });
    expect(reply).toMatchObject({ status: 404, json: { detail: expect.stringMatching(/probing.*none/) } });
  });
});
