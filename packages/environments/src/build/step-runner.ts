import { spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { CjmError } from "@cjm/core";

const KEPT_LINES = 15;

export interface Step {
  /** For people: `install packages`. */
  readonly title: string;
  /** Program and arguments; no shell reads them. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The way out when it fails. */
  readonly hint?: string;
  /** Exit codes that are no failure. @default [0] */
  readonly accept?: readonly number[];
}

export interface StepRunnerOptions {
  /** The entry of capabilities.yaml that the steps are for. */
  readonly entryName: string;
  /** Whole output of every step. */
  readonly logPath: string;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((title: string) => void) | undefined;
}

/** Runs the steps of one entry one after another. Aborting, or the end of this process, kills a step and all it started. */
export class StepRunner implements AsyncDisposable {
  readonly #options: StepRunnerOptions;
  readonly #log: WriteStream;

  private constructor(options: StepRunnerOptions, log: WriteStream) {
    this.#options = options;
    this.#log = log;
  }

  static async open(options: StepRunnerOptions): Promise<StepRunner> {
    await mkdir(dirname(options.logPath), { recursive: true });
    const log = createWriteStream(options.logPath);
    // A log that cannot be written must not fail the installation it tells of.
    log.on("error", () => {});
    return new StepRunner(options, log);
  }

  /** What the step printed to standard output. @throws CjmError CJM_ENVIRONMENT_FAILED with its last lines, or the signal's reason */
  async run(step: Step): Promise<string> {
    const { signal, onStep } = this.#options;
    signal?.throwIfAborted();
    onStep?.(step.title);
    this.#log.write(`$ ${printable(step.argv)}\n`);
    const child = spawn(process.execPath, [guardEntry(), ...step.argv], {
      cwd: step.cwd,
      env: { ...process.env, ...step.env },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const lifeline = child.stdio[3];
    const end = (): void => void lifeline?.destroy();
    signal?.addEventListener("abort", end, { once: true });
    const last: string[] = [];
    let stdout = "";
    const take = (text: string): void => {
      this.#log.write(text);
      last.push(...text.split("\n").filter((line) => line.trim() !== ""));
      last.splice(0, last.length - KEPT_LINES);
    };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      take(text);
    });
    child.stderr?.setEncoding("utf8").on("data", take);
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
      signal?.throwIfAborted();
      if (code === null || !(step.accept ?? [0]).includes(code)) throw this.#failure(step, code, last);
      return stdout;
    } finally {
      signal?.removeEventListener("abort", end);
      end();
    }
  }

  /** A step that is no program. @throws what it throws */
  async watch<T>(title: string, action: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
    const { signal, onStep } = this.#options;
    signal?.throwIfAborted();
    onStep?.(title);
    this.#log.write(`# ${title}\n`);
    return await action(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#log.end(resolve);
      this.#log.once("error", () => resolve());
    });
  }

  #failure(step: Step, code: number | null, last: readonly string[]): CjmError {
    const { entryName, logPath } = this.#options;
    const output = last.length === 0 ? "It printed nothing." : `Its last output:\n${last.map((line) => `  | ${line}`).join("\n")}`;
    return new CjmError(
      "CJM_ENVIRONMENT_FAILED",
      `${entryName}: '${step.title}' failed with exit code ${code ?? "unknown"}.\n  $ ${printable(step.argv)}\n${output}`,
      {
        hint: `${step.hint === undefined ? "" : `${step.hint} `}The whole output is in ${logPath}.`,
        details: { entryName, argv: step.argv, exitCode: code, lastOutput: last, logPath },
      },
    );
  }
}

/** An argv as a person could type it into a shell. */
export function printable(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

/** Beside this file: TypeScript in a checkout, JavaScript where it was compiled. */
function guardEntry(): string {
  return fileURLToPath(new URL(`./step-guard${import.meta.url.slice(-3)}`, import.meta.url));
}
