import { durationText, type NodeDescription, type PlanDescription } from "@cjm/core";
import type { Colors } from "../terminal/terminal.ts";

/** What a composition would do, for people: wave by wave what each node calls, what it waits for and by which rules. */
export function planLines(plan: PlanDescription, missingInputs: readonly string[], colors: Colors): readonly string[] {
  const { bold, dim } = colors;
  const { name, description, failFast, waves, nodes, outputs } = plan;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const failure = failFast ? "the first failure cancels what has not started" : "a failure stops only what depends on it";
  return [
    `${bold(name)}: ${counted(nodes.length, "node")} in ${counted(waves.length, "wave")}; ${failure}`,
    ...(description === null ? [] : [description]),
    ...(missingInputs.length === 0 ? [] : [`it needs ${missingInputs.map((input) => `--set ${input}=...`).join(" ")}`]),
    ...waves.flatMap((ids, index) => [
      "",
      bold(`wave ${index + 1}`),
      ...ids.flatMap((id) => {
        const node = byId.get(id);
        if (node === undefined) return [];
        return [`  ${id}  ${callText(node)}`, ...ruleLines(node).map((line) => `    ${dim(line)}`)];
      }),
    ]),
    ...(outputs.length === 0 ? [] : ["", `gives ${outputs.join(", ")}`]),
  ];
}

function callText({ composition, capability, instanceId, call }: NodeDescription): string {
  if (composition !== null) return `runs the composition ${composition}`;
  const called =
    call === null || (call.channel === "execute" && call.action === null)
      ? ""
      : ` ${call.channel === "task" ? `${call.task}.${call.method}` : call.action}`;
  const instance = instanceId === capability ? "" : ` on ${instanceId}`;
  return `calls ${capability}${called}${instance}`;
}

function ruleLines(node: NodeDescription): string[] {
  const all = node.waitsFor.filter(({ how }) => how === "all").map(({ nodeId }) => nodeId);
  const items = node.waitsFor.filter(({ how }) => how === "items").map(({ nodeId }) => nodeId);
  return [
    ...(all.length === 0 ? [] : [`waits for ${all.join(", ")}`]),
    ...(items.length === 0 ? [] : [`each item waits for that of ${items.join(", ")}`]),
    ...fanOutLines(node),
    ...conditionLines(node),
    ...limitLines(node),
  ];
}

function fanOutLines({ fanOut }: NodeDescription): string[] {
  if (fanOut === null) return [];
  const { over, items, maxConcurrent, onItemError } = fanOut;
  const count = items === null ? "" : `, ${counted(items, "item")}`;
  const bound = maxConcurrent === null ? "" : `, at most ${maxConcurrent} at a time`;
  return [
    `for each of ${over}${count}${bound}; an item that fails ${onItemError === "fail" ? "fails the node" : "is listed and drops out"}`,
  ];
}

function conditionLines({ condition, afterSkipped }: NodeDescription): string[] {
  const verdict = condition?.holds === true ? ", which holds" : condition?.holds === false ? ", which does not hold: it is skipped" : "";
  return [
    ...(condition === null ? [] : [`when ${condition.text}${condition.asked === "once" ? "" : " (asked for each item)"}${verdict}`]),
    ...(afterSkipped === "run" ? ["runs also after what a condition skipped"] : []),
  ];
}

function limitLines({ timeoutMs, startTimeoutMs, retry, priority, cache, onInterruption }: NodeDescription): string[] {
  const limits = [
    ...(timeoutMs === null ? [] : [`at most ${durationText(timeoutMs)} a call`]),
    ...(startTimeoutMs === null ? [] : [`starts within ${durationText(startTimeoutMs)}`]),
    ...(retry === null ? [] : [`up to ${counted(retry.maxAttempts, "call")}`]),
    ...(priority === 0 ? [] : [`priority ${priority}`]),
    ...(cache === null ? [] : [`cache: ${cache}`]),
    ...(onInterruption === null ? [] : [`when interrupted: ${onInterruption}`]),
  ];
  return limits.length === 0 ? [] : [limits.join(", ")];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
