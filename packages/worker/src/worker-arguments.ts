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

/** @throws UsageError */
export function parseIntrospectionArguments(argv: readonly string[]): TargetArguments {
  return target(parseOptions(argv, ["module", "class", "environment"]));
}

function target(options: ReadonlyMap<string, string>): TargetArguments {
  return {
    module: required(options, "module"),
    className: options.get("class") || null,
    environment: resolve(options.get("environment") ?? "."),
  };
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
