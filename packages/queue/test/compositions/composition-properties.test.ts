import fc from "fast-check";
import { expect, test } from "vitest";
import { queueKit, ref, turns } from "../queue-kit.ts";

interface DrawnNode {
  /** Nodes before it that it depends on, as positions. */
  readonly after: readonly number[];
  /** A list of that length, the items of an earlier fan-out, or one job. */
  readonly kind: "one" | "list" | "itemwise";
  readonly length: number;
  readonly source: number;
  readonly matching: boolean;
  readonly collect: boolean;
  readonly maxConcurrent: number;
}

const drawn = fc.record({
  failFast: fc.boolean(),
  nodes: fc.array(
    fc.record({
      after: fc.array(fc.nat(20), { maxLength: 2 }),
      kind: fc.constantFrom("one", "list", "itemwise"),
      length: fc.nat(5),
      source: fc.nat(20),
      matching: fc.boolean(),
      collect: fc.boolean(),
      maxConcurrent: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  steps: fc.array(
    fc.record({ what: fc.constantFrom("end", "end", "end", "end", "fail", "cancel job", "cancel run"), which: fc.nat(1000) }),
    { maxLength: 50 },
  ),
});

function documentOf(nodes: readonly DrawnNode[], failFast: boolean): unknown {
  const fanOuts: string[] = [];
  return {
    name: "drawn",
    fail_fast: failFast,
    nodes: nodes.map((node, index) => {
      const source = fanOuts[node.source % Math.max(1, fanOuts.length)];
      const other = fanOuts[node.length % Math.max(1, fanOuts.length)];
      const from = node.kind === "itemwise" ? source : undefined;
      const isFanOut = node.kind === "list" || from !== undefined;
      const document = {
        id: `n${index}`,
        capability: "a",
        after: index === 0 ? [] : node.after.map((position) => `n${position % index}`),
        ...(isFanOut
          ? {
              for_each: from === undefined ? Array.from({ length: node.length }, (_, item) => item) : ref(`nodes.${from}`),
              on_item_error: node.collect ? "collect" : "fail",
              max_concurrent: node.maxConcurrent,
            }
          : {}),
        args: isFanOut && node.matching && other !== undefined ? { m: ref(`matching.${other}`) } : {},
      };
      if (isFanOut) fanOuts.push(`n${index}`);
      return document;
    }),
  };
}

test("however nodes hang together, fail and are cancelled: the run ends, every item is accounted for, and no job runs out of turn", async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async ({ failFast, nodes, steps }) => {
      await using kit = queueKit({ lanes: 3, instances: { a: { profile: {}, cap: 3, onCancel: (call) => call.resolve() } } });
      const handle = await kit.queue.submitComposition(documentOf(nodes, failFast), {});
      const { nodes: plan } = kit.queue.compositionPlan(documentOf(nodes, failFast));
      const outOfTurn: string[] = [];
      kit.runtime.onCall = ({ call }) => {
        const id = String(call.envelope.node_id).split("[")[0];
        const states = new Map(handle.outcome().nodes.map((node) => [node.id, node.state]));
        for (const dependency of plan.find(({ node }) => node.id === id)?.wholeDependencies ?? []) {
          if (states.get(dependency) !== "completed") outOfTurn.push(`${id} before ${dependency}`);
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
      for (const { items, state, isFanOut } of outcome.nodes) {
        expect(["completed", "failed", "cancelled", "skipped"]).toContain(state);
        if (items.total !== null) expect(items.completed + items.failed + items.skipped + items.cancelled).toBe(items.total);
        if (state === "completed" && !isFanOut) expect(items.completed).toBe(1);
      }
      const failed = outcome.nodes.some(({ state }) => state === "failed");
      if (outcome.status === "completed")
        expect(outcome.nodes.some(({ state }) => state === "cancelled") || (failed && failFast)).toBe(false);
      const jobsOfItems = kit.runtime.calls.map(({ call }) => call.envelope.node_id);
      expect(new Set(jobsOfItems).size).toBe(jobsOfItems.length);
      expect(kit.queue.stats()).toMatchObject({ pending: 0, running: 0, compositions: { running: 0 } });
      expect(kit.journal.query({ eventType: "run_finished" })).toHaveLength(1);
      expect(kit.internalErrors).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
