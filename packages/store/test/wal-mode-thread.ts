// One of several threads that open the same new files, each file at the same moment.

import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { DatabaseFile } from "../src/database-file.ts";

const { folder, gate, threads, files } = workerData as { folder: string; gate: Int32Array; threads: number; files: number };
const failures: string[] = [];
for (let index = 0; index < files; index++) {
  meet((index + 1) * threads);
  try {
    DatabaseFile.open(join(folder, `${index}.db`), { title: "test", schema: "CREATE TABLE IF NOT EXISTS t(a)" })[Symbol.dispose]();
  } catch (error) {
    failures.push(String(error));
  }
}
parentPort?.postMessage(failures);

function meet(count: number): void {
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
  for (let seen = Atomics.load(gate, 0); seen < count; seen = Atomics.load(gate, 0)) Atomics.wait(gate, 0, seen);
}
