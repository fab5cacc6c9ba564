import { dataLayout } from "@cjm/core";
import { SqliteJobStore } from "@cjm/store";
import { claimed, configAt, sampleComposition, sampleJob, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { openWork } from "../../src/jobs/open-work.ts";
import { WorkSources } from "../../src/jobs/work-sources.ts";

const NODES = { a: { capability: "i" } };

test("work of a host that lives and has no door is shown as it stands; what dead hosts left, as interrupted", async () => {
  await using folder = await temporaryFolder();
  const layout = dataLayout(folder.path);
  const open = (): SqliteJobStore => SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults });
  {
    await using gone = open();
    await gone.submit({
      jobs: [sampleJob("lost"), sampleJob("lost-member", { compositionId: "lost-composition", nodeId: "a" })],
      compositions: [sampleComposition("lost-composition", { document: { name: "lost", nodes: NODES } })],
    });
    await claimed(gone, "lost");
  }
  await using living = open();
  await living.submit({
    jobs: [sampleJob("waits"), sampleJob("runs")],
    compositions: [
      sampleComposition("lives", { document: { name: "lives", nodes: NODES } }),
      sampleComposition("of-another-version", { document: { flow: 2 } }),
    ],
  });
  await claimed(living, "runs");

  await using sources = await WorkSources.open(configAt(folder.path));
  const work = await openWork(sources);
  expect(Object.fromEntries(work.jobs.map(({ jobId, state, waitsFor }) => [jobId, [state, waitsFor]]))).toEqual({
    lost: ["interrupted", "its host died while it ran"],
    "lost-member": ["interrupted", "its host is gone"],
    waits: ["waiting", "its host lives and cannot be asked"],
    runs: ["running", "its host lives and cannot be asked"],
  });
  expect(Object.fromEntries(work.compositions.map(({ name, state, nodes }) => [name, [state, nodes]]))).toEqual({
    lost: ["interrupted", { total: 1, ended: 0, failed: 0 }],
    lives: ["running", { total: 1, ended: 0, failed: 0 }],
    "?": ["running", null],
  });
  expect([work.hostPids, work.silent, work.unlisted]).toEqual([[], [], 0]);
});
