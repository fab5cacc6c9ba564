import { fork } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BENCHES } from "./benches.ts";
import type { Findings } from "./kit/figures.ts";
import { machineFacts, OthersMeter } from "./kit/machine.ts";
import { printTable } from "./kit/table.ts";

// node bench/run.ts [name...] [--workload FILE]: one JSON document on stdout, tables for people on stderr.

const { values, positionals } = parseArgs({ allowPositionals: true, options: { workload: { type: "string" } } });
const unknown = positionals.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(", ")}. There are: ${Object.keys(BENCHES).join(", ")}.\n`);
  process.exit(2);
}

const machine = machineFacts();
const cases: Record<string, unknown> = {};
const all: { figures: object; ratios: object; observed: object } = { figures: {}, ratios: {}, observed: {} };
for (const name of Object.keys(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const startedMs = performance.now();
  const others = new OthersMeter();
  const findings = await runInOwnProcess(name);
  const cpuUsedByOthers = others.share();
  cases[name] = { wall_s: Math.round((performance.now() - startedMs) / 100) / 10, cpu_used_by_others: cpuUsedByOthers };
  Object.assign(all.figures, findings.figures);
  Object.assign(all.ratios, findings.ratios);
  Object.assign(all.observed, findings.observed);
  printTable(findings, cpuUsedByOthers, (line) => process.stderr.write(`${line}\n`));
}
const versions = { node: process.versions.node, v8: process.versions.v8 };
process.stdout.write(
  `${JSON.stringify({ subject: "cjm", machine: { ...machine, load_after: loadavg() }, versions, cases, ...all }, null, 1)}\n`,
);

async function runInOwnProcess(name: string): Promise<Findings> {
  const child = fork(
    fileURLToPath(new URL("run-one.ts", import.meta.url)),
    [name, ...(values.workload === undefined ? [] : [values.workload])],
    {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    },
  );
  let findings: Findings | null = null;
  child.once("message", (message) => {
    findings = message as Findings;
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (findings === null) throw new Error(`the bench ${name} ended with ${signal ?? code} and no figures`);
  return findings;
}
