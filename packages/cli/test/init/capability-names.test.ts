import { isCjmError } from "@cjm/core";
import { expect, test } from "vitest";
import { capabilityNames } from "../../src/init/capability-names.ts";

test.each([
  ["echo", "Echo", "echo"],
  ["word-count", "WordCount", "word_count"],
  ["a2-b3", "A2B3", "a2_b3"],
  ["tool-capability", "ToolCapabilityTool", "tool_capability"],
  ["none", "NoneTool", "none"],
])("%s is the class %s and the module %s", (name, className, moduleName) => {
  expect(capabilityNames(name)).toEqual({ name, className, moduleName });
});

test.each([
  ["WordCount", "such as word-count"],
  ["word_count", "such as word-count"],
  ["-x-", "such as x"],
  ["2nd", "such as nd"],
  ["a--b", "such as a-b"],
  ["../up", "such as up"],
  ["", "64 at most."],
  ["ä", "64 at most."],
  ["a".repeat(65), "such as aaa"],
])("'%s' is refused, with another in its place: %s", (name, hint) => {
  const thrown = (() => {
    try {
      return capabilityNames(name);
    } catch (error) {
      return error;
    }
  })();
  expect(isCjmError(thrown, "CJM_USAGE") && thrown.hint).toContain(hint);
});
