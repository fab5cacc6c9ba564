import { createPipeline } from "@cjm/pipeline";
import { configAt, descendants, until } from "@cjm/testing";
import { DESCENDANTS } from "../descendants.ts";

// Stands for a host app that a test kills: three workers, each with processes of every kind, each busy with a call that never ends.

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: busy-host.ts FOLDER");

const capabilities = [{ name: "node", instanceId: "node-1" }, { name: "node", instanceId: "node-2" }, "python"];
const pipeline = await createPipeline({ config: configAt(folder), capabilities });
const instances = pipeline.manager.instances().map(({ instanceId }) => instanceId);
const started: number[] = [];
for (const instance of instances) {
  for (const line of Object.values(DESCENDANTS))
    started.push(...((await pipeline.run({ instance, action: "start", args: { line } })) as number[]));
}
// Only now: what was never measured runs alone.
for (const instance of instances) pipeline.run({ instance, action: "hang" }).catch(() => {});
await until("all are busy", () => pipeline.diagnostics.queryChunks({}).filter(({ content }) => content === "hanging").length === 3);
const sessions = pipeline.journal.query({ eventType: "worker_spawned" }).map(({ workerSessionId }) => workerSessionId);
console.log(JSON.stringify({ sessions, tree: [...new Set([...descendants(process.pid), ...started])] }));
