import { expect, test } from "vitest";
import { usageErrorFrom } from "../src/usage-error.ts";

const known = { commands: ["list", "logs", "run"], options: ["json", "limit", "n", "quiet", "q"] };

test.each([
  ["Unknown argument: limt", ["logs", "--limt", "3"], "There is no option --limt. Did you mean '--limit'?"],
  ["Unknown arguments: foo, bar", ["logs", "--foo=1", "--bar"], "There is no option --foo."],
  ["Unknown argument: extra", ["logs", "extra"], "'extra' is one argument too many."],
  ["Unknown argument: lst", ["lst"], "There is no command 'lst'. Did you mean 'list'?"],
  ["Did you mean logs?", ["lgs"], "There is no command 'lgs'. Did you mean 'logs'?"],
  ["", ["--jsn"], "There is no option --jsn. Did you mean '--json'?"],
  ["", ["--json"], "No command was given."],
  ["", [], "No command was given."],
  ["Not enough non-option arguments: got 0, need at least 1", ["run"], "An argument is missing."],
  ["Not enough arguments following: limit", ["logs", "--limit"], "Not enough arguments following: limit."],
])("%j for %j", (message, argv, expected) => {
  expect(usageErrorFrom(message, argv, known)).toMatchObject({ code: "CJM_USAGE", message: expected });
});

test("the hint names the help of the command that was asked for", () => {
  expect(usageErrorFrom("Unknown argument: x", ["logs", "x"], known).hint).toContain("cjm-ctl logs --help");
  expect(usageErrorFrom("Unknown argument: x", ["x"], known).hint).toContain("'cjm-ctl --help'");
});
