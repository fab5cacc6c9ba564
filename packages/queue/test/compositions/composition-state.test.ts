import { type CompositionPlan, type JsonObject, planComposition, validateComposition } from "@cjm/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CompositionEffect } from "../../src/compositions/composition-effect.ts";
import { CompositionState } from "../../src/compositions/composition-state.ts";
import { ref } from "../queue-kit.ts";
import { documentOf, drawnComposition } from "./drawn-composition.ts";

const planOf = (document: unknown): CompositionPlan => planComposition(validateComposition(document));

type Start = Extract<CompositionEffect, { type: "start" }>;

/** A composition whose jobs end as the test says. */
class Bench {
  readonly state: CompositionState;
  readonly active: Start[] = [];
  readonly started: string[] = [];

  constructor(plan: CompositionPlan, window = 64, inputs: JsonObject = { nothing: null }) {
    this.state = new CompositionState({
      plan,
      inputs,
      run: { id: null, actor: null, dir: null },
      window,
    });
    this.state.begin();
    this.take();
  }

  /** Takes what is to be done; a job that is cancelled ends at once. */
  take(): void {
    for (let effects = this.state.takeEffects(); effects.length > 0; effects = this.state.takeEffects()) {
      for (const effect of effects) {
        if (effect.type === "start") this.#start(effect);
        if (effect.type === "cancel" && effect.running) this.end(effect, "cancelled");
      }
    }
  }

  #start(effect: Start): void {
    if (effect.node.closing !== null) {
      this.state.itemEnded(effect.node, effect.item, { state: "cancelled" });
      return;
    }
    this.started.push(effect.node.label(effect.item));
    try {
      this.state.argumentsOf(effect.node, effect.item);
      this.active.push(effect);
    } catch (failure) {
      this.state.itemEnded(effect.node, effect.item, { state: "failed", failure });
    }
  }

  end({ node, item }: Pick<Start, "node" | "item">, how: "completed" | "failed" | "cancelled", result = 1): void {
    const index = this.active.findIndex((start) => start.item === item);
    if (index >= 0) this.active.splice(index, 1);
    if (how === "completed") this.state.itemEnded(node, item, { state: "completed", result });
    else if (how === "failed") this.state.itemEnded(node, item, { state: "failed", failure: new Error("drawn to fail") });
    else this.state.itemEnded(node, item, { state: "cancelled" });
    this.take();
  }
}

test("whatever is drawn comes to its end, in consistent states, and with no job started twice or after its node was closed", () => {
  fc.assert(
    fc.property(drawnComposition, ({ failFast, nodes, steps }) => {
      const bench = new Bench(planOf(documentOf(nodes, failFast)), 3);
      for (const { what, which } of steps) {
        const start = bench.active[which % Math.max(1, bench.active.length)];
        if (what === "cancel run" && which % 5 === 0) {
          bench.state.cancel();
          bench.take();
        } else if (start !== undefined && what !== "cancel run") {
          bench.end(start, what === "end" ? "completed" : what === "fail" ? "failed" : "cancelled", which);
        }
      }
      for (let start = bench.active[0]; start !== undefined; start = bench.active[0]) bench.end(start, "completed");

      const open = [...bench.state.nodes.values()].filter((node) => !node.isTerminal).map((node) => `${node.id} ${node.state}`);
      expect(open).toEqual([]);
      expect(new Set(bench.started).size).toBe(bench.started.length);
      for (const node of bench.state.nodes.values()) {
        expect(node.active).toBe(0);
        const { total, completed, failed, skipped, cancelled } = node.counts;
        if (total !== null) expect(completed + failed + skipped + cancelled).toBe(total);
        if (node.plan.followsParent && total !== null) expect(total).toBe(bench.state.nodes.get(node.plan.parent ?? "")?.counts.total);
        expect(node.skip !== null).toBe(node.closing === "skipped");
      }
      expect(bench.state.end?.status).toMatch(/^(completed|failed|cancelled)$/);
      if (bench.state.userCancelled) expect(bench.state.end?.status).toBe("cancelled");
    }),
    { numRuns: 3000 },
  );
});

describe("size", () => {
  const count = 100_000;
  const node = (rest: Record<string, unknown> = {}) => ({ capability: "a", ...rest });

  test("a chain of 100 000 nodes runs, fails, is skipped and is cancelled without a deep stack", () => {
    const nodes = Array.from({ length: count }, (_, index) => ({
      id: `n${index}`,
      ...node(index === 0 ? { when: ref("inputs.on") } : { after: `n${index - 1}` }),
    }));
    const plan = planOf({ name: "chain", fail_fast: false, inputs: { on: { type: "boolean" } }, nodes });
    const completing = new Bench(plan, 1, { on: true });
    for (let start = completing.active[0]; start !== undefined; start = completing.active[0]) completing.end(start, "completed");
    expect(completing.state.end?.status).toBe("completed");
    expect(completing.started).toHaveLength(count);

    const failing = new Bench(plan, 1, { on: true });
    const [start] = failing.active;
    if (start !== undefined) failing.end(start, "failed");
    expect([...failing.state.nodes.values()].filter(({ state }) => state === "skipped")).toHaveLength(count - 1);

    const skipped = new Bench(plan, 1, { on: false });
    expect(skipped.state.end?.status).toBe("completed");
    expect(skipped.started).toEqual([]);

    const cancelled = new Bench(plan, 1, { on: true });
    expect(cancelled.state.cancel()).toBe(true);
    cancelled.take();
    expect(cancelled.state.end?.status).toBe("cancelled");
  });

  test("a chain of 50 000 alternatives, each of which is skipped, is run through", () => {
    const nodes = Array.from({ length: count }, (_, index) => ({
      id: `n${index}`,
      ...node({ after: index === 0 ? [] : [`n${index - 1}`], when: index % 2 === 1, after_skipped: "run" }),
    }));
    const bench = new Bench(planOf({ name: "chain", nodes }));
    for (let start = bench.active[0]; start !== undefined; start = bench.active[0]) bench.end(start, "completed");
    expect(bench.started).toHaveLength(count / 2);
  });

  test("100 000 items go through a composition, 8 at a time", () => {
    const part = {
      name: "part",
      inputs: { x: { type: "number" } },
      outputs: { y: ref("nodes.b") },
      nodes: { a: node({ args: { x: ref("inputs.x") } }), b: node({ args: { x: ref("nodes.a") } }) },
    };
    const each = { composition: part, for_each: Array.from({ length: count }, (_, index) => index), inputs: { x: ref("item") } };
    const bench = new Bench(planOf({ name: "items", nodes: { each } }), 8);
    for (let start = bench.active.at(-1); start !== undefined; start = bench.active.at(-1)) bench.end(start, "completed");
    expect(bench.started).toHaveLength(2 * count);
    expect(bench.state.nodes.get("each")?.counts.completed).toBe(count);
  });
});
