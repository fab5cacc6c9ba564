import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  descendants,
  isRunning,
  Program,
  type ProgramResult,
  runProgram,
  type TemporaryFolder,
  temporaryFolder,
  until,
} from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(REPOSITORY, "packages/cli/src/main.ts");
const COMPOSITION = join(REPOSITORY, "compositions/document-graph.yaml");
const MINUTES = 60_000;

let folder: TemporaryFolder;
const at = (path: string): string => join(folder.path, path);
const argv = (args: readonly string[]): string[] => [MAIN, ...args, "--data-dir", at("data")];
const ctl = (...args: string[]): Promise<ProgramResult> => runProgram(process.execPath, argv(args), { cwd: folder.path });
const runOver = (documents: string, ...more: string[]): string[] => [
  "run",
  COMPOSITION,
  "--set",
  `folder=${documents}`,
  "--set",
  'names=["*"]',
  ...more,
];

beforeAll(async () => {
  folder = await temporaryFolder();
  const installed = await ctl("install-all", "--file", join(REPOSITORY, "capabilities.yaml"));
  if (installed.code !== 0) throw new Error(`${installed.stdout}\n${installed.stderr}`);
}, 5 * MINUTES);
afterAll(() => folder[Symbol.asyncDispose]());

describe("four capabilities", () => {
  test("are installed, and a second time nothing is done", async () => {
    const listed = JSON.parse((await ctl("list", "--json")).stdout) as unknown;
    expect(JSON.stringify(listed)).toMatch(
      /cjm-capability-documents.*cjm-capability-graph.*cjm-capability-system-monitor.*cjm-capability-text-analysis/s,
    );
    const before = readFileSync(at("data/manifests/cjm-capability-graph.json"));
    const again = await ctl("install-all", "--file", join(REPOSITORY, "capabilities.yaml"));
    expect(again.code).toBe(0);
    expect(again.stdout + again.stderr).toContain("0 installed, 4 unchanged, 0 failed");
    expect(readFileSync(at("data/manifests/cjm-capability-graph.json"))).toEqual(before);
  });

  test("two of them hold versions of one package that cannot share a node_modules, and each sees its own", async () => {
    const versionIn = async (name: string): Promise<string | undefined> => {
      const { stdout } = await ctl("call", name, "describe", "--json");
      return (JSON.parse(stdout) as { dependencies: Record<string, string> }).dependencies["entities"];
    };
    expect(await versionIn("cjm-capability-documents")).toBe("8.0.0");
    expect(await versionIn("cjm-capability-graph")).toBe("4.5.0");
  });
});

describe("the main job", () => {
  test("loses nothing of the rest when some files are no documents, and says why for each", async () => {
    mkdirSync(at("odd/deep"), { recursive: true });
    writeFileSync(at("odd/good.md"), "# Good\n\nThis is a document about worker threads. [Other](deep/other.md)\n");
    writeFileSync(at("odd/deep/other.md"), "# Other\n\nAnother document about worker threads and about queues.\n");
    writeFileSync(at("odd/empty.md"), "");
    writeFileSync(at("odd/latin1.txt"), Buffer.from("Größe und Maß", "latin1"));
    writeFileSync(at("odd/binary.md"), new Uint8Array([137, 80, 78, 71, 0, 1, 2]));
    writeFileSync(at("odd/huge.md"), "# Huge\n");
    truncateSync(at("odd/huge.md"), 100 * 1024 * 1024);

    const run = await runProgram(process.execPath, argv(runOver(at("odd"))), { cwd: folder.path });
    expect(run.stderr).not.toContain("    at ");
    const said = run.stdout + run.stderr;
    expect(said).toContain("binary.md is no text: it has a NUL byte at offset 4");
    expect(said).toContain("huge.md has 104857600 bytes, more than the limit of 16777216");
    expect(run.code).toBe(0);

    const runId = /run_\d+_\d+_[0-9a-f]+/.exec(said)?.[0] ?? "";
    const report = readFileSync(at(`data/runs/${runId}/report.html`), "utf8");
    for (const name of ["good.md", "other.md", "empty.md", "latin1.txt"]) expect(report).toContain(name);
    expect(report).toContain("1 links lead from one document to another");
    expect(report).toContain("NUL byte");
  });

  test("accounts for every job in the journal", async () => {
    const run = await runProgram(process.execPath, argv(runOver(at("odd"), "--json")), { cwd: folder.path });
    const outcome = JSON.parse(run.stdout) as { runId: string; nodes: { items: { total: number; skipped: number } }[] };
    const rows = (await ctl("logs", "--journal", "--run", outcome.runId, "--limit", "0", "--json")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { jobId: string | null; eventType: string; payload: { to?: string } });
    const ended = rows.filter(
      ({ eventType, payload }) => eventType === "state_transition" && ["completed", "failed", "cancelled"].includes(payload.to ?? ""),
    );
    expect(ended).toHaveLength(outcome.nodes.reduce((sum, { items }) => sum + items.total - items.skipped, 0));
    expect(new Set(ended.map(({ jobId }) => jobId)).size).toBe(ended.length);
    expect(rows.filter(({ eventType }) => eventType === "run_finished")).toHaveLength(1);
  });

  test("of an empty folder is a report of nothing", async () => {
    mkdirSync(at("empty"));
    const run = await runProgram(process.execPath, argv(runOver(at("empty"))), { cwd: folder.path });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/"documents": 0|documents.*0/);
  });

  test.each([
    ["a missing folder", "nowhere", "There is no folder"],
    ["a file instead of a folder", "odd/good.md", "is a file, not a folder"],
  ])("of %s fails with a clear message", async (_name, path, message) => {
    const run = await runProgram(process.execPath, argv(runOver(at(path))), { cwd: folder.path });
    expect(run.code).toBe(1);
    expect(run.stdout + run.stderr).toContain(message);
    expect(run.stdout + run.stderr).not.toContain("    at ");
  });
});

test("kill -9 of the host in the middle of a run leaves no process of its tree alive", async () => {
  mkdirSync(at("many"));
  for (let index = 0; index < 300; index++)
    writeFileSync(at(`many/${index}.md`), `# Document ${index}\n\n${"Words that have to be analysed. ".repeat(200)}\n`);
  await using host = new Program(process.execPath, argv(runOver(at("many"))), { cwd: folder.path });
  await host.line(/find.*completed/);
  const tree = descendants(host.pid);
  expect(tree.length).toBeGreaterThanOrEqual(4);
  host.kill("SIGKILL");
  await host.result;
  await until("every process of its tree is gone", () => !tree.some(isRunning));
});
