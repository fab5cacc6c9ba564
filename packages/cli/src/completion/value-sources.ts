import { LOG_LEVELS } from "../logs/log-source.ts";
import { PLAN_FORMATS } from "../run/dry-run.ts";
import { DOCUMENT_KINDS } from "../validation/document-kind.ts";
import { SHELLS } from "./shell-scripts.ts";

/** Ids of what waits or runs, of anything, of compositions that a host left behind, whole ones of jobs, or those of runs. */
export type IdSource = "open-work" | "open-jobs" | "work" | "interrupted" | "whole-jobs" | "runs";

/** Where values of an argument come from. Files are left to the shell. */
export type ValueSource =
  | "files"
  | "capabilities"
  | "actions"
  | "arguments"
  | "inputs"
  | "secrets"
  | "config-keys"
  | IdSource
  | readonly string[];

/** By name of the argument; with `command.` before it for that command alone. */
const SOURCES: ReadonlyMap<string, ValueSource> = new Map<string, ValueSource>([
  ["name", "capabilities"],
  ["init.name", "files"],
  ["init.what", ["capability", "composition", "sdk"]],
  ["action", "actions"],
  ["arg", "arguments"],
  ["set", "inputs"],
  ["set-secret.key", "secrets"],
  ["delete-secret.key", "secrets"],
  ["config.key", "config-keys"],
  ["cancel.ids", "open-work"],
  ["why.job", "open-jobs"],
  ["inspect.id", "work"],
  ["resume.id", "interrupted"],
  // Only a whole id is understood there.
  ["logs.job", "whole-jobs"],
  ["run", "runs"],
  ["completion.shell", SHELLS],
  ["conda-type", ["micromamba", "miniforge", "conda"]],
  ["logs.level", LOG_LEVELS.map((level) => level.toLowerCase())],
  ["validate.kind", DOCUMENT_KINDS],
  ["run.format", PLAN_FORMATS],
]);

/** @param choices those that the command declares */
export function valueSourceOf(command: string, name: string, choices: readonly string[] | undefined): ValueSource {
  return SOURCES.get(`${command}.${name}`) ?? choices ?? SOURCES.get(name) ?? "files";
}
