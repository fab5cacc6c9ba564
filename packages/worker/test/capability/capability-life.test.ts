import { CAPABILITY_PORT, ToolCapability, z } from "@cjm/capability";
import { expect, test, vi } from "vitest";
import { CapabilityLife } from "../../src/capability/capability-life.ts";
import type { CapabilityInHand } from "../../src/capability/load-capability.ts";

class Slow extends ToolCapability {
  static override readonly config = z.object({ model: z.string().default("small") });
  readonly actions = {};
  readonly initialised: string[] = [];
  next = Promise.withResolvers<void>();

  override async initialize(): Promise<void> {
    this.initialised.push(String(this.config["model"]));
    await this.next.promise;
  }
}

function makeLife() {
  const instance = new Slow();
  const port = instance[CAPABILITY_PORT]();
  const configs: unknown[] = [];
  const life = new CapabilityLife({ instance, port } as unknown as CapabilityInHand, (config) => configs.push(config));
  return { instance, life, configs };
}

const ctx = { throwIfCancelled: () => undefined } as never;

test("calls share one initialisation with the defaults", async () => {
  const { instance, life, configs } = makeLife();
  const calls = [life.ready(ctx), life.ready(ctx)];
  instance.next.resolve();
  await Promise.all(calls);
  await life.ready(ctx);
  expect([instance.initialised, configs]).toEqual([["small"], [{ model: "small" }]]);
});

test("an initialisation that failed for one call is tried anew for the other", async () => {
  const { instance, life } = makeLife();
  const [first, second] = [life.ready(ctx), life.ready(ctx)];
  await vi.waitFor(() => expect(instance.initialised).toHaveLength(1));
  const failing = instance.next;
  instance.next = Promise.withResolvers<void>();
  instance.next.resolve();
  failing.reject(new Error("cancelled"));
  await expect(first).rejects.toThrow("cancelled");
  await second;
  expect(instance.initialised).toEqual(["small", "small"]);
});

test("what was never initialised is initialised by the first change of its configuration", async () => {
  const { instance, life, configs } = makeLife();
  instance.next.resolve();
  await life.reconfigure(null, { model: "large" }, ctx);
  await life.ready(ctx);
  expect([instance.initialised, configs]).toEqual([["large"], [{ model: "large" }]]);
});

test("is ready from the end of an initialisation to the beginning of the next, unless it failed", async () => {
  const { instance, life } = makeLife();
  const seen = [life.isReady];
  const first = life.ready(ctx);
  seen.push(life.isReady);
  instance.next.resolve();
  await first;
  seen.push(life.isReady);
  instance.next = Promise.withResolvers<void>();
  const second = life.initialize({}, ctx);
  seen.push(life.isReady);
  instance.next.reject(new Error("no model"));
  await expect(second).rejects.toThrow("no model");
  seen.push(life.isReady);
  expect(seen).toEqual([false, false, true, false, false]);
});
