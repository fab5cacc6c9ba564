import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataLayout } from "@cjm/core";
import { SqliteJobStore, SqliteJournal } from "@cjm/store";
import { Program, temporaryFolder } from "@cjm/testing";
import { completeLines } from "@cjm/testing/complete-lines";
import { expect, test } from "vitest";
import { writeFaultManifest } from "./fault-manifest.ts";

const HOST = fileURLToPath(new URL("hosts/marking-host.ts", import.meta.url));
const NODES = 200;
/** `CJM_CRASHES=50` for a long soak. */
const CRASHES = Number(process.env["CJM_CRASHES"] ?? 8);

test(`a composition of ${NODES} nodes whose host is killed ${CRASHES} times at random moments is done once`, async (context) => {
  await using folder = await temporaryFolder("cjm-f-");
  mkdirSync(join(folder.path, "marks"));
  writeFaultManifest(folder.path, "node", "marking", "MarkingProbe");
  const random = seeded(20_261_121);
  const lives: string[] = [];

  for (let crash = 0; crash < CRASHES; crash++) {
    await using host = new Program(process.execPath, ["--disable-warning=ExperimentalWarning", HOST, folder.path]);
    // Some die before there is anything to lose, the others after so many marks more.
    const wanted = crash % 4 === 3 ? 0 : Math.floor(random() * (NODES / CRASHES) * 2);
    const before = attempts(folder.path).length;
    const isOver = host.line(/^over: /).then(
      () => true,
      () => true,
    );
    while (attempts(folder.path).length < before + wanted && !(await Promise.race([isOver, turn()])));
    host.kill("SIGKILL");
    await host.result;
    lives.push(`${attempts(folder.path).length - before}`);
  }
  await using last = new Program(process.execPath, ["--disable-warning=ExperimentalWarning", HOST, folder.path]);
  expect(await last.line(/^over: /)).toBe("over: completed");
  expect(await last.result).toMatchObject({ code: 0 });
  await context.annotate(`attempts in each life: ${lives.join(", ")}; ${attempts(folder.path).length} in all`);

  const marks = readdirSync(join(folder.path, "marks")).filter((name) => name !== "attempts" && !name.startsWith("."));
  expect(marks).toHaveLength(NODES);
  await expectJournaled(folder.path);
}, 600_000);

/** Every node completed once, every attempt has its row, and the store says the same. */
async function expectJournaled(folder: string): Promise<void> {
  const layout = dataLayout(folder);
  using journal = SqliteJournal.open(layout.journal);
  const rows = journal.query({});
  const transitions = rows.filter(({ eventType, compositionId }) => eventType === "state_transition" && compositionId !== null);
  const completed = transitions.filter(({ payload }) => payload["to"] === "completed").map(({ nodeId }) => nodeId);
  expect(completed).toHaveLength(NODES);
  expect(new Set(completed).size).toBe(NODES);
  const begun = transitions.filter(({ payload }) => payload["to"] === "running");
  // A host may die between the row of an attempt and the call, and never the other way round.
  expect(begun.length).toBeGreaterThanOrEqual(attempts(folder).length);
  expect(rows.filter(({ eventType }) => eventType === "run_started")).toHaveLength(1);
  expect(rows.filter(({ eventType }) => eventType === "run_finished")).toHaveLength(1);
  await using jobs = SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults });
  expect(await jobs.listCompositions({ status: "running" })).toEqual([]);
}

function attempts(folder: string): readonly string[] {
  return completeLines(join(folder, "marks", "attempts"));
}

function turn(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, 2, false));
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
