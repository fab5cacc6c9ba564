import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CallGate, type Leave } from "../../src/instances/call-gate.ts";

/** Lets everything that can happen happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a gate", () => {
  test("lets in as many as its limit, then one for each that leaves, in order of arrival", async () => {
    const gate = new CallGate(2);
    const order: number[] = [];
    const leaves: Leave[] = [];
    for (const n of [1, 2, 3, 4])
      void gate.enter().then((leave) => {
        order.push(n);
        leaves.push(leave);
      });
    await settle();
    expect(order).toEqual([1, 2]);
    expect([gate.inside, gate.idle]).toEqual([2, false]);
    leaves[1]?.();
    await settle();
    expect(order).toEqual([1, 2, 3]);
    leaves[0]?.();
    leaves[2]?.();
    await settle();
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test("one who wants to be alone waits for those inside and holds up those after", async () => {
    const gate = new CallGate(3);
    const leave = await gate.enter();
    const alone = gate.enterAlone();
    const after = gate.enter();
    let afterIsIn = false;
    void after.then(() => {
      afterIsIn = true;
    });
    await settle();
    expect(gate.inside).toBe(1);
    leave();
    const leaveAlone = await alone;
    await settle();
    expect([gate.inside, gate.idle, afterIsIn]).toEqual([0, false, false]);
    leaveAlone();
    (await after)();
    expect(gate.idle).toBe(true);
  });

  test("one who gives up while he waits lets those behind him pass", async () => {
    const gate = new CallGate(2);
    const leave = await gate.enter();
    const controller = new AbortController();
    const alone = gate.enterAlone(controller.signal);
    const behind = gate.enter();
    controller.abort(new Error("never mind"));
    await expect(alone).rejects.toThrow("never mind");
    await behind;
    leave();
    expect(gate.inside).toBe(1);
  });

  test("who has given up before does not come in", async () => {
    const gate = new CallGate(1);
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(gate.enter(signal)).rejects.toThrow("too late");
    await expect(gate.enterAlone(signal)).rejects.toThrow("too late");
    expect(gate.idle).toBe(true);
  });

  test("leaving twice is leaving once", async () => {
    const gate = new CallGate(1);
    const leave = await gate.enter();
    leave();
    leave();
    expect(gate.inside).toBe(0);
    await gate.enter();
    leave();
    expect(gate.inside).toBe(1);
  });

  test("tells when the last has left, and a listener that fails breaks nothing", async () => {
    let idle = 0;
    const gate = new CallGate(2, () => {
      idle += 1;
    });
    const leaves = [await gate.enter(), await gate.enter()];
    leaves[0]?.();
    expect(idle).toBe(0);
    leaves[1]?.();
    expect(idle).toBe(1);

    const fragile = new CallGate(1, () => {
      throw new Error("a listener's own");
    });
    const leave = await fragile.enter();
    const next = fragile.enter();
    leave();
    await next;
  });

  test("without waiting: only where nobody is and nobody waits", async () => {
    const gate = new CallGate(1);
    const leave = await gate.enter();
    expect(gate.tryEnterAlone()).toBeNull();
    leave();
    const alone = gate.tryEnterAlone();
    expect(gate.tryEnterAlone()).toBeNull();
    alone?.();
    expect(gate.idle).toBe(true);
  });
});

type Step =
  | { readonly kind: "enter" }
  | { readonly kind: "alone" }
  | { readonly kind: "leave"; readonly pick: number }
  | { readonly kind: "abort"; readonly pick: number };

interface Visitor {
  readonly alone: boolean;
  readonly controller: AbortController;
  state: "waiting" | "inside" | "left" | "gone";
  leave: Leave | null;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 4, arbitrary: fc.constant<Step>({ kind: "enter" }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "alone" }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("leave" as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const), pick: fc.nat() }) },
  ),
  { maxLength: 60 },
);

test("whatever happens: never more than the limit, alone is alone, first come first served, nobody is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (limit, script) => {
      const gate = new CallGate(limit);
      const visitors: Visitor[] = [];
      const admitted: Visitor[] = [];
      const of = (state: Visitor["state"]): Visitor[] => visitors.filter((visitor) => visitor.state === state);

      const arrive = (alone: boolean): void => {
        const visitor: Visitor = { alone, controller: new AbortController(), state: "waiting", leave: null };
        visitors.push(visitor);
        const { signal } = visitor.controller;
        (alone ? gate.enterAlone(signal) : gate.enter(signal)).then(
          (leave) => {
            visitor.state = "inside";
            visitor.leave = leave;
            admitted.push(visitor);
          },
          () => {
            visitor.state = "gone";
          },
        );
      };
      const leave = (visitor: Visitor | undefined): void => {
        if (visitor === undefined) return;
        visitor.state = "left";
        visitor.leave?.();
      };
      const check = (): void => {
        const inside = of("inside");
        expect(inside.filter(({ alone }) => !alone).length).toBeLessThanOrEqual(limit);
        if (inside.some(({ alone }) => alone)) expect(inside).toHaveLength(1);
        expect(gate.inside).toBe(inside.filter(({ alone }) => !alone).length);
      };

      for (const step of script) {
        if (step.kind === "enter" || step.kind === "alone") arrive(step.kind === "alone");
        else if (step.kind === "leave") leave(of("inside")[step.pick % Math.max(1, of("inside").length)]);
        else of("waiting")[step.pick % Math.max(1, of("waiting").length)]?.controller.abort(new Error("gives up"));
        await settle();
        check();
      }
      while (of("inside").length > 0) {
        leave(of("inside")[0]);
        await settle();
        check();
      }
      expect(of("waiting")).toEqual([]);
      expect(gate.idle).toBe(true);
      expect(admitted).toEqual(visitors.filter(({ state }) => state === "left"));
    }),
    { numRuns: 200 },
  );
});
