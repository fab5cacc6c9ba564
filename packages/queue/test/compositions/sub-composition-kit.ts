import { expect } from "vitest";
import type { CompositionOutcome, NodeSummary } from "../../src/index.ts";
import { queueKit, ref } from "../queue-kit.ts";

export type Kwargs = Record<string, unknown>;
/** Gives back its argument `x`, and fails where `bad` is true. */
export const echo = {
  profile: {},
  cap: 100,
  script: (kwargs: Kwargs) => (kwargs["bad"] === true ? Promise.reject(new TypeError("bad page")) : ((kwargs["x"] ?? null) as null)),
};
export const node = (rest: Kwargs = {}) => ({ capability: "echo", ...rest });
export const states = ({ nodes }: CompositionOutcome): Record<string, string> =>
  Object.fromEntries(nodes.map(({ id, state }) => [id, state]));
export const at = ({ nodes }: CompositionOutcome, id: string): NodeSummary | undefined => nodes.find((summary) => summary.id === id);

/** Doubles a text in two steps: `["a", "a"]`. */
export const twice = (rest: Kwargs = {}) => ({
  name: "twice",
  inputs: { text: {}, bad: { type: "boolean", default: false } },
  outputs: { both: ref("nodes.second"), first: ref("nodes.first") },
  nodes: {
    first: node({ args: { x: ref("inputs.text"), bad: ref("inputs.bad") } }),
    second: node({ args: { x: [ref("nodes.first"), ref("inputs.text")] } }),
  },
  ...rest,
});

/** Runs a composition to its end, and sees to it that nothing is left behind. */
export async function run(nodes: Kwargs, rest: Kwargs = {}) {
  await using kit = queueKit({ instances: { echo } });
  const handle = await kit.queue.submitComposition({ name: "c", nodes, ...rest });
  const outcome = await handle.wait();
  const calls = kit.runtime.calls.map(({ call }) => String(call.envelope.node_id));
  expect(kit.internalErrors).toEqual([]);
  expect(kit.queue.stats()).toMatchObject({ pending: 0, running: 0, compositions: { running: 0 } });
  return { outcome, calls, journal: kit.journal };
}
