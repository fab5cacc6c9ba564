import { CapabilitiesFileSchema } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { addEntry } from "../../src/init/add-entry.ts";

const ENTRY = { name: "new", runtime: "node", package: "./new" } as const;
const add = (text: string): string => addEntry(text, ENTRY, "capabilities.yaml");

test("comments, order and form of what is there stay", () => {
  const before = `# At the top.
capabilities:
  # About the first.
  - name: first   # its name
    runtime: venv
    package: ./first
    env_vars: { A: "1", B: 'two' }
# At the end.
`;
  expect(add(before)).toBe(`# At the top.
capabilities:
  # About the first.
  - name: first # its name
    runtime: venv
    package: ./first
    env_vars: { A: "1", B: 'two' }

  - name: new
    runtime: node
    package: ./new

# At the end.
`);
});

describe("every way to write a list, or none yet", () => {
  test.each([
    ["capabilities: []\n", 1],
    ["# Nothing yet.\ncapabilities:\n", 1],
    ["", 1],
    ["capabilities: [{ name: a, runtime: node, package: ./a }]\n", 2],
    ["capabilities:\n- name: a\n  runtime: node\n  package: ./a\n", 2],
  ])("%j", (before, count) => {
    const file = CapabilitiesFileSchema.parse(parse(add(before)));
    expect(file.capabilities).toHaveLength(count);
    expect(file.capabilities.at(-1)).toMatchObject(ENTRY);
  });

  test("a list that is not indented stays so", () => {
    expect(add("capabilities:\n- name: a\n  runtime: node\n  package: ./a\n")).toMatch(/^- name: a$[\s\S]*^- name: new$/m);
  });
});

test("the same entry twice changes nothing, and another of its name is refused", () => {
  const once = add("capabilities: []\n");
  expect(add(once)).toBe(once);
  expect(() => add("capabilities:\n  - { name: new, runtime: venv, package: ./other }\n")).toThrow(
    "has an entry 'new' already, for ./other",
  );
});

test.each(["capabilities: 3\n", "capabilities: [\n"])("%j is no file that could get an entry", (text) => {
  expect(() => add(text)).toThrow("has no list 'capabilities'");
});
