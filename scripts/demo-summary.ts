/**
 * Says what a run of compositions/document-graph.yaml did, and checks it: the documents of the graph against an independent
 * `find`, and the journal against the jobs of the run. Exits 1 when either does not add up.
 *
 * Usage: node scripts/demo-summary.ts RESULT.json FOLDER_OF_THE_CALLER named|all
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Outcome {
  readonly runId: string;
  readonly status: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly nodes: readonly { readonly items: { readonly total: number; readonly skipped: number } }[];
  readonly results: {
    readonly find?: { readonly folder: string; readonly documents: readonly unknown[] };
    readonly report?: {
      readonly path: string;
      readonly documents: number;
      readonly sections: number;
      readonly terms: number;
      readonly links: number;
    };
    readonly export?: { readonly path: string };
  };
  readonly failures: Readonly<Record<string, readonly unknown[]>>;
}

const [resultPath = "", caller = "", names = "named"] = process.argv.slice(2);
const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const outcome = JSON.parse(readFileSync(resultPath, "utf8")) as Outcome;
const { find, report, export: exported } = outcome.results;
if (find === undefined || report === undefined) {
  console.error(
    `The run ${outcome.runId} ended as ${outcome.status} without a report; see: scripts/cjm-ctl logs --journal --run ${outcome.runId}`,
  );
  process.exit(1);
}

const failed = Object.values(outcome.failures).reduce((sum, items) => sum + items.length, 0);
const onDisk = countOnDisk(find.folder, names === "named");
const jobs = outcome.nodes.reduce((sum, { items }) => sum + items.total - items.skipped, 0);
const journal = endedJobs(outcome.runId);

console.log(`run         ${outcome.runId}, ${outcome.status} in ${((outcome.endedAt - outcome.startedAt) / 1000).toFixed(1)} s`);
console.log(
  `documents   ${find.documents.length} found, ${onDisk} counted by find(1), ${report.documents} in the graph, ${failed} left out with a reason`,
);
console.log(`graph       ${report.sections} sections, ${report.terms} terms, ${report.links} links`);
console.log(`journal     ${journal.ended} of ${jobs} jobs ended, ${journal.rows} rows tell how`);
console.log(`report      ${report.path}`);
if (exported !== undefined) console.log(`graph file  ${exported.path}`);
console.log(`
Try next${caller === root ? "" : ` (in ${root})`}:
  scripts/cjm-ctl call cjm-capability-graph search --arg query="worker threads"
  scripts/cjm-ctl logs --journal --run ${outcome.runId} --limit 20
  scripts/demo docs`);

if (find.documents.length !== onDisk || report.documents + failed !== onDisk || journal.ended !== jobs) {
  console.error("\nThe counts above do not add up.");
  process.exitCode = 1;
}

/** What find(1) makes of the same question. */
function countOnDisk(folder: string, isNamed: boolean): number {
  const names = isNamed ? ["readme", "changelog", "history", "changes"] : [""];
  const extensions = ["md", "markdown", "html", "htm", "txt"];
  const patterns = names.flatMap((name) => extensions.map((extension) => `${name}*.${extension}`));
  const tests = patterns.flatMap((pattern, index) => [...(index === 0 ? [] : ["-o"]), "-iname", pattern]);
  const bare = (isNamed ? names : ["?"]).flatMap((name) => ["-o", "(", "-iname", `${name}*`, "!", "-name", "?*.*", ")"]);
  const printed = execFileSync(
    "find",
    [folder, "-mindepth", "1", "-type", "d", "-name", ".*", "-prune", "-o", "-type", "f", "(", ...tests, ...bare, ")", "-print"],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  return printed.split("\n").filter((line) => line !== "").length;
}

function endedJobs(runId: string): { readonly rows: number; readonly ended: number } {
  const printed = execFileSync(
    process.execPath,
    [`${root}/packages/cli/src/main.ts`, "logs", "--journal", "--run", runId, "--limit", "0", "--json"],
    { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 },
  );
  const rows = printed
    .split("\n")
    .filter((line) => line !== "")
    .map(
      (line) =>
        JSON.parse(line) as { readonly jobId: string | null; readonly eventType: string; readonly payload: { readonly to?: string } },
    );
  const terminal = rows.filter(
    ({ eventType, payload }) => eventType === "state_transition" && ["completed", "failed", "cancelled"].includes(payload.to ?? ""),
  );
  return { rows: rows.length, ended: new Set(terminal.map(({ jobId }) => jobId)).size };
}
