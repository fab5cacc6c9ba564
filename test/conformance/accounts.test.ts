import { ACCOUNTS_HEADER, ACCOUNTS_HEADER_LIMIT_BYTES, decodeAccounts } from "@cjm/protocol";
import { until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Reply, WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const KIB = 1024;

describe.each(WORKER_KINDS)("$language worker, accounts", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const headerOf = (reply: Reply) => reply.headers[ACCOUNTS_HEADER] as string | undefined;
  const accountsOf = (reply: Reply) => decodeAccounts(headerOf(reply));

  test.each([
    ["return", 200],
    ["fail", 500],
    ["cancel", 409],
  ])("come with a call that ends by %s", async (ending, status) => {
    const reply = await worker.execute("account", { count: 2, size: 3, ending });
    expect([reply.status, accountsOf(reply).map((account) => account.payload)]).toEqual([
      status,
      [
        { index: 0, text: "xxx" },
        { index: 1, text: "xxx" },
      ],
    ]);
  });

  test("a cancelled task keeps its own, and has none of the worker's", async () => {
    let answered = false;
    const call = worker
      .post("/task", { task: "probing", method: "wait", kwargs: { gate: "never" }, envelope: { job_id: "accounts" } })
      .finally(() => {
        answered = true;
      });
    await until("it was cancelled", async () => {
      await worker.post("/cancel", { job_id: "accounts" });
      return answered;
    });
    const reply = await call;
    // A cancellation that came before the method began leaves nothing to tell.
    expect([reply.status, accountsOf(reply).map((account) => account.event_type)]).toEqual([
      409,
      expect.toSatisfy((types: string[]) => types.every((type) => type === "before_the_gate")),
    ]);
  });

  test.each([
    ["a result that cannot be sent", "unserialisable", {}, "user_input"],
    ["arguments that are none", "double", null, "user_input"],
  ])("the worker's own account tells of %s", async (_name, method, kwargs, category) => {
    const reply = await worker.post("/task", { task: "probing", method, kwargs });
    expect(reply.status).toBe(500);
    expect(accountsOf(reply)).toEqual([
      {
        event_type: "task_account",
        payload: { task: "probing", method, ok: false, duration_s: expect.any(Number), error_category: category },
      },
    ]);
  });

  test("what JSON cannot hold is text, and the rest of it arrives", async () => {
    const reply = await worker.execute("odd_account");
    expect([reply.status, headerOf(reply)]).toEqual([200, expect.stringMatching(/^[\x20-\x7e]*$/)]);
    const [set, number, text, cycle] = accountsOf(reply);
    expect(set).toMatchObject({ event_type: "set", payload: { plain: 1, set: expect.any(String) } });
    expect(number).toEqual({ event_type: "number", payload: { plain: 1, nan: "NaN", low: "-Infinity" } });
    expect(text).toEqual({ event_type: "text", payload: { text: "größe \u2028 \u{1f600}" } });
    expect(cycle).toMatchObject({ event_type: "cycle", payload: expect.any(Object) });
  });

  test("are what they were when they were recorded", async () => {
    expect(accountsOf(await worker.execute("changed_account"))).toEqual([{ event_type: "step", payload: { step: 1 } }]);
  });

  test.each([
    ["just within the limit", 40, KIB, 0],
    ["beyond the limit, in many", 1024, KIB - 100, 900],
    ["beyond the limit, in few", 16, 64 * KIB, 16],
    ["beyond the limit, in one", 1, KIB * KIB, 1],
  ])("%s: all are told of, the newest in full", async (_name, count, size, dropped) => {
    const reply = await worker.execute("account", { count, size });
    expect([reply.status, headerOf(reply)?.length]).toEqual([
      200,
      expect.toSatisfy((length: number) => length <= ACCOUNTS_HEADER_LIMIT_BYTES),
    ]);
    const accounts = accountsOf(reply);
    const note = accounts.at(-1)?.event_type === "accounts_truncated" ? accounts.at(-1) : undefined;
    const kept = note === undefined ? accounts : accounts.slice(0, -1);
    const lost = (note?.payload["dropped"] as number | undefined) ?? 0;
    expect(lost).toBeGreaterThanOrEqual(dropped);
    expect(kept.length + lost).toBe(count);
    expect(kept.map((account) => account.payload["index"])).toEqual(Array.from({ length: kept.length }, (_, index) => lost + index));
    if (note !== undefined) expect(note.payload).toEqual({ dropped: lost, event_types: { probe_account: lost } });
  });

  test("of a task, the worker's own is the last to be dropped", async () => {
    const reply = await worker.post("/task", { task: "probing", method: "account", kwargs: { count: 200, size: KIB } });
    expect(accountsOf(reply).slice(-2)).toMatchObject([
      { event_type: "task_account" },
      { event_type: "accounts_truncated", payload: { event_types: { probe_account: expect.any(Number) } } },
    ]);
  });

  test("of a stream cannot be delivered, and the log says so", async () => {
    const body = { kwargs: { action: "stream_account" }, envelope: { job_id: "streamed-account" } };
    const reply = await worker.post("/execute_stream", body);
    expect([reply.text, headerOf(reply)]).toEqual(["1\n", undefined]);
    const frame = await worker.frame("log", (candidate) => candidate.job_id === "streamed-account");
    expect(frame).toMatchObject({ level: "WARNING", message: expect.stringContaining("streamed") });
  });

  test("of calls that run at the same time stay apart", async () => {
    const replies = await Promise.all([3, 1, 2].map((count) => worker.execute("account", { count, size: count })));
    expect(replies.map((reply) => accountsOf(reply).map((account) => account.payload["text"]))).toEqual([
      ["xxx", "xxx", "xxx"],
      ["x"],
      ["xx", "xx"],
    ]);
  });
});
