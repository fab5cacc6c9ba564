import fc from "fast-check";
import { expect, test } from "vitest";
import { queueKit, turns } from "../queue-kit.ts";
import { documentOf, drawnComposition } from "./drawn-composition.ts";

test("however nodes hang together, fail and are cancelled: the run ends, every item is accounted for, and no job runs out of turn", async () => {
  await fc.assert(
    fc.asyncProperty(drawnComposition, async ({ failFast, nodes, steps }) => {
      await using kit = queueKit({ lanes: 3, instances: { a: { profile: {}, cap: 3, onCancel: (call) => call.resolve() } } });
      const handle = await kit.queue.submitComposition(documentOf(nodes, failFast), {});
      const { nodes: plan } = kit.queue.compositionPlan(documentOf(nodes, failFast));
      const outOfTurn: string[] = [];
      kit.runtime.onCall = ({ call }) => {
        const id = String(call.envelope.node_id).split("[")[0];
        const ended = new Map(handle.outcome().nodes.map((node) => [node.id, node]));
        const planned = plan.find(({ node }) => node.id === id);
        if (planned?.parent != null && ended.get(planned.parent)?.state !== "running") outOfTurn.push(`${id} outside ${planned.parent}`);
        for (const dependency of planned?.wholeDependencies ?? []) {
          const before = ended.get(dependency);
          const letsPass =
            before?.state === "completed" || (before?.skipped?.cause === "condition" && planned?.node.afterSkipped === "run");
          if (!letsPass) outOfTurn.push(`${id} before ${dependency}`);
        }
      };
      for (const { what, which } of steps) {
        await turns(2);
        const running = [...kit.runtime.running];
        const call = running[which % Math.max(1, running.length)];
        if (what === "end") call?.resolve(which);
        if (what === "fail") call?.reject(new Error("drawn to fail"));
        if (what === "cancel run") handle.cancel();
        const jobs = kit.queue.list().filter(({ status }) => status === "pending" || status === "running");
        if (what === "cancel job") kit.queue.cancel(jobs[which % Math.max(1, jobs.length)]?.jobId ?? "");
      }
      kit.runtime.onCall = (call) => call.resolve(0);
      for (const call of kit.runtime.running) call.resolve(0);
      const outcome = await handle.wait();

      expect(outOfTurn).toEqual([]);
      for (const { items, state, isFanOut, skipped } of outcome.nodes) {
        expect(["completed", "failed", "cancelled", "skipped"]).toContain(state);
        if (items.total !== null) expect(items.completed + items.failed + items.skipped + items.cancelled).toBe(items.total);
        if (state === "completed" && !isFanOut) expect(items.completed).toBe(1);
        expect(skipped !== null).toBe(state === "skipped");
        const origin = outcome.nodes.find(({ id }) => id === skipped?.nodeId);
        if (skipped?.cause === "upstream") expect(["failed", "cancelled"]).toContain(origin?.state);
        if (skipped?.cause === "condition") expect(origin?.state).toBe("skipped");
      }
      const outermost = outcome.nodes.filter(({ parent }) => parent === null);
      const failed = outermost.some(({ state }) => state === "failed");
      if (outcome.status === "completed") expect(outermost.some(({ state }) => state === "cancelled") || (failed && failFast)).toBe(false);
      if (outcome.status === "failed") expect(failed && failFast).toBe(true);
      const jobsOfItems = kit.runtime.calls.map(({ call }) => call.envelope.node_id);
      expect(new Set(jobsOfItems).size).toBe(jobsOfItems.length);
      expect(kit.queue.stats()).toMatchObject({ pending: 0, running: 0, compositions: { running: 0 } });
      expect(kit.journal.query({ eventType: "run_finished" })).toHaveLength(1);
      expect(kit.internalErrors).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
