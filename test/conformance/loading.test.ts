import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WorkerUnderTest, workerArguments } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker", (kind) => {
  test.each([
    ["a module that is not there", { module: "no-such-module-anywhere" }, "no-such-module-anywhere"],
    ["a class that is not there", { className: "Nobody" }, "Nobody"],
    ["a class that is no capability", { className: "ProbeAdapter" }, "ProbeAdapter"],
  ])("%s is a failed frame, readable text and exit code 1", async (_name, options, told) => {
    await using worker = await WorkerUnderTest.launch(kind, options);
    const frame = await worker.frame("failed");
    expect(Object.keys(frame.error)).toHaveLength(11);
    expect(frame.error.message).toContain(told);
    expect(await worker.exited).toEqual({ code: 1, signal: null });
    expect(worker.output).toContain(told);
    expect(worker.frames.filter((candidate) => candidate.type === "ready")).toEqual([]);
  });

  test("an adapter that cannot be bound is left out with a log line, and the others serve", async () => {
    const adapters = ["no-such-module-anywhere:Adapter", ...kind.adapters, `${kind.module}:NoSuchAdapter`];
    await using worker = await WorkerUnderTest.start(kind, { adapters });
    expect((await worker.post("/task", { task: "probing", method: "double", kwargs: { value: 2 } })).json).toBe(4);
    const frame = await worker.frame("log", (candidate) => candidate.message.includes("no-such-module-anywhere"));
    expect(frame.level).toBe("ERROR");
  });

  test.each([
    ["a first line that is no JSON", "hello\n"],
    ["another protocol version", `${JSON.stringify({ type: "hello", protocol: 99, token: "f".repeat(64), session_id: "s" })}\n`],
  ])("%s is refused", async (_name, hello) => {
    await using worker = await WorkerUnderTest.launch(kind, { hello });
    const { code, signal } = await worker.exited;
    expect(code === 0 && signal === null).toBe(false);
    expect(worker.frames.filter((frame) => frame.type === "ready")).toEqual([]);
  });

  test("nothing is served before the hello", async () => {
    await using worker = await WorkerUnderTest.launch(kind, { hello: null });
    await expect(worker.get("/health")).rejects.toThrow();
    worker.control.destroy();
    await worker.exited;
  });

  test("without a control channel it says what it is, exit code 2", async () => {
    const child = spawn(kind.command, [...kind.entry, ...workerArguments(kind, "/nonexistent/worker.sock")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const [code] = (await once(child, "close")) as [number];
    expect([code, text]).toEqual([2, expect.stringContaining("control channel")]);
  });
});
