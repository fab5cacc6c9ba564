import { COMMANDS, commandName } from "../commands/command-table.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type Candidate, type CommandShape, commandWord, joinedWords, type Wanted, wantedFor } from "./complete-line.ts";
import { findValues } from "./find-values.ts";

/** Answers a shell that wants to know what the last word may become. It never complains: a shell shows that in the middle of a line. */
export async function printCandidates(argv: readonly string[], terminal: Terminal): Promise<void> {
  try {
    const { words, replacedFrom } = joinedWords(argv);
    const current = words.at(-1) ?? "";
    for (const { value, description } of await candidates(words)) {
      if (!value.startsWith(current)) continue;
      const [line = ""] = description.split("\n", 1);
      terminal.print(`${value.slice(replacedFrom)}\t${line.replaceAll("\t", " ")}`);
    }
  } catch {}
}

async function candidates(words: readonly string[]): Promise<readonly Candidate[]> {
  const name = commandWord(words, GLOBAL_OPTIONS);
  const command = await shapeOf(name);
  if (name !== null && command === null) return [];
  const wanted = wantedFor(words, command, GLOBAL_OPTIONS);
  switch (wanted.kind) {
    case "commands":
      return COMMANDS.map((entry) => ({ value: commandName(entry), description: entry.summary }));
    case "options":
      return optionCandidates(command, wanted.given);
    case "value":
      return await valueCandidates(wanted, words);
    case "nothing":
      return [];
    default:
      return wanted satisfies never;
  }
}

async function shapeOf(name: string | null): Promise<CommandShape | null> {
  const entry = COMMANDS.find((one) => commandName(one) === name);
  if (entry === undefined) return null;
  const { options } = await entry.load();
  const positionals = [...entry.usage.matchAll(/[<[]([\w-]+)(\.\.)?[>\]]/g)];
  return {
    name: commandName(entry),
    positionals: positionals.map(([, positional = ""]) => positional),
    repeatsLast: positionals.at(-1)?.[2] !== undefined,
    options,
  };
}

function optionCandidates(command: CommandShape | null, given: ReadonlySet<string>): readonly Candidate[] {
  const shown = Object.entries({ ...command?.options, ...GLOBAL_OPTIONS }).filter(
    ([name, { hidden }]) => hidden !== true && !given.has(name),
  );
  return [
    ...shown.map(([name, { describe }]) => ({ value: `--${name}`, description: typeof describe === "string" ? describe : "" })),
    { value: "--help", description: "Show help" },
  ];
}

async function valueCandidates({ source, positionals, prefix }: Extract<Wanted, { kind: "value" }>, words: readonly string[]) {
  const configPath = givenOption(words, "--cjm-config") ?? givenOption(words, "--config");
  const dataDir = givenOption(words, "--data-dir");
  const found = await findValues(source, {
    cwd: process.cwd(),
    env: process.env,
    options: { ...(configPath === null ? {} : { configPath }), ...(dataDir === null ? {} : { dataDir }) },
    positionals,
  });
  return found.map(({ value, description }) => ({ value: prefix + value, description }));
}

function givenOption(words: readonly string[], option: string): string | null {
  const at = words.indexOf(option);
  if (at >= 0) return words[at + 1] ?? null;
  return words.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1) ?? null;
}
