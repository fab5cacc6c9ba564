import { describe, expect, test } from "vitest";
import { type CommandShape, commandWord, joinedWords, wantedFor } from "../../src/completion/complete-line.ts";

const globals = { "data-dir": { type: "string", alias: "dir" }, json: { type: "boolean" } } as const;
const call: CommandShape = {
  name: "call",
  positionals: ["name", "action"],
  repeatsLast: false,
  options: {
    arg: { type: "string", alias: "a" },
    mode: { type: "string", choices: ["fast", "slow"] },
    force: { type: "boolean", alias: "f" },
  },
};
const cancel: CommandShape = { name: "cancel", positionals: ["name"], repeatsLast: true, options: {} };

test.each<[readonly string[], string | null]>([
  [[""], null],
  [["ca"], null],
  [["call", ""], "call"],
  [["--data-dir", "x", "call", ""], "call"],
  [["--data-dir=x", "--json", "call", ""], "call"],
  [["--unknown", "call", ""], "call"],
])("the command of %j is %s", (words, name) => {
  expect(commandWord(words, globals)).toBe(name);
});

describe("what a last word is about", () => {
  const value = (source: unknown, positionals = {}, prefix = "") => ({ kind: "value", source, positionals, prefix });
  test.each<[readonly string[], CommandShape | null, object]>([
    [[""], null, { kind: "commands" }],
    [["--data-dir", ""], null, value("files")],
    [["call", ""], call, value("capabilities")],
    [["call", "probe", "ec"], call, value("actions", { name: "probe" })],
    [["call", "--force", "probe", ""], call, value("actions", { name: "probe" })],
    [["call", "-f", "--arg", "x=1", "probe", ""], call, value("actions", { name: "probe" })],
    [["call", "probe", "echo", ""], call, { kind: "nothing" }],
    [["call", "probe", "echo", "--arg", ""], call, value("arguments", { name: "probe", action: "echo" })],
    [["call", "probe", "echo", "-a", "te"], call, value("arguments", { name: "probe", action: "echo" })],
    [["call", "probe", "echo", "--arg=te"], call, value("arguments", { name: "probe", action: "echo" }, "--arg=")],
    [["call", "--mode", ""], call, value(["fast", "slow"])],
    [["call", "--nothing=x"], call, { kind: "nothing" }],
    [["cancel", "a", "b", ""], cancel, value("capabilities", { name: "a" })],
  ])("%j", (words, command, wanted) => {
    expect(wantedFor(words, command, globals)).toEqual(wanted);
  });

  test("options are offered once each", () => {
    expect(wantedFor(["call", "-f", "--json", "--arg", "x", "--"], call, globals)).toEqual({
      kind: "options",
      given: new Set(["force", "json", "arg"]),
    });
  });
});

test.each<[readonly string[], readonly string[], number]>([
  [["run", "flow.yaml"], ["run", "flow.yaml"], 0],
  [["run", "--set", "folder", "="], ["run", "--set", "folder="], 7],
  [["run", "--set", "folder", "=", "do"], ["run", "--set", "folder=do"], 7],
  [["--kind", "=", "co", "x"], ["--kind=co", "x"], 0],
  [["="], ["="], 0],
  [["run", "--set", "folder=do"], ["run", "--set", "folder=do"], 0],
])("words that bash took apart are put together: %j", (words, joined, replacedFrom) => {
  expect(joinedWords(words)).toEqual({ words: joined, replacedFrom });
});
