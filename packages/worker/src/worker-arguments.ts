import { resolve } from "node:path";

/** What both programs of this package are told on their command line. */
export interface TargetArguments {
  /** Package specifier of the capability, or a file of the environment. */
  readonly module: string;
  /** Exported class; null takes the only one. */
  readonly className: string | null;
  /** Absolute folder that the module is resolved from. */
  readonly environment: string;
}

export interface WorkerArguments extends TargetArguments {
  readonly socketPath: string;
  /** `module:Class` of task adapters. */
  readonly adapters: readonly string[];
}

/** A task adapter in the place of a capability. */
export interface AdapterArguments extends Pick<TargetArguments, "environment"> {
  /** `module:Class`. */
  readonly adapter: string;
}

/** A command line that cannot be understood. Printed as it is, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws UsageError */
export function parseWorkerArguments(argv: readonly string[]): WorkerArguments {
  const options = parseOptions(argv, ["module", "class", "environment", "socket", "adapters"]);
  return {
    ...target(options),
    socketPath: required(options, "socket"),
    adapters: (options.get("adapters") ?? "")
      .split(",")
      .map((spec) => spec.trim())
      .filter((spec) => spec !== ""),
  };
}

/** What is introspected: a capability, or with `--adapter` a task adapter. @throws UsageError */
export function parseIntrospectionArguments(argv: readonly string[]): TargetArguments | AdapterArguments {
  const options = parseOptions(argv, ["module", "class", "environment", "adapter"]);
  if (!options.has("adapter")) return target(options);
  if (options.has("module") || options.has("class")) throw new UsageError("--adapter names module and class itself.");
  return { adapter: required(options, "adapter"), environment: environmentOf(options) };
}

function target(options: ReadonlyMap<string, string>): TargetArguments {
  return {
    module: required(options, "module"),
    className: options.get("class") || null,
    environment: environmentOf(options),
  };
}

function environmentOf(options: ReadonlyMap<string, string>): string {
  return resolve(options.get("environment") ?? ".");
}

function parseOptions(argv: readonly string[], known: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at < argv.length; at += 2) {
    const name = argv[at] ?? "";
    const value = argv[at + 1];
    if (!name.startsWith("--") || !known.includes(name.slice(2))) {
      throw new UsageError(`Unknown option ${name}. Known: ${known.map((option) => `--${option}`).join(", ")}.`);
    }
    if (value === undefined) throw new UsageError(`${name} needs a value.`);
    options.set(name.slice(2), value);
  }
  return options;
}

function required(options: ReadonlyMap<string, string>, name: string): string {
  const value = options.get(name);
  if (value === undefined || value === "") throw new UsageError(`--${name} is required.`);
  return value;
}
