import { describe, expect, test } from "vitest";
import { BoundedTurns } from "../src/bounded-turns.ts";

const LONG_MS = 60_000;

describe("turns", () => {
  test("come one after the other, in the order asked for, also after one that failed", async () => {
    const turns = new BoundedTurns(LONG_MS);
    const steps: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = turns.run(async () => {
      steps.push("first begins");
      await gate.promise;
      steps.push("first fails");
      throw new Error("no");
    });
    const second = turns.run(async () => {
      steps.push("second");
      return 2;
    });
    gate.resolve();
    await expect(first).rejects.toThrow("no");
    await expect(second).resolves.toEqual({ value: 2 });
    expect(steps).toEqual(["first begins", "first fails", "second"]);
  });

  test("nobody waits longer than the limit; nothing starts while one is overdue; what failed late troubles nobody", async () => {
    const turns = new BoundedTurns(5);
    const gate = Promise.withResolvers<number>();
    await expect(turns.run(() => gate.promise)).resolves.toBe("late");
    let started = false;
    const refused = await turns.run(async () => {
      started = true;
    });
    expect([refused, started]).toEqual(["late", false]);
    gate.reject(new Error("too late to matter"));
    await gate.promise.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    await expect(turns.run(async () => 3)).resolves.toEqual({ value: 3 });
  });
});
