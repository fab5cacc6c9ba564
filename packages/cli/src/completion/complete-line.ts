import type { Options } from "yargs";
import { type ValueSource, valueSourceOf } from "./value-sources.ts";

/** What a word may become, and what that is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** A command as completion needs it. */
export interface CommandShape {
  readonly name: string;
  /** Names of its positionals, in order; the last one may stand for several words. */
  readonly positionals: readonly string[];
  readonly repeatsLast: boolean;
  readonly options: Readonly<Record<string, Options>>;
}

/** What is to be found out for the last word: names of commands or of options, or a value from somewhere. */
export type Wanted =
  | { readonly kind: "commands" }
  | { readonly kind: "options"; readonly given: ReadonlySet<string> }
  | {
      readonly kind: "value";
      readonly source: ValueSource;
      /** Values of the positionals that stand before. */
      readonly positionals: Readonly<Record<string, string>>;
      /** What of the word belongs to the option, such as `--kind=`. */
      readonly prefix: string;
    }
  | { readonly kind: "nothing" };

/** What the last of the words is about. @param command null while no word names one */
export function wantedFor(words: readonly string[], command: CommandShape | null, globals: Readonly<Record<string, Options>>): Wanted {
  const current = words.at(-1) ?? "";
  const options = { ...globals, ...command?.options };
  const { positionals, given, pending } = readBefore(words.slice(0, -1), options);
  if (pending !== null)
    return { kind: "value", source: sourceOf(pending, command, options), positionals: named(positionals, command), prefix: "" };
  if (current.startsWith("-")) {
    const [written, value] = split(current);
    if (value === null) return { kind: "options", given };
    const name = optionName(written, options);
    if (name === null) return { kind: "nothing" };
    return { kind: "value", source: sourceOf(name, command, options), positionals: named(positionals, command), prefix: `${written}=` };
  }
  if (command === null) return { kind: "commands" };
  const own = positionals.slice(1);
  const place = command.repeatsLast ? Math.min(own.length, command.positionals.length - 1) : own.length;
  const positional = command.positionals[place];
  if (positional === undefined) return { kind: "nothing" };
  return {
    kind: "value",
    source: valueSourceOf(command.name, positional, undefined),
    positionals: named(positionals, command),
    prefix: "",
  };
}

/** The word that names the command: the first that is neither an option nor the value of one. */
export function commandWord(words: readonly string[], globals: Readonly<Record<string, Options>>): string | null {
  return readBefore(words.slice(0, -1), globals).positionals[0] ?? null;
}

/**
 * The words as they were typed: bash hands over `--kind=x` and `folder=x` in three.
 * @returns also what stands before the part of the last word that the shell replaces
 */
export function joinedWords(words: readonly string[]): { readonly words: readonly string[]; readonly replacedFrom: number } {
  const joined: string[] = [];
  let goesOn = false;
  let replacedFrom = 0;
  for (const word of words) {
    const last = joined.at(-1);
    if ((word === "=" || goesOn) && last !== undefined) {
      replacedFrom = word === "=" ? last.length + 1 : last.length;
      joined[joined.length - 1] = last + word;
      goesOn = word === "=";
    } else {
      joined.push(word);
      replacedFrom = 0;
    }
  }
  return { words: joined, replacedFrom };
}

function readBefore(words: readonly string[], options: Readonly<Record<string, Options>>) {
  const positionals: string[] = [];
  const given = new Set<string>();
  let pending: string | null = null;
  for (const word of words) {
    if (pending !== null) {
      pending = null;
      continue;
    }
    if (!word.startsWith("-")) {
      positionals.push(word);
      continue;
    }
    const [written, value] = split(word);
    const name = optionName(written, options);
    if (name === null) continue;
    given.add(name);
    if (value === null && options[name]?.type !== "boolean") pending = name;
  }
  return { positionals, given, pending };
}

function split(word: string): readonly [string, string | null] {
  const at = word.indexOf("=");
  return at < 0 ? [word, null] : [word.slice(0, at), word.slice(at + 1)];
}

/** The long name of an option as it was written, with its dashes; null for one that is not known. */
function optionName(written: string, options: Readonly<Record<string, Options>>): string | null {
  const name = written.replace(/^--?/, "");
  if (Object.hasOwn(options, name)) return name;
  return Object.entries(options).find(([, { alias = [] }]) => [alias].flat().includes(name))?.[0] ?? null;
}

function sourceOf(option: string, command: CommandShape | null, options: Readonly<Record<string, Options>>): ValueSource {
  return valueSourceOf(command?.name ?? "", option, options[option]?.choices?.map(String));
}

function named(positionals: readonly string[], command: CommandShape | null): Readonly<Record<string, string>> {
  const values = positionals.slice(1).flatMap((value, index) => {
    const name = command?.positionals[index];
    return name === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values);
}
