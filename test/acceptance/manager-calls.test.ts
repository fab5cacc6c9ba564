import type { JournalStore } from "@cjm/core";
import { withCallEnvelope } from "@cjm/host";
import { createPipeline } from "@cjm/pipeline";
import { configAt, temporaryFolder, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { writeProbeManifests } from "../probe-manifests.ts";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { installProbes, LANGUAGES } from "./kit/real-workers.ts";

describe("rows of a job (13)", () => {
  test("the host adds none of its own: two transitions and one admission, no progress, no figures", async () => {
    await using folder = await temporaryFolder();
    writeProbeManifests(folder.path);
    await using pipeline = await createPipeline({ config: configAt(folder.path), capabilities: ["node"] });
    const handle = await pipeline.queue.submit({ instanceId: "node", kwargs: { action: "progress_steps", steps: 5 } });
    await handle.result();
    const rows = pipeline.journal.query({ jobId: handle.jobId });
    expect(rows.map(({ eventType, payload }) => [eventType, payload["to"] ?? payload["exclusive"]])).toEqual([
      ["admission_decided", true],
      ["state_transition", "running"],
      ["state_transition", "completed"],
    ]);
  });
});

describe("run and actor (16)", () => {
  const ENVELOPE = { run_id: "run_1", actor: "app:tests" };

  test.each(LANGUAGES)("reach the capability beside its arguments, and every row that it asks for (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load(language);
    const whose = { run_id: "run_1", actor: "app:tests", composition_id: "c", node_id: "n", control: { force: true } };
    expect(await host.call(language, { action: "envelope" }, { jobId: "j", envelope: whose })).toEqual({ job_id: "j", ...whose });
    await host.call(language, { action: "account", count: 2, size: 3 }, { jobId: "j", envelope: whose });
    expect(host.rows("probe_account")).toEqual(
      [0, 1].map((index) =>
        expect.objectContaining({
          jobId: "j",
          runId: "run_1",
          actor: "app:tests",
          compositionId: "c",
          nodeId: "n",
          capabilityName: language,
          workerReported: true,
          workerSessionId: host.rows("worker_spawned")[0]?.workerSessionId,
          payload: { index, text: "xxx" },
        }),
      ),
    );
  });

  test("arguments arrive as they were given; without an envelope all is null", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    const headers = { "X-CJM-Accounts": JSON.stringify([{ event_type: "tokens", payload: {} }]) };
    await host.call("tool", { run_id: "mine", priority: 3, answer: { headers } }, { envelope: { job_id: null } });
    expect(host.asked("tool", "/execute")[0]?.body).toMatchObject({ args: [], kwargs: { run_id: "mine", priority: 3 } });
    expect(host.rows("tokens")[0]).toMatchObject({ jobId: null, runId: null, actor: null, compositionId: null, nodeId: null });
  });

  test("code around a call says whose it is, also where several run at a time; the call itself goes before it", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    await host.manager.load("tool", { maxConcurrentCalls: 2 });
    const call = (jobId: string, envelope = {}) => host.call("tool", { jobId }, { jobId, envelope });
    await Promise.all([
      withCallEnvelope(ENVELOPE, () => call("a")),
      withCallEnvelope({ run_id: "run_2" }, () => call("b", { actor: "app:other" })),
      withCallEnvelope(ENVELOPE, () => withCallEnvelope({ run_id: "run_3" }, () => call("c"))),
    ]);
    await call("d");
    const envelopes = host.asked("tool", "/execute").map(({ body }) => body?.["envelope"]);
    expect(envelopes).toHaveLength(4);
    expect(envelopes).toEqual(
      expect.arrayContaining([
        { job_id: "a", run_id: "run_1", actor: "app:tests" },
        { job_id: "b", run_id: "run_2", actor: "app:other" },
        { job_id: "c", run_id: "run_3", actor: "app:tests" },
        { job_id: "d" },
      ]),
    );
  });
});

describe("a journal that cannot be written (18)", () => {
  test("what runs keeps its result, nothing new is loaded, and after a reset the rows are there", async () => {
    let broken = false;
    const journalStore = (disk: JournalStore): JournalStore => ({
      append: (events) => {
        if (broken) throw new Error("no space left on device");
        return disk.append(events);
      },
      query: (query) => disk.query(query),
      count: (eventType) => disk.count(eventType),
    });
    await using host = await AcceptanceHost.create({ journalStore });
    await host.load("tool");
    const headers = { "X-CJM-Accounts": JSON.stringify([{ event_type: "tokens", payload: { count: 7 } }]) };
    const call = host.call("tool", { answer: { gate: "end", body: "done", headers } });
    await host.untilAsked("tool", "/execute");
    host.rows("worker_ready");
    broken = true;
    host.records.open("end");
    await expect(call).resolves.toBe("done");
    await until("the append failed", () => host.writer.failure !== null);
    host.install("second");
    await expect(host.manager.load("second")).rejects.toMatchObject({
      code: "CJM_JOURNAL_FAILED",
      message: expect.stringContaining("WEDGED"),
      hint: expect.any(String),
    });
    expect(host.notes("spawned", "second")).toEqual([]);
    broken = false;
    host.writer.reset();
    expect(host.rows("tokens")).toEqual([expect.objectContaining({ payload: { count: 7 } })]);
    await expect(host.manager.load("second")).resolves.toMatchObject({ state: "ready" });
  });
});

describe("diagnostics (20)", () => {
  test("of a job are that job's records alone, from whichever language", async () => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.loadAll(LANGUAGES.map((name) => ({ name })));
    for (const language of LANGUAGES) {
      for (const jobId of ["a", "b"]) {
        await host.call(
          language,
          { action: "log", message: `${language} says ${jobId}`, level: "WARNING" },
          { jobId: `${language}-${jobId}` },
        );
      }
    }
    const texts = (jobId: string) => host.diagnostics.queryRecords({ jobId }).map(({ message }) => message);
    await until("all is there", () => host.diagnostics.queryRecords({}).length >= 4);
    for (const language of LANGUAGES) expect(texts(`${language}-a`)).toEqual([`${language} says a`]);
    expect(texts("nobody")).toEqual([]);
  });

  test("of an instance are what its own workers said, with those of hosts before", async () => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    for (const instanceId of ["one", "two"]) await host.manager.load("node", { instanceId });
    await host.call("one", { action: "print_lines", lines: ["printed by one"] });
    await host.call("two", { action: "print_lines", lines: ["printed by two"] });
    await until("both lines are kept", () => host.diagnostics.queryChunks({}).length >= 2);
    await host.restart();
    const texts = host.manager.diagnostics("one").map(({ text }) => text);
    expect(texts).toContain("printed by one");
    expect(texts).not.toContain("printed by two");
  });
});
