import type { JsonObject, StoredJournalEvent } from "@cjm/core";
import { expect, test } from "vitest";
import { jobTimeline } from "../../src/jobs/job-timeline.ts";

let seq = 0;
const row = (occurredAt: number, eventType: string, payload: JsonObject = {}, workerReported = false): StoredJournalEvent => ({
  seq: ++seq,
  eventId: `e${seq}`,
  occurredAt,
  eventType,
  jobId: "j",
  payload,
  workerReported,
});
const texts = (rows: readonly StoredJournalEvent[], submittedAt: number | null = 1000): string[] =>
  jobTimeline(rows, { submittedAt }).map(({ at, text }) => `${at} ${text}`);

test("a job that waits for memory, is tried again, and completes", () => {
  expect(
    texts([
      row(1010, "block_reason_changed", { from: null, to: "blocked on memory: 2000 MB short" }),
      row(5000, "admission_decided", { exclusive: false, gpu_reserved_mb: 4096, lanes_in_use: 3, stats_available: true }),
      row(5001, "state_transition", { from: "pending", to: "running" }),
      row(6001, "retry_started", { attempt: 1, exception_repr: "CjmError: out of memory" }),
      row(6500, "tokens_used", { input: 12 }, true),
      row(9001, "state_transition", { from: "running", to: "completed", job_snapshot: { error: null } }),
      row(9002, "composition_advanced", { completed_node: "a", enqueued_nodes: ["b", "c"] }),
      row(9003, "composition_advanced", { completed_node: "a", enqueued_nodes: [] }),
    ]),
  ).toEqual([
    "1000 submitted",
    "1010 waits: blocked on memory: 2000 MB short",
    "5000 admitted after 4.0 s of waiting: beside 2 others, 4096 MB of GPU memory reserved",
    "5001 started",
    "6001 try 2, after CjmError: out of memory",
    "6500 its worker reported input 12",
    "9001 completed after 4.0 s",
    "9002 let b, c begin",
  ]);
});

test("a job whose host died, and that had to be forced to end", () => {
  expect(
    texts([
      row(2000, "state_transition", { from: "pending", to: "running" }),
      row(8000, "job_interrupted", { interruptions: 2 }),
      row(8500, "admission_decided", { exclusive: true, gpu_reserved_mb: 0, lanes_in_use: 1, stats_available: false }),
      row(8500, "state_transition", { from: "pending", to: "running" }),
      row(9000, "cancel_phase_changed", { from: null, to: "cooperative" }),
      row(9500, "cancel_phase_changed", { from: "cooperative", to: "force" }),
      row(9500, "cancel_phase_changed", { from: "force", to: "reloading" }),
      row(9900, "cancel_phase_changed", { from: "reloading", to: "completed" }),
      row(9900, "state_transition", { from: "running", to: "cancelled", job_snapshot: {} }),
    ]),
  ).toEqual([
    "1000 submitted",
    "2000 started",
    "8000 its host had died while it ran, for the 2. time; another took it over",
    "8500 admitted after 500 ms of waiting: alone, to be measured, without figures of the machine",
    "8500 started",
    "9000 cancellation: the capability was asked to stop",
    "9500 cancellation: it did not stop, so the call was given up",
    "9500 cancellation: its worker is being restarted",
    "9900 cancellation: completed",
    "9900 was cancelled after 1.4 s",
  ]);
});

test("rows of others, of the original, and damaged ones do not stop it", () => {
  const snapshot = { submitted_at: "2026-01-01T00:00:01+00:00", error: { message: "first line\nsecond" } };
  const submitted = Date.parse("2026-01-01T00:00:01Z");
  expect(
    texts(
      [
        row(submitted + 10, "admission_decided"),
        row(submitted + 20, "cache_hit", { key: "abc", bytes: 12 }),
        row(submitted + 30, "cancel_phase_changed", { to: { odd: true } }),
        row(submitted + 40, "retry_started"),
        row(submitted + 50, "state_transition", { to: "failed", job_snapshot: snapshot }),
      ],
      null,
    ).map((text) => text.slice(String(submitted).length + 1)),
  ).toEqual([
    "submitted",
    "admitted after 10 ms of waiting: no other job ran",
    "cache hit: key abc, bytes 12",
    'cancellation: {"odd":true}',
    "try 1, after a failure",
    "failed: first line",
  ]);
});
