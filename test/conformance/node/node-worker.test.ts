import { jobErrorOfBody } from "@cjm/protocol";
import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { type Reply, WorkerUnderTest } from "../worker-harness.ts";
import { environmentFixture } from "./environment-fixture.ts";

const SOURCE = `
import { setTimeout as sleep } from "node:timers/promises";
import { action, ToolCapability, wireType, z } from "@cjm/capability";

const nothing = z.object({});
const released = Promise.withResolvers<void>();
const any = z.unknown();
const act = (run: (input: never, ctx: never) => unknown) => action({ description: "Does something.", input: z.looseObject({}), output: any, run: run as never });

export class Tool extends ToolCapability {
  readonly actions = {
    wait: act(async (_input: never, ctx: { signal: AbortSignal }) => { await sleep(60_000, null, { signal: ctx.signal }); }),
    size: act((input: { text: string }) => input.text.length),
    later: act(() => { setTimeout(() => { throw new Error("nobody caught this"); }); return "left"; }),
    forgotten: act(() => { void Promise.reject(new Error("nobody awaited this")); return "left"; }),
    exit: act(() => process.exit(0)),
    hoard: act(() => { const kept: unknown[] = []; for (;;) kept.push(new Array(1_000).fill(Math.random())); }),
    typed: action({ description: "Typed.", input: nothing, output: wireType("probe.point", z.object({ x: z.int() })), run: () => ({ x: 1 }) }),
    stream_typed: action({ description: "Typed.", input: nothing, output: wireType("probe.point", z.object({ x: z.int() })), *run() { yield { x: 1 }; yield { x: 2 }; } }),
    huge: act(() => "x".repeat(20_000_000)),
    last: act(async () => { await released.promise; return "last"; }),
    first: act(() => { released.resolve(); return "first"; }),
    print_then_loop: act((_input: never, ctx: { throwIfCancelled(): void }) => { for (let n = 0; n < 500; n += 1) console.log("line " + n); for (;;) ctx.throwIfCancelled(); }),
  };
  configOptions() { return { model: { options: [{ value: "small", label: "Small" }], constraints: {} } }; }
  prefetch(ctx: { progress(fraction: number, message: string): void }) { ctx.progress(0.5, "fetching"); }
  onDisable() { throw new Error("not now"); }
  getSystemStatus() { return { memory_available_mb: 1024 }; }
}
`;

const dying = (reply: Promise<Reply>) => reply.catch((error: unknown) => error);

describe("the worker for Node", () => {
  test("a cancelled call is woken while it waits", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    const call = worker.execute("wait", {}, { job_id: "w" });
    await until("it was cancelled", async () => {
      await worker.post("/cancel", { job_id: "w" });
      return Promise.race([call.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 20, false))]);
    });
    expect((await call).status).toBe(409);
  });

  test("calls that wait run at the same time", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    const replies = await Promise.all(["last", "first"].map((action) => worker.execute(action)));
    expect(replies.map(({ json }) => json)).toEqual(["last", "first"]);
  });

  test("typed results go in their envelope, also chunk by chunk", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    expect((await worker.execute("typed")).json).toEqual({ __wire__: "probe.point", data: { x: 1 } });
    const streamed = await worker.post("/execute_stream", { kwargs: { action: "stream_typed" } });
    expect(
      streamed.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).data.x),
    ).toEqual([1, 2]);
  });

  test("large bodies pass both ways, and their job can be cancelled", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    const text = "x".repeat(5_000_000);
    expect((await worker.execute("size", { text }, { job_id: "big" })).json).toBe(5_000_000);
    expect((await worker.execute("huge")).text).toHaveLength(20_000_002);
    const call = worker.execute("wait", { text }, { job_id: "big" });
    await until("it was cancelled", async () => {
      await worker.post("/cancel", { job_id: "big" });
      return Promise.race([call.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 20, false))]);
    });
    expect((await call).status).toBe(409);
    expect(await worker.send("POST", "/execute", { body: `{"x": "${text}"` })).toMatchObject({
      status: 500,
      text: "Internal Server Error",
    });
  });

  test("hooks of the author answer on their routes", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    expect((await worker.get("/config_options")).json).toEqual({
      model: { options: [{ value: "small", label: "Small", metadata: {} }], constraints: {} },
    });
    await worker.post("/prefetch");
    expect((await worker.get("/progress")).json).toEqual({ progress: 0.5, message: "fetching" });
    expect(await worker.post("/on_disable")).toMatchObject({ status: 200, json: { status: "error", detail: "not now" } });
    expect(await worker.post("/get_system_status")).toMatchObject({ status: 200, json: { memory_available_mb: 1024 } });
    expect((await worker.post("/list_processes")).status).toBe(501);
  });

  test.each([
    ["an error that nobody caught", "later", "nobody caught this"],
    ["a promise that nobody awaited", "forgotten", "nobody awaited this"],
    ["process.exit(0)", "exit", "process.exit(0)"],
  ])("%s ends the worker with a reason and exit code 1", async (_name, action, reason) => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    const call = dying(worker.execute(action));
    expect(await worker.exited).toEqual({ code: 1, signal: null });
    await call;
    expect(worker.output).toContain(reason);
    const frame = await worker.frame("log", (candidate) => candidate.level === "CRITICAL");
    expect(frame.message).toContain(reason);
  });

  test("running out of memory is told: by the call's typed error, or by V8 where it could not wait", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    const { kind } = environment;
    await using worker = await WorkerUnderTest.start({ ...kind, entry: ["--max-old-space-size=64", ...kind.entry] });
    const reply = await dying(worker.execute("hoard"));
    const { code, signal } = await worker.exited;
    if (signal === "SIGABRT") {
      expect(worker.output).toContain("heap out of memory");
    } else {
      expect(code).toBe(1);
      expect(jobErrorOfBody((reply as Reply).json)).toMatchObject({
        category: "resource",
        retriable: true,
        message: expect.stringContaining("memory"),
      });
    }
  });

  test("what is printed comes out while the capability computes", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    let answered = false;
    const call = worker.execute("print_then_loop", {}, { job_id: "loop" }).then((reply) => {
      answered = true;
      return reply;
    });
    await until("all lines", () => worker.output.includes("line 499\n"));
    expect(answered).toBe(false);
    await worker.post("/cancel", { job_id: "loop" });
    expect((await call).status).toBe(409);
  });

  test("a body that is too large is a 413", async () => {
    await using environment = await environmentFixture({ "src/index.ts": SOURCE });
    await using worker = await WorkerUnderTest.start(environment.kind);
    const headers = {
      authorization: `Bearer ${worker.token}`,
      "content-type": "application/json",
      "content-length": String(257 * 1024 * 1024),
    };
    async function* body() {
      yield Buffer.alloc(1024 * 1024);
    }
    const reply = await worker.send("POST", "/execute", { headers, body: body() as never }).catch((error: unknown) => error as Error);
    expect("status" in reply ? [reply.status, Object.keys(reply.json as object)] : reply).toEqual([413, ["detail"]]);
  });
});
