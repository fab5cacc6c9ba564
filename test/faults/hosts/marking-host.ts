import { createPipeline } from "@cjm/pipeline";
import { configAt } from "@cjm/testing";

// Stands for a host app that is killed and started again: it goes on with its composition, or submits it, and says when it is over.

const CHAINS = 10;
const LENGTH = 20;

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: marking-host.ts FOLDER");
const marks = `${folder}/marks`;

const pipeline = await createPipeline({
  config: configAt(folder),
  capabilities: [{ name: "marking", maxConcurrentCalls: 4 }],
});
const [finished] = pipeline.journal.query({ eventType: "run_finished" });
const [compositionId = null] = pipeline.recovered.compositionIds;
if (finished === undefined) {
  const handle = compositionId === null ? (await pipeline.submitComposition(document())).handle : pipeline.queue.composition(compositionId);
  const outcome = await handle?.wait();
  console.log(`over: ${outcome?.status}`);
} else {
  console.log(`over: ${JSON.stringify(finished.payload["status"]).slice(1, -1)}`);
}
await pipeline.close();

/** Chains beside each other, in which every node waits for the one before it. */
function document(): object {
  const nodes: Record<string, object> = {};
  for (let chain = 0; chain < CHAINS; chain++) {
    for (let step = 0; step < LENGTH; step++) {
      const name = `n${chain}-${step}`;
      const after = step === 0 ? [] : [`\${nodes.n${chain}-${step - 1}}`];
      nodes[name] = { capability: "marking", action: "mark", args: { folder: marks, name, after } };
    }
  }
  return { name: "marks", nodes };
}
