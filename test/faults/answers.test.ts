import { describe, expect, test } from "vitest";
import { expectContained } from "./expect-contained.ts";
import { FaultHost } from "./fault-host.ts";

const VIOLATION = { code: "CJM_PROTOCOL_VIOLATION", category: "fatal", retriable: false };
const UNREACHABLE = { code: "CJM_WORKER_UNREACHABLE", category: "transient", retriable: true };

/** Nobody but a defective worker answers so; it lives on, and whoever calls next must not suffer for it. */
const ANSWERS: readonly (readonly [string, string, object])[] = [
  ["what is no HTTP", "garbage", VIOLATION],
  ["nothing and hangs up", "nothing", UNREACHABLE],
  ["half a body and hangs up", "half_a_body", UNREACHABLE],
  ["half a chunk and hangs up", "half_a_chunk", UNREACHABLE],
  ["500 as plain text", "plain_text_500", { ...VIOLATION, message: expect.stringMatching(/500.*Internal Server Error/) }],
  ["a length that is too short", "too_short_a_length", VIOLATION],
  ["two lengths", "two_lengths", VIOLATION],
  ["200 with what is no JSON", "no_json", VIOLATION],
  ["200 with nothing", "empty_200", VIOLATION],
  ["a header without end", "endless_header", VIOLATION],
  ["headers without end", "endless_headers", VIOLATION],
];

describe("a worker that answers", () => {
  test.each(ANSWERS)("%s fails that call alone", async (_name, action, error) => {
    await using host = await FaultHost.create();
    host.install("scripted");
    await host.load();
    const victim = host.victim();
    await expectContained({ host, victim, hit: host.call({ action }), error, died: null });
  });
});

describe("a worker that streams", () => {
  const STREAMS: readonly (readonly [string, object, object])[] = [
    ["what is no JSON", { garbage: true }, VIOLATION],
    ["half of it and hangs up", { cut: true }, UNREACHABLE],
    ["an error", { fail: true }, { code: "CJM_CALL_FAILED", message: "broke off" }],
  ];

  test.each(STREAMS)("%s fails that stream alone, after what came before", async (_name, how, error) => {
    await using host = await FaultHost.create();
    host.install("scripted");
    await host.load();
    const victim = host.victim();
    const chunks: unknown[] = [];
    const hit = (async () => {
      for await (const chunk of host.stream({ count: 2, ...how })) chunks.push(chunk);
    })();
    await expectContained({ host, victim, hit, error, died: null });
    expect(chunks.length).toBeLessThanOrEqual(2);
  });
});
