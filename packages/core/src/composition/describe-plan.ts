import type { JsonObject, JsonValue } from "../json.ts";
import { type BindingScope, bindValue } from "./bind-arguments.ts";
import { referencesInCondition } from "./compile-condition.ts";
import { referencesIn } from "./compiled-value.ts";
import type { CacheMode, NodeCall, RetryPolicy } from "./composition.ts";
import { conditionText } from "./condition-text.ts";
import { evaluateCondition } from "./evaluate-condition.ts";
import type { CompositionPlan, PlannedNode } from "./plan.ts";
import { planWaves } from "./plan-waves.ts";

export interface FanOutDescription {
  /** What it goes over: a reference, `a list of 3`, or the node whose items it takes one by one. */
  readonly over: string;
  /** How many items there are, as far as the inputs tell; null: that shows when it runs. */
  readonly items: number | null;
  readonly maxConcurrent: number | null;
  readonly onItemError: "fail" | "collect";
}

export interface NodeDescription {
  readonly id: string;
  /** Node that runs the composition which it is part of. */
  readonly parent: string | null;
  /** From 1. Nodes of one wave can run at the same time. */
  readonly wave: number;
  /** Name of the composition that it runs; null: it calls a capability. */
  readonly composition: string | null;
  readonly capability: string | null;
  readonly instanceId: string | null;
  readonly call: NodeCall | null;
  /** `items`: an item waits for the item of the same index only. */
  readonly waitsFor: readonly { readonly nodeId: string; readonly how: "all" | "items" }[];
  readonly fanOut: FanOutDescription | null;
  readonly condition: {
    readonly text: string;
    readonly asked: "once" | "for each item";
    /** As far as the inputs tell. */
    readonly holds: boolean | null;
  } | null;
  readonly afterSkipped: "skip" | "run";
  readonly priority: number;
  readonly timeoutMs: number | null;
  readonly startTimeoutMs: number | null;
  readonly retry: RetryPolicy | null;
  readonly cache: CacheMode | null;
  readonly onInterruption: "rerun" | "fail" | null;
}

/** What a composition would do. */
export interface PlanDescription {
  readonly name: string;
  readonly description: string | null;
  readonly failFast: boolean;
  /** Ids of nodes; those of one wave can run at the same time, once what they wait for in earlier ones is done. */
  readonly waves: readonly (readonly string[])[];
  /** In the order of the document, parts of a composition inside behind it. */
  readonly nodes: readonly NodeDescription[];
  /** Names of what it gives back. */
  readonly outputs: readonly string[];
}

/** Describes a plan; with the inputs of a run also what follows from them: how many items, which conditions do not hold. */
export function describePlan(plan: CompositionPlan, { inputs = {} }: { readonly inputs?: JsonObject } = {}): PlanDescription {
  const { name, description, failFast } = plan.composition;
  const waves = planWaves(plan);
  const waveOf = new Map(waves.flatMap((ids, index) => ids.map((id) => [id, index + 1])));
  const items = new Map<string, number | null>();
  const nodes = plan.nodes.map((planned) => describeNode(planned, waveOf.get(planned.node.id) ?? 1, { inputs, items }));
  return { name, description, failFast, waves, nodes, outputs: plan.outputs.map(([output]) => output) };
}

interface Given {
  readonly inputs: JsonObject;
  /** Numbers of items of the nodes before. */
  readonly items: Map<string, number | null>;
}

function describeNode(planned: PlannedNode, wave: number, given: Given): NodeDescription {
  const { node, parent, priority } = planned;
  const called =
    node.kind === "call"
      ? {
          composition: null,
          capability: node.capability,
          instanceId: node.instanceId,
          call: node.call,
          timeoutMs: node.timeoutMs,
          startTimeoutMs: node.startTimeoutMs,
          retry: node.retry,
          cache: node.cache,
          onInterruption: node.onInterruption,
        }
      : { composition: node.composition.name, ...NOT_CALLED };
  const all = planned.wholeDependencies.map((nodeId) => ({ nodeId, how: "all" as const }));
  const itemwise = planned.itemDependencies.map((nodeId) => ({ nodeId, how: "items" as const }));
  return {
    id: node.id,
    parent,
    wave,
    ...called,
    waitsFor: [...all, ...itemwise],
    fanOut: fanOutOf(planned, given),
    condition: conditionOf(planned, given),
    afterSkipped: node.afterSkipped,
    priority,
  };
}

const NOT_CALLED = {
  capability: null,
  instanceId: null,
  call: null,
  timeoutMs: null,
  startTimeoutMs: null,
  retry: null,
  cache: null,
  onInterruption: null,
} as const;

function fanOutOf(planned: PlannedNode, { inputs, items }: Given): FanOutDescription | null {
  if (!planned.isFanOut) return null;
  const { id, forEach, maxConcurrent, onItemError } = planned.node;
  const from = planned.followsParent ? planned.parent : planned.source;
  const list = from === null ? listOf(planned, inputs) : null;
  const count = from === null ? (list?.length ?? null) : (items.get(from) ?? null);
  items.set(id, count);
  const over = from ?? (typeof forEach === "string" ? forEach : `a list of ${forEach?.length ?? 0}`);
  return { over, items: count, maxConcurrent, onItemError };
}

function conditionOf({ node, when, filtersItems, prefix }: PlannedNode, { inputs }: Given): NodeDescription["condition"] {
  if (when === null || node.when === null) return null;
  const fromInputs = prefix === "" && [...referencesInCondition(when)].every(({ reference }) => isGiven(reference, inputs));
  return {
    text: conditionText(node.when),
    asked: filtersItems ? "for each item" : "once",
    holds: fromInputs ? unlessUnbound(() => evaluateCondition(when, scopeOf(node.id, inputs)).holds) : null,
  };
}

function listOf({ forEach, prefix, node }: PlannedNode, inputs: JsonObject): readonly JsonValue[] | null {
  if (forEach === null || (prefix !== "" && forEach.kind !== "constant")) return null;
  if (![...referencesIn(forEach)].every(({ reference }) => isGiven(reference, inputs))) return null;
  const list = unlessUnbound(() => bindValue(forEach, scopeOf(node.id, inputs)));
  return Array.isArray(list) ? (list as readonly JsonValue[]) : null;
}

function isGiven({ root, name }: { readonly root: string; readonly name: string }, inputs: JsonObject): boolean {
  return root === "inputs" && Object.hasOwn(inputs, name);
}

function scopeOf(nodeId: string, inputs: JsonObject): BindingScope {
  return { nodeId, inputs, run: { id: null, actor: null, dir: null }, node: nothing, matching: nothing, failures: nothing };
}

const nothing = (): undefined => undefined;

/** What cannot be bound fails its node when it runs; here it is merely not known. */
function unlessUnbound<T>(bind: () => T): T | null {
  try {
    return bind();
  } catch {
    return null;
  }
}
