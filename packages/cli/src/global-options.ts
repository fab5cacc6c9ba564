import type { Options } from "yargs";
import { lastValue } from "./arguments/option-values.ts";

/** Heading of what a command has beside that. */
export const OWN = "Options:";
/** Heading of what every command has, in its help. */
export const EVERYWHERE = "Everywhere:";
const text = { type: "string", requiresArg: true, coerce: lastValue, group: EVERYWHERE } as const;
const flag = { type: "boolean", default: false, group: EVERYWHERE } as const;

/** Options of every command, by long name. */
export const GLOBAL_OPTIONS: Readonly<Record<string, Options>> = {
  "cjm-config": { ...text, alias: "config", describe: "This cjm.yaml instead of the nearest one" },
  "data-dir": { ...text, describe: "Where environments, journal and secrets lie" },
  "conda-prefix": { ...text, describe: "Where micromamba keeps itself and its environments" },
  "conda-type": { ...text, describe: "What makes conda environments: micromamba, miniforge or conda" },
  json: { ...flag, describe: "Results for programs, on stdout" },
  quiet: { ...flag, alias: "q", describe: "No progress, results alone" },
  debug: { ...flag, describe: "Stack traces of errors" },
  "no-color": { ...flag, describe: "No colours; so does NO_COLOR" },
};
