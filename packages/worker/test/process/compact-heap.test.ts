import { runProgram } from "@cjm/testing";
import { expect, test } from "vitest";

const module = new URL("../../src/process/compact-heap.ts", import.meta.url).href;
const measure = `
  import { getHeapStatistics } from "node:v8";
  import { compactHeap } from ${JSON.stringify(module)};
  let garbage = Array.from({ length: 400_000 }, (_, index) => ({ index }));
  const before = getHeapStatistics().total_heap_size;
  garbage = null;
  await compactHeap();
  const after = getHeapStatistics().total_heap_size;
`;

async function measured(program: string): Promise<{ readonly before: number; readonly after: number }> {
  const { stdout, stderr, code } = await runProgram(process.execPath, ["--input-type=module", "-e", program]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as { before: number; after: number };
}

test("the main thread gives back what nobody refers to", async () => {
  const { before, after } = await measured(`${measure} console.log(JSON.stringify({ before, after }));`);
  expect(after).toBeLessThan(before / 2);
});

test("so does another thread", async () => {
  const thread = `${measure} (await import("node:worker_threads")).parentPort.postMessage({ before, after });`;
  const { before, after } = await measured(`
    import { Worker } from "node:worker_threads";
    const url = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(thread)}));
    new Worker(url).on("message", (heap) => console.log(JSON.stringify(heap)));
  `);
  expect(after).toBeLessThan(before / 2);
});
