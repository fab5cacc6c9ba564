import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export interface ProgramOptions {
  readonly cwd?: string;
  /** Added to, or with undefined taken from, this process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program whose lines can be waited for. Disposing of it kills it if it still runs. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  /** Not at its exit: what it printed last is read after that. */
  #ended = false;
  readonly result: Promise<ProgramResult>;

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    const env = { ...process.env, ...options.env };
    this.#child = spawn(command, args, { cwd: options.cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin?.on("error", () => {});
    this.#child.stdin?.end(options.input ?? "");
    this.#read(this.#child.stdout, (text) => {
      this.#stdout += text;
    });
    this.#read(this.#child.stderr, (text) => {
      this.#stderr += text;
    });
    this.result = new Promise((resolve, reject) => {
      this.#child.once("error", (error) => {
        this.#ended = true;
        reject(error);
        this.#wake();
      });
      this.#child.once("close", (code, signal) => {
        this.#ended = true;
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#wake();
      });
    });
    this.result.catch(() => {});
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the program did not start");
    return pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first line of either output that matches, also one already printed. @throws Error when the program ends without it */
  async line(pattern: RegExp): Promise<string> {
    for (let index = 0; ; index++) {
      while (index >= this.#lines.length) {
        if (this.#ended) throw new Error(`ended without a line like ${pattern}:\n${this.#stdout}\n${this.#stderr}`);
        await new Promise<void>((resolve) => this.#waiters.add(resolve));
      }
      const line = this.#lines[index];
      if (line !== undefined && pattern.test(line)) return line;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill("SIGKILL");
    await this.result.catch(() => {});
  }

  #read(stream: Readable | null, add: (text: string) => void): void {
    if (stream === null) return;
    stream.setEncoding("utf8").on("data", add);
    createInterface({ input: stream }).on("line", (line) => {
      this.#lines.push(line);
      this.#wake();
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}

/** Runs a program to its end. */
export async function runProgram(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  await using program = new Program(command, args, options);
  return await program.result;
}
