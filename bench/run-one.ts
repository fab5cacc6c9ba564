import { temporaryFolder } from "@cjm/testing";
import { BENCHES } from "./benches.ts";
import { Figures } from "./kit/figures.ts";
import { readWorkload } from "./kit/workload.ts";

// One bench in a process of its own, so that none measures what another has left in memory. Started by run.ts.

const [name, workloadPath] = process.argv.slice(2);
const load = BENCHES[name ?? ""];
if (load === undefined || process.send === undefined) throw new Error("This file is started by run.ts.");
const bench = await load();
process.stderr.write(`${name}: ${bench.summary}\n`);
const figures = new Figures();
await using folder = await temporaryFolder("cjm-b-");
await bench.run({ figures, workload: await readWorkload(workloadPath), folder: folder.path });
process.send(figures.findings());
process.disconnect();
