import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, BenchContext } from "../kit/bench.ts";
import type { Figures } from "../kit/figures.ts";
import { interleave } from "../kit/interleave.ts";
import { readMemory } from "../kit/process-readings.ts";
import { realPython } from "../kit/real-python.ts";
import { ServingProcess, type ServingProgram } from "../kit/serving-process.ts";
import { stageEnvironment, stageWorker } from "../kit/staged-packages.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The floor that each is compared with. */
const FLOORS = { node: "fastify_alone", node_source: "fastify_alone", python: "http_server_alone" } as const;
/** How many times the start and the memory of its floor a worker may take. Processor time is told beside them: it has no goal of its own. */
const GOALS = {
  spawn_to_health_s: { atMost: 2 },
  spawn_to_health_cpu_s: null,
  worker_rss_idle_mb: { atMost: 2 },
  worker_pss_idle_mb: { atMost: 2 },
  worker_private_idle_mb: { atMost: 2 },
} as const;

/** What it takes to have a worker: time from nothing to its first answer, and memory while it does nothing. */
export const workers: Bench = {
  summary: "start and idle memory of both workers, beside the bare server that each is built on",
  async run({ figures, workload, folder }: BenchContext): Promise<void> {
    const { starts, settle_s, floor_runs } = workload.a;
    const python = realPython();
    const programs = programsIn(folder, python);
    mkdirSync(join(folder, "data"));
    await interleave(Object.entries(programs), { rounds: starts, warmups: 2 }, async ([name, program], isWarmup) => {
      const { process: started, start } = await ServingProcess.start(program, folder);
      await using _ = started;
      await new Promise((resolve) => setTimeout(resolve, settle_s * 1000));
      const memory = readMemory(started.pid);
      if (isWarmup) return;
      figures.add(named("a.spawn_to_health_s", name), "s", start.readyMs / 1000);
      figures.add(named("a.spawn_to_health_cpu_s", name), "s", start.cpuMs / 1000);
      figures.add(named("a.worker_rss_idle_mb", name), "MB", memory.rssMb);
      figures.add(named("a.worker_pss_idle_mb", name), "MB", memory.pssMb);
      figures.add(named("a.worker_private_idle_mb", name), "MB", memory.privateMb);
    });
    for (const [name, floor] of Object.entries(FLOORS)) {
      for (const [what, goal] of Object.entries(GOALS)) {
        figures.ratio(`${name}/${floor} ${what}`, named(`a.${what}`, name), named(`a.${what}`, floor), goal);
      }
    }
    await addFloors(figures, python, floor_runs);
  },
};

/** Figures of the worker that users get have the original's names as they are. */
function named(figure: string, program: string): string {
  return program === "node" ? figure : `${figure}@${program}`;
}

function programsIn(folder: string, python: string): Readonly<Record<string, ServingProgram>> {
  const compiled = stageWorker(join(folder, "compiled/host"));
  return {
    fastify_alone: { command: process.execPath, args: (socket) => [path("../subjects/fastify-alone.mjs"), socket] },
    node: nodeWorker(compiled, stageEnvironment(join(folder, "compiled/environment"), "compiled")),
    node_source: nodeWorker(
      fileURLToPath(import.meta.resolve("@cjm/worker/main")),
      stageEnvironment(join(folder, "source/environment"), "source"),
    ),
    http_server_alone: { command: python, args: (socket) => [path("../subjects/http_server_alone.py"), socket] },
    python: {
      command: python,
      args: (socket) => [
        "-u",
        path("../../packages/worker-python/python/run_worker.py"),
        ...target("bench_tool", path("../capability/python"), socket),
      ],
    },
  };
}

function nodeWorker(entry: string, environment: string): ServingProgram {
  return {
    command: process.execPath,
    args: (socket) => ["--disable-warning=ExperimentalWarning", entry, ...target("@cjm/bench-tool", environment, socket)],
  };
}

function target(module: string, environment: string, socket: string): readonly string[] {
  return ["--module", module, "--class", "BenchTool", "--environment", environment, "--socket", socket];
}

/** From spawn to end, of programs that do nothing. */
async function addFloors(figures: Figures, python: string, rounds: number): Promise<void> {
  const programs: readonly (readonly [string, string, readonly string[]])[] = [
    ["a.floor_bare_interpreter_s@node", process.execPath, ["-e", ""]],
    ["a.floor_bare_interpreter_s", python, ["-c", "pass"]],
    ["a.floor_import_http_server_s", python, ["-c", "import http.server"]],
  ];
  await interleave(programs, { rounds, warmups: 1 }, async ([name, command, args], isWarmup) => {
    const startedMs = performance.now();
    const { status } = spawnSync(command, args);
    if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
    if (!isWarmup) figures.add(name, "s", (performance.now() - startedMs) / 1000);
  });
}
