import { type ActionSpec, ActionSpecSchema, CompositionSchema } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compositionText } from "../../src/init/composition-text.ts";
import { chosenCalls } from "../../src/init/init-composition.ts";

const action = (name: string, properties: Record<string, object> = {}, required = Object.keys(properties)): ActionSpec =>
  ActionSpecSchema.parse({ name, description: "d", input_schema: { type: "object", properties, required } });

test("required arguments become inputs of their types, the others are left out", () => {
  const greet = action("greet", { name: { type: "string", description: "Whom" }, times: { type: ["integer", "null"] }, mark: {} }, [
    "name",
    "times",
  ]);
  expect(compositionText("party", [{ capability: "hello", action: greet }])).toBe(`# cjm-ctl run party.yaml --set name=... --set times=...

name: party

inputs:
  name:
    type: string
    description: Whom
  times:
    type: integer

nodes:
  greet:
    capability: hello
    action: greet
    args:
      name: \${inputs.name}
      times: \${inputs.times}
`);
});

test("names that meet are kept apart, and what fits is shared", () => {
  const calls = [
    { capability: "a", action: action("go", { path: { type: "string" }, to: { type: "string" } }) },
    { capability: "b", action: action("go", { path: { type: "array" }, to: { type: "string" } }) },
    { capability: "c", action: action("stop") },
  ];
  const document = parse(compositionText("both", calls)) as object;
  expect(document).toMatchObject({
    inputs: { path: { type: "string" }, to: { type: "string" }, go_2_path: { type: "list" } },
    nodes: { go: {}, go_2: { capability: "b", args: { path: "${inputs.go_2_path}", to: "${inputs.to}" } }, stop: { capability: "c" } },
  });
  expect(CompositionSchema.parse(document).nodes).toHaveLength(3);
});

describe("calls that were asked for", () => {
  const installed = [
    { name: "hello", actions: [action("greet"), action("part")] },
    { name: "mute", actions: [] },
  ];
  test("the first action, or the one that is named", () => {
    expect(chosenCalls(["hello", "hello:part"], installed).map(({ action: { name } }) => name)).toEqual(["greet", "part"]);
  });
  test.each([
    ["helo", "'helo' is not installed. Did you mean 'hello'?"],
    ["hello:gret", "hello has no action 'gret'. Did you mean 'greet'?"],
    ["mute", "The manifest of mute lists no actions"],
  ])("%s: %s", (written, message) => {
    expect(() => chosenCalls([written], installed)).toThrow(message);
  });
});
