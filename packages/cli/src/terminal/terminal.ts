import { createColors } from "picocolors";
import { LiveLines } from "./live-lines.ts";

export type Colors = ReturnType<typeof createColors>;

export interface TerminalOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly noColor: boolean;
}

/**
 * Where a command writes: results to stdout, everything about the way there to stderr. A reader that goes away, such as
 * `head`, is no failure: what is written afterwards is dropped and `closed` is aborted.
 */
export class Terminal {
  readonly json: boolean;
  /** Colours of what goes to stdout. */
  readonly colors: Colors;
  /** Colours of what goes to stderr. */
  readonly noteColors: Colors;
  /** Aborted when nobody reads stdout any more. */
  readonly closed: AbortSignal;
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #quiet: boolean;
  readonly #live: LiveLines | null;
  readonly #closed = new AbortController();
  #writeFault: Error | null = null;

  constructor(options: TerminalOptions) {
    const { stdout, stderr, env } = options;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#quiet = options.quiet;
    this.json = options.json;
    this.colors = createColors(wantsColor(stdout, options));
    this.noteColors = createColors(wantsColor(stderr, options));
    this.closed = this.#closed.signal;
    this.#live = stderr.isTTY && !options.quiet && env["TERM"] !== "dumb" && !isSet(env["CI"]) ? new LiveLines(stderr) : null;
    stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") this.#writeFault ??= error;
      this.#closed.abort();
    });
    stderr.on("error", () => {});
  }

  /** Columns of stdout; a pipe has no limit, and a terminal that was never given a size has 80. */
  get columns(): number {
    return this.#stdout.isTTY ? this.#stdout.columns || 80 : Number.POSITIVE_INFINITY;
  }

  /** Why the result could not be written, such as a full disk; null as long as it could, or when its reader went away. */
  get writeFault(): Error | null {
    return this.#writeFault;
  }

  /** A line of the result. */
  print(line = ""): void {
    if (this.#closed.signal.aborted) return;
    this.#live?.clear();
    this.#stdout.write(`${line}\n`);
  }

  /** The whole result, or one line of a stream of results, for a program to read. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** A line about the way to the result; `--quiet` leaves it out. */
  note(line = ""): void {
    if (!this.#quiet) this.alert(line);
  }

  /** A line that is shown whatever the options say. */
  alert(line: string): void {
    this.#live?.clear();
    this.#stderr.write(`${line}\n`);
  }

  /** Lines that change in place; null where nobody could see that, so that plain lines are the way. */
  get live(): LiveLines | null {
    return this.#live;
  }
}

function wantsColor(stream: NodeJS.WriteStream, { env, noColor }: TerminalOptions): boolean {
  if (noColor || isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
