import { join } from "node:path";
import { JournalWriter, type JsonObject } from "@cjm/core";
import { JobQueue } from "@cjm/queue";
import type { Bench, BenchContext } from "../kit/bench.ts";
import { BenchHost } from "../kit/bench-host.ts";
import { ForgetfulJournal } from "../kit/forgetful-journal.ts";
import { InstantRuntime } from "../kit/instant-runtime.ts";
import { interleave } from "../kit/interleave.ts";
import { OriginalQueue, originalProgram } from "../kit/original-queue.ts";

const TOOL = "bench-0";
/** A node and those that it waits for. */
type Edges = readonly (readonly [id: string, upstream: readonly string[]])[];

/** Compositions on a real worker beside the original, and what a node costs as they grow. */
export const compositions: Bench = {
  summary: "chains, fan-outs and layers of nodes on one worker, and the cost of a node in compositions of ten to a hundred thousand",
  async run(context: BenchContext): Promise<void> {
    await onWorker(context);
    await growing(context);
  },
};

async function onWorker({ figures, workload, folder }: BenchContext): Promise<void> {
  const { chain: length, fan: width, layers, width: across, lanes, cap, rounds } = workload.e;
  await using opened = new AsyncDisposableStack();
  const host = opened.use(await BenchHost.open({ folder: join(folder, "host") }));
  await host.manager.load(TOOL, { maxConcurrentCalls: cap });
  const queue = host.openQueue(opened, { lanes });
  await queue.run({ instanceId: TOOL, kwargs: { action: "noop" } });
  const program = originalProgram();
  const original =
    program === null
      ? null
      : opened.use(await OriginalQueue.start(program, { folder: join(folder, "original"), cap, oneCertificate: true }));
  const shapes: Readonly<Record<string, Edges>> = { chain: chain(length), fan: fan(width), diamonds: diamonds(layers, across) };
  for (const [shape, edges] of Object.entries(shapes)) {
    const subjects = original === null ? ["", "@original_fast"].slice(0, 1) : ["", "@original_fast"];
    await interleave(subjects, { rounds, warmups: 1 }, async (subject, isWarmup) => {
      const tookMs = subject === "" ? await run(queue, edges) : ((await original?.run({ lanes, nodes: edges })) ?? Number.NaN);
      if (!isWarmup) figures.add(`e.${shape}_nodes_per_s${subject}`, "nodes/s", (edges.length / tookMs) * 1000);
    });
    const of = `e.${shape}_nodes_per_s`;
    if (original !== null) figures.ratio(`${of}/original_fast`, of, `${of}@original_fast`);
  }
}

async function growing({ figures, workload }: BenchContext): Promise<void> {
  const { nodes: sizes, rounds } = workload.e;
  const shapes: Readonly<Record<string, (nodes: number) => Edges>> = {
    chain,
    fan: (nodes) => fan(nodes - 2),
    layered: (nodes) => diamonds(Math.max(1, Math.round((nodes - 2) / LAYER)), Math.min(LAYER, nodes - 2)),
  };
  for (const [shape, make] of Object.entries(shapes)) {
    const named = (size: number): string => `e.${shape}_${size}_us_per_node`;
    const works = sizes.map((size) => ({ size, edges: make(size) }));
    await interleave(works, { rounds, warmups: 1 }, async ({ size, edges }, isWarmup) => {
      // Small ones again and again, so that what is measured is no single hiccup.
      const times = Math.ceil(SMALLEST_WORK / edges.length);
      const queue = instantQueue();
      let tookMs = 0;
      for (let time = 0; time < times; time += 1) tookMs += await run(queue, edges);
      await queue.close();
      if (!isWarmup) figures.add(named(size), "us", (tookMs * 1000) / (times * edges.length));
    });
    const middle = sizes[Math.floor(sizes.length / 2)] ?? 0;
    for (const size of sizes.filter((one) => one !== middle)) {
      figures.ratio(`${named(size)}/${middle}`, named(size), named(middle), { atMost: 2 });
    }
  }
}

const LAYER = 20;
const SMALLEST_WORK = 2_000;

function instantQueue(): JobQueue {
  const runtime = new InstantRuntime({ [TOOL]: { cap: 16 } }, { answer: () => ({ ok: true }) });
  return new JobQueue({ runtime, journal: new JournalWriter(new ForgetfulJournal()), lanes: 16 });
}

/** @returns how long it took from its submission to its end, in milliseconds */
async function run(queue: JobQueue, edges: Edges): Promise<number> {
  const document = documentOf(edges);
  const startedMs = performance.now();
  const handle = await queue.submitComposition(document);
  const { status } = await handle.wait();
  const tookMs = performance.now() - startedMs;
  if (status !== "completed") throw new Error(`the composition is ${status}`);
  return tookMs;
}

function documentOf(edges: Edges): JsonObject {
  const nodes = edges.map(([id, upstream]) => ({
    id,
    capability: TOOL,
    action: "echo",
    args: { payload: "x".repeat(100), refs: upstream.map((from) => `\${nodes.${from}.ok}`) },
  }));
  return { name: "bench", nodes: Object.fromEntries(nodes.map(({ id, ...node }) => [id, node])) };
}

function chain(length: number): Edges {
  return Array.from({ length }, (_, index) => [`n${index}`, index === 0 ? [] : [`n${index - 1}`]] as const);
}

function fan(width: number): Edges {
  const middle = Array.from({ length: width }, (_, index) => `m${index}`);
  return [["root", []], ...middle.map((id) => [id, ["root"]] as const), ["sink", middle]];
}

/** Each node waits for two neighbours of the layer above; one root, one sink. */
function diamonds(layers: number, width: number): Edges {
  const edges: [string, readonly string[]][] = [["root", []]];
  let above = ["root"];
  for (let layer = 0; layer < layers; layer += 1) {
    const ids = Array.from({ length: width }, (_, index) => `l${layer}x${index}`);
    for (const [index, id] of ids.entries()) {
      edges.push([id, [...new Set([0, 1].map((step) => above[(index + step) % above.length] ?? ""))]]);
    }
    above = ids;
  }
  return [...edges, ["sink", above]];
}
