import { ActionSpecSchema, SurfaceSchema, WorkerEnvEntrySchema } from "@cjm/core";
import { runProgram } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language introspection", (kind) => {
  const introspect = (module: string, className?: string) =>
    runProgram(kind.command, [
      ...kind.introspect,
      "--module",
      module,
      ...(className === undefined ? [] : ["--class", className]),
      "--environment",
      kind.environment,
    ]);

  test("prints one line of JSON that a manifest can be made of", async () => {
    const { code: exitCode, stdout } = await introspect(kind.module);
    expect([exitCode, stdout.trimEnd().split("\n").length]).toEqual([0, 1]);
    const report = JSON.parse(stdout);
    expect(Object.keys(report).sort()).toEqual(
      [
        "actions",
        "class",
        "config_schema",
        "description",
        "module",
        "name",
        "runtime",
        "structural_surface",
        "version",
        "worker_env",
      ].sort(),
    );
    expect(report).toMatchObject({
      name: "probe",
      version: "1.0.0",
      description: "Shows what workers must get right.",
      module: kind.module,
      class: "Probe",
      config_schema: {
        type: "object",
        properties: { greeting: { type: "string", default: "hello" }, slow_initialize_seconds: { type: "number", default: 0 } },
      },
      runtime: { language: kind.language, version: expect.stringMatching(/^\d+\.\d+/) },
    });
    SurfaceSchema.parse(report.structural_surface);
    WorkerEnvEntrySchema.array().parse(report.worker_env);
    const actions = new Map(
      ActionSpecSchema.array()
        .parse(report.actions)
        .map((action) => [action.name, action]),
    );
    expect(actions.get("echo")).toMatchObject({ idempotent: true, cache: "pure", streams: false });
    expect(actions.has("describe")).toBe(false);
    expect(actions.get("stream")).toMatchObject({ idempotent: false, cache: "never", streams: true });
    expect(actions.get("add")?.input_schema).toMatchObject({ type: "object", required: ["a", "b"] });
    expect(Object.keys((actions.get("add")?.input_schema?.["properties"] as object | undefined) ?? {})).toEqual(["a", "b"]);
  });

  test("says what a running worker says, to the byte", async () => {
    await using worker = await WorkerUnderTest.start(kind);
    const report = JSON.parse((await introspect(kind.module, kind.className)).stdout);
    expect(JSON.stringify((await worker.get("/structural_surface")).json)).toBe(JSON.stringify(report.structural_surface));
    expect(JSON.stringify((await worker.get("/config_schema")).json)).toBe(JSON.stringify(report.config_schema));
  });

  test.each([
    ["a module that is not there", "no-such-module-anywhere", undefined],
    ["a class that is not there", kind.module, "Nobody"],
    ["a class that is no capability", kind.module, "ProbeAdapter"],
  ])("tells an author about %s, with the way out", async (_name, module, className) => {
    const { code: exitCode, stdout } = await introspect(module, className);
    expect(exitCode).toBe(1);
    const { error } = JSON.parse(stdout) as { error: { message: string; hint: string } };
    expect(error.message).toContain(className ?? module);
    expect(error.hint).not.toBe("");
  });
});
