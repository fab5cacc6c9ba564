import type { JsonValue } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { queueKit, trace, turns } from "./queue-kit.ts";

/** As from a socket: never two in one turn of the event loop. */
async function* numbers(count = Number.POSITIVE_INFINITY): AsyncGenerator<JsonValue> {
  for (let n = 0; n < count; n++) {
    await turns(1);
    yield n;
  }
}

describe("a job whose output is read while it runs", () => {
  test("gives every chunk in order, and is a job like any other", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, chunks: numbers(100) } } });
    const chunks = await Array.fromAsync(kit.queue.stream({ instanceId: "a" }));
    expect(chunks).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const [job] = kit.queue.list();
    expect(job).toMatchObject({ status: "completed", result: { chunks: 100 } });
    expect(trace(kit.journal, job?.jobId ?? "")).toEqual(["admission_decided", "pending->running", "running->completed"]);
  });

  test("is held up by a slow reader", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, chunks: numbers() } } });
    const reader = kit.queue.stream({ instanceId: "a" });
    expect(await reader.next()).toEqual({ done: false, value: 0 });
    await turns(50);
    expect(kit.runtime.produced).toBeLessThan(20);
    for (let n = 1; n < 40; n++) expect(await reader.next()).toEqual({ done: false, value: n });
    await turns(50);
    expect(kit.runtime.produced).toBeLessThan(60);
    await reader.return();
    await turns();
    kit.clock.advance(10_000);
  });

  test("is cancelled when its reader leaves, and when its signal aborts", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, cap: 2, chunks: numbers() } }, cancelGraceMs: 1000 });
    for await (const chunk of kit.queue.stream({ instanceId: "a" })) if (chunk === 3) break;
    const abort = new AbortController();
    const reading = Array.fromAsync(kit.queue.stream({ instanceId: "a" }, { signal: abort.signal }));
    await turns();
    abort.abort();
    kit.clock.advance(1000);
    await expect(reading).rejects.toMatchObject({ code: "CJM_CANCELLED" });
    kit.clock.advance(1000);
    await turns();
    expect(kit.queue.list().map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
  });

  test("lets a capability that was held up hear that its reader left, and stop by itself", async () => {
    let isStopped = false;
    async function* untilStopped(): AsyncGenerator<JsonValue> {
      while (!isStopped) {
        await turns(1);
        yield "more";
      }
    }
    await using kit = queueKit({ instances: { a: { profile: {}, chunks: untilStopped() } } });
    kit.runtime.requestCancel = async () => {
      await turns();
      isStopped = true;
    };
    const reader = kit.queue.stream({ instanceId: "a" });
    await reader.next();
    await turns(50);
    await reader.return();
    await turns(20);
    expect(kit.queue.list()[0]).toMatchObject({ status: "cancelled", cancellation: { phase: "completed", forced: false } });
    expect(kit.runtime.restarts).toEqual([]);
  });

  test("has an id of its own: of a job that is known nothing can be read", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => 1 } } });
    await kit.queue.run({ instanceId: "a", jobId: "mine" });
    const reading = Array.fromAsync(kit.queue.stream({ instanceId: "a", jobId: "mine" }));
    await expect(reading).rejects.toMatchObject({ code: "CJM_INPUT_INVALID", details: { fieldsInvalid: ["jobId"] } });
  });

  test("ends with the error of the job, after the chunks before it", async () => {
    async function* broken(): AsyncGenerator<JsonValue> {
      yield 1;
      throw new Error("the capability broke off");
    }
    await using kit = queueKit({ instances: { a: { profile: {}, chunks: broken() } } });
    const seen: JsonValue[] = [];
    const reading = (async () => {
      for await (const chunk of kit.queue.stream({ instanceId: "a", retry: { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 1 } }))
        seen.push(chunk);
    })();
    await expect(reading).rejects.toThrow("the capability broke off");
    expect(seen).toEqual([1]);
    expect(kit.queue.list()[0]).toMatchObject({ status: "failed", retryCount: 0 });
  });
});
