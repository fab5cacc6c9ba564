import type { Bench } from "./kit/bench.ts";

/** All benches by name, in the order in which they run. Each is loaded by the process that runs it, and by no other. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  workers: async () => (await import("./benches/workers.ts")).workers,
  calls: async () => (await import("./benches/calls.ts")).calls,
  queue: async () => (await import("./benches/queue.ts")).queue,
  dispatch: async () => (await import("./benches/dispatch.ts")).dispatch,
  compositions: async () => (await import("./benches/compositions.ts")).compositions,
  events: async () => (await import("./benches/events.ts")).events,
  lifecycle: async () => (await import("./benches/lifecycle.ts")).lifecycle,
};
