import { expect, test } from "vitest";
import { type CompositionStatus, isTerminalNodeState, NODE_TRANSITIONS, type NodeState, terminalStatus } from "../../src/index.ts";

test.each<[string, boolean, boolean, NodeState[], CompositionStatus]>([
  ["nothing", false, true, [], "completed"],
  ["all completed", false, true, ["completed", "completed"], "completed"],
  ["a failure under fail fast beats what it cancelled", false, true, ["completed", "failed", "cancelled", "skipped"], "failed"],
  ["a failure under best effort", false, false, ["failed", "completed", "skipped"], "completed"],
  ["best effort with its only node failing", false, false, ["failed"], "completed"],
  ["best effort with a cancelled node", false, false, ["failed", "cancelled"], "cancelled"],
  ["a cancelled member", false, true, ["completed", "cancelled", "skipped"], "cancelled"],
  ["the user's cancel beats a failure", true, true, ["failed", "cancelled"], "cancelled"],
  ["the user's cancel, though everything completed", true, false, ["completed"], "cancelled"],
])("%s", (_, userCancelled, failFast, states, status) => {
  expect(terminalStatus({ userCancelled, failFast, states })).toBe(status);
});

test("a terminal state leads nowhere, every other one somewhere", () => {
  const terminal = (Object.keys(NODE_TRANSITIONS) as NodeState[]).filter(isTerminalNodeState);
  expect(terminal).toEqual(["completed", "failed", "cancelled", "skipped"]);
});
