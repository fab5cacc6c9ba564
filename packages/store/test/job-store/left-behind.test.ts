import { join } from "node:path";
import { claimed, sampleComposition, sampleJob, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { type HostIdentity, SqliteJobStore } from "../../src/index.ts";
import { ownIdentity } from "../../src/job-store/host-identity.ts";

/** A process of this machine that is none any more. */
const DEAD: HostIdentity = { ...ownIdentity(), pid: 4_194_303, startTicks: 1 };

test("what is open and belongs to hosts that are gone is told, and stays theirs; that of hosts that live is not", async () => {
  await using folder = await temporaryFolder();
  const open = (identity: HostIdentity = ownIdentity()): SqliteJobStore =>
    SqliteJobStore.open(join(folder.path, "jobs.db"), { resultsFolder: join(folder.path, "results"), identity });
  {
    await using left = open();
    await left.submit({ jobs: [sampleJob("left")], compositions: [sampleComposition("left-composition")] });
  }
  // Its row is still there: it never closed.
  await using dead = open(DEAD);
  await dead.submit({ jobs: [sampleJob("of-the-dead")] });
  await using living = open();
  await living.submit({ jobs: [sampleJob("mine"), sampleJob("running")], compositions: [sampleComposition("mine-too")] });
  await claimed(living, "running");

  await using asking = open();
  for (let times = 0; times < 2; times++) {
    const { jobIds, compositionIds } = await asking.leftBehind();
    expect([jobIds.toSorted(), compositionIds]).toEqual([["left", "of-the-dead"], ["left-composition"]]);
  }
  await asking.adopt(["i"]);
  expect(await living.leftBehind()).toEqual({ jobIds: [], compositionIds: [] });
});
