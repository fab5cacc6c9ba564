import { expect, test } from "vitest";
import { COMMANDS, commandName } from "../src/commands/command-table.ts";
import { usageErrorFrom } from "../src/usage-error.ts";

const known = { commands: ["call", "list", "logs", "run"], options: ["json", "limit", "n", "quiet", "q"] };

test.each([
  ["Unknown argument: limt", ["logs", "--limt", "3"], "There is no option --limt. Did you mean '--limit'?"],
  ["Unknown arguments: foo, bar", ["logs", "--foo=1", "--bar"], "There is no option --foo."],
  ["Unknown argument: extra", ["logs", "extra"], "'extra' is one argument too many."],
  ["Unknown argument: lst", ["lst"], "There is no command 'lst'. Did you mean 'list'?"],
  ["Did you mean logs?", ["lgs"], "There is no command 'lgs'. Did you mean 'logs'?"],
  ["", ["--jsn"], "There is no option --jsn. Did you mean '--json'?"],
  ["", ["--json"], "No command was given."],
  ["", [], "No command was given."],
  ["Not enough non-option arguments: got 0, need at least 1", ["run"], "The argument <composition> is missing."],
  ["Not enough non-option arguments: got 0, need at least 1", ["run", "--qiet"], "There is no option --qiet. Did you mean '--quiet'?"],
  [
    "Not enough non-option arguments: got 0, need at least 1",
    ["run", "--quiet", "-n", "--limit=3"],
    "The argument <composition> is missing.",
  ],
  ["Not enough arguments following: limit", ["logs", "--limit"], "--limit takes a value."],
  ["Not enough arguments following: n", ["logs", "-n"], "-n takes a value."],
])("%j for %j", (message, argv, expected) => {
  expect(usageErrorFrom(message, argv, { ...known, usage: "run <composition>" })).toMatchObject({ code: "CJM_USAGE", message: expected });
});

test.each([
  [0, "The arguments <name> and <key> are missing."],
  [1, "The argument <key> is missing."],
])("of two arguments with %i given, what is missing is named beside the usage", (got, expected) => {
  const message = `Not enough non-option arguments: got ${got}, need at least 2`;
  const error = usageErrorFrom(message, ["call"], { ...known, usage: "call <name> <key> [rest..]" });
  expect(error).toMatchObject({
    message: expected,
    hint: "Write it as cjm-ctl call <name> <key> [rest..]. 'cjm-ctl call --help' shows what there is.",
  });
});

test.each([
  ["n=3", ["run", "flow.yaml", "n=3"], "Write it as --set n=3."],
  ["n=3", ["call", "hello", "greet", "n=3"], "Write it as --arg n=3."],
  ["n=3", ["logs", "n=3"], "'cjm-ctl logs --help' shows what there is."],
  ["n=1,2", ["run", "flow.yaml", "n=1,2"], "Write it as --set n=1,2."],
  ["more", ["run", "flow.yaml", "more"], "'cjm-ctl run --help' shows what there is."],
])("the way out for a bare %s in %j", (extra, argv, hint) => {
  expect(usageErrorFrom(`Unknown argument: ${extra}`, argv, known).hint).toBe(hint);
});

test("the hint names the help of the command that was asked for", () => {
  expect(usageErrorFrom("Unknown argument: x", ["logs", "x"], known).hint).toContain("cjm-ctl logs --help");
  expect(usageErrorFrom("Unknown argument: x", ["x"], known).hint).toContain("'cjm-ctl --help'");
});

const names = COMMANDS.map(commandName);
/** Two letters swapped: the commonest slip. Of two or three letters nobody could say what was meant. */
const slips = names.filter((name) => name.length > 3).map((name) => [`${name[0]}${name[2]}${name[1]}${name.slice(3)}`, name] as const);
test.each(slips.filter(([slip]) => !names.includes(slip)))("%s is %s, mistyped", (slip, name) => {
  expect(usageErrorFrom("", [slip], { commands: names, options: [] }).message).toBe(
    `There is no command '${slip}'. Did you mean '${name}'?`,
  );
});
