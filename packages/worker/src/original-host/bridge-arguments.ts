import { UsageError } from "../worker-arguments.ts";

/** The program that hosts of the original start in an interpreter. */
const ORIGINAL_WORKER_MODULE = "cjm_substrate.core.worker";

export interface BridgeArguments {
  /** Command line of our worker, up to the arguments that every worker takes. */
  readonly workerCommand: readonly string[];
  /** Folder that the worker resolves its module from; null when its interpreter knows. */
  readonly environment: string | null;
  /** Which of the host's worker lives this is; null when the host does not say. */
  readonly sessionId: string | null;
  readonly module: string;
  readonly className: string;
  /** Comma list of `module:Class`, empty for none. */
  readonly adapters: string;
  /** An inherited listening TCP socket, or a loopback port to listen on. */
  readonly listenOn: { readonly fd: number } | { readonly port: number };
  /** The host, whose end ends the worker; null watches nobody. */
  readonly parentPid: number | null;
}

/**
 * Reads `<the launcher's own words> -- <what the host of the original appended>`. The descriptor wins over a port, and a
 * parent of 0 is none, as in the original's worker.
 * @throws UsageError
 */
export function parseBridgeArguments(argv: readonly string[]): BridgeArguments {
  const end = argv.indexOf("--");
  if (end === -1) throw new UsageError("'--' is missing between the launcher's words and the host's. Write the launcher anew.");
  const own = readOptions(argv.slice(0, end), ["--worker", "--environment", "--session"]);
  const host = readOptions(argv.slice(end + 1), ["-m", "--module", "--class", "--fd", "--port", "--ppid", "--adapters"]);
  const last = (name: string): string | undefined => host.get(name)?.at(-1);
  if (last("-m") !== ORIGINAL_WORKER_MODULE) {
    throw new UsageError(`This launcher is no Python interpreter: it runs '-m ${ORIGINAL_WORKER_MODULE}' and nothing else.`);
  }
  const workerCommand = own.get("--worker") ?? [];
  if (workerCommand.length === 0) throw new UsageError("--worker is required. Write the launcher anew.");
  return {
    workerCommand,
    environment: own.get("--environment")?.at(-1) ?? null,
    sessionId: own.get("--session")?.at(-1) || null,
    module: required(last("--module"), "--module"),
    className: required(last("--class"), "--class"),
    adapters: last("--adapters") ?? "",
    listenOn: listenOn(last("--fd"), last("--port")),
    parentPid: last("--ppid") === undefined ? null : wholeNumber(last("--ppid"), "--ppid") || null,
  };
}

function listenOn(fd: string | undefined, port: string | undefined): BridgeArguments["listenOn"] {
  if (fd !== undefined) return { fd: wholeNumber(fd, "--fd") };
  if (port !== undefined) return { port: wholeNumber(port, "--port") };
  throw new UsageError("One of --fd and --port is required.");
}

function readOptions(argv: readonly string[], known: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const options = new Map<string, readonly string[]>();
  for (let at = 0; at < argv.length; at += 2) {
    const name = argv[at] ?? "";
    const value = argv[at + 1];
    if (!known.includes(name)) throw new UsageError(`Unknown option ${name}. Known: ${known.join(", ")}.`);
    if (value === undefined) throw new UsageError(`${name} needs a value.`);
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return options;
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw new UsageError(`${name} is required.`);
  return value;
}

function wholeNumber(text: string | undefined, name: string): number {
  if (text === undefined || !/^\d{1,10}$/.test(text)) throw new UsageError(`${name} needs a whole number, not '${text}'.`);
  return Number(text);
}
