import { type CjmConfig, errorMessage } from "@cjm/core";
import { collectGarbage, findGarbage } from "@cjm/environments";
import { connectHosts } from "@cjm/pipeline";
import { sizeText } from "../install/size-text.ts";
import { openWork } from "../jobs/open-work.ts";
import { WorkSources } from "../jobs/work-sources.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";
import { endOrphan, orphanedWorkers } from "./orphaned-workers.ts";

/** Hosts that live and answer, and the sockets of those that died. */
export async function checkHosts({ dataDir }: CjmConfig): Promise<readonly Finding[]> {
  using connected = await connectHosts(dataDir, { keepLeftovers: true });
  const { hosts, silent, leftovers } = connected;
  const pids = hosts.map(({ info }) => info.pid);
  return [
    pids.length === 0
      ? ok("hosts", "no host runs")
      : ok("hosts", `${pids.length === 1 ? "the host" : "hosts"} of pid ${pids.join(", ")} ${pids.length === 1 ? "answers" : "answer"}`),
    ...silent.map(({ pid, reason }) =>
      wrong("hosts", `The host of pid ${pid} does not answer: ${reason}`, `Look at it; if it hangs: kill -CONT ${pid}, or kill ${pid}`),
    ),
    ...(leftovers.length === 0
      ? []
      : [
          wrong("leftovers", `${counted(leftovers.length, "control socket")} of hosts that died`, "cjm-ctl doctor --repair", async () => {
            using removed = await connectHosts(dataDir);
            return `removed ${counted(removed.leftovers.length, "control socket")}`;
          }),
        ]),
  ];
}

/** Jobs and compositions that nobody does. What becomes of them is for a person to say. */
export async function checkOpenWork(config: CjmConfig): Promise<readonly Finding[]> {
  try {
    await using sources = await WorkSources.open(config, { keepLeftovers: true });
    const { jobs, compositions } = await openWork(sources);
    const lost = compositions.filter(({ state }) => state === "interrupted");
    const alone = jobs.filter(({ state, compositionId }) => state === "interrupted" && compositionId === null);
    return [
      ...(lost.length === 0
        ? []
        : [
            wrong(
              "leftovers",
              `${counted(lost.length, "composition")} of hosts that died: ${lost.map(({ name }) => name).join(", ")}`,
              "cjm-ctl resume goes on with them; cjm-ctl cancel ID gives one up",
            ),
          ]),
      ...(alone.length === 0
        ? []
        : [
            wrong(
              "leftovers",
              `${counted(alone.length, "job")} of hosts that died`,
              "Start a host with their capabilities, which takes them over; cjm-ctl cancel ID gives one up",
            ),
          ]),
    ];
  } catch (error) {
    return [wrong("leftovers", `What dead hosts left cannot be told: ${errorMessage(error)}`, "Mend jobs.db first.")];
  }
}

export function checkWorkers({ dataDir }: CjmConfig): readonly Finding[] {
  const orphans = orphanedWorkers(dataDir);
  const pids = orphans.flatMap((orphan) => orphan.pids);
  if (orphans.length === 0) return [];
  return [
    wrong(
      "leftovers",
      `${counted(orphans.length, "worker")} of hosts that died still ${orphans.length === 1 ? "runs" : "run"}: pid ${pids.join(", ")}`,
      `kill -9 ${pids.join(" ")}`,
      async () => {
        for (const orphan of orphans) endOrphan(orphan, dataDir);
        return `ended ${counted(orphans.length, "worker")}`;
      },
    ),
  ];
}

/** Environments that somebody began to make and did not finish, and those that nothing needs. */
export async function checkEnvironments(config: CjmConfig): Promise<readonly Finding[]> {
  try {
    const garbage = await findGarbage(config);
    const halfMade = garbage.filter(({ kind }) => kind === "leftover");
    const bytes = garbage.reduce((sum, item) => sum + item.bytes, 0);
    return [
      ...(halfMade.length === 0
        ? []
        : [
            wrong(
              "leftovers",
              `${counted(halfMade.length, "environment")} half made by an installation that died`,
              "cjm-ctl doctor --repair",
              async () => {
                const removed = await collectGarbage(config, halfMade);
                return `removed ${counted(removed.length, "half-made environment")}`;
              },
            ),
          ]),
      ...(garbage.length > halfMade.length ? [note("leftovers", `${sizeText(bytes)} that no capability needs`, "cjm-ctl gc")] : []),
    ];
  } catch (error) {
    return [wrong("leftovers", `What installations left cannot be told: ${errorMessage(error)}`, "Mend the manifest first.")];
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
