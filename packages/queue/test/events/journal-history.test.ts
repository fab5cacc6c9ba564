import { expect, test } from "vitest";
import { MemoryJournal, queueKit } from "../queue-kit.ts";

/** As many ends of jobs, all journaled at the same time. */
function journalEnds(journal: MemoryJournal, prefix: string, count: number, occurredAt: number): void {
  const ids = Array.from({ length: count }, (_, n) => `${prefix}${n}`);
  journal.append(
    ids.map((id) => ({
      eventId: id,
      occurredAt,
      eventType: "state_transition",
      jobId: id,
      payload: { job_snapshot: { id, status: "failed", error: null } },
    })),
  );
}

test("history goes back beyond rows of one instant, and beyond a clock that was set back", async () => {
  const journal = new MemoryJournal();
  journalEnds(journal, "before-", 600, 5_000_000);
  journalEnds(journal, "after-", 1200, 1_000_000);
  await using kit = queueKit({ history: journal });
  const jobs = kit.queue.history({ limit: 10_000 });
  expect(jobs).toHaveLength(1800);
  expect([jobs[0]?.jobId, jobs.at(-1)?.jobId]).toEqual(["after-1199", "before-0"]);
  expect(kit.queue.history({ limit: 3 }).map(({ jobId }) => jobId)).toEqual(["after-1199", "after-1198", "after-1197"]);
});

test("a snapshot that lacks everything but its id is a job all the same", async () => {
  const journal = new MemoryJournal();
  journal.append([{ eventId: "e", occurredAt: 7, eventType: "state_transition", payload: { job_snapshot: { id: "bare" } } }]);
  await using kit = queueKit({ history: journal });
  expect(kit.queue.history()).toMatchObject([{ jobId: "bare", status: "completed", submittedAt: 7, error: null }]);
});
