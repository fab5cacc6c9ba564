import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** Where the original is, from `CJM_ORIGINAL_PYTHON` and `CJM_ORIGINAL_PATH`; null when nobody said. */
export interface OriginalProgram {
  /** Interpreter with what it needs. */
  readonly python: string;
  /** Its source, as Python's path. */
  readonly path: string;
}

export type OriginalWork =
  | { readonly lanes: number; readonly jobs: number }
  | { readonly lanes: number; readonly nodes: readonly (readonly [id: string, upstream: readonly string[]])[] };

export function originalProgram(): OriginalProgram | null {
  const { CJM_ORIGINAL_PYTHON: python, CJM_ORIGINAL_PATH: path } = process.env;
  return python === undefined || path === undefined ? null : { python, path };
}

/** The queue of the original in a process of its own, with one worker, doing the work that it is told. */
export class OriginalQueue implements AsyncDisposable {
  readonly #stdin: Writable;
  readonly #answers: AsyncIterator<string>;
  readonly #printed: () => string;
  readonly #end: () => Promise<void>;

  private constructor(parts: { stdin: Writable; answers: AsyncIterator<string>; printed: () => string; end: () => Promise<void> }) {
    this.#stdin = parts.stdin;
    this.#answers = parts.answers;
    this.#printed = parts.printed;
    this.#end = parts.end;
  }

  /**
   * @param options.oneCertificate the fast control: a trust store of one certificate, since the original reads the whole of it for
   * most of its requests although it speaks no TLS
   */
  static async start(
    program: OriginalProgram,
    options: { readonly folder: string; readonly cap: number; readonly oneCertificate: boolean },
  ): Promise<OriginalQueue> {
    const { folder, cap, oneCertificate } = options;
    mkdirSync(folder, { recursive: true });
    const certificate = join(folder, "one.pem");
    if (oneCertificate) writeFileSync(certificate, firstCertificate());
    const subject = fileURLToPath(new URL("../subjects/original_queue.py", import.meta.url));
    const tool = fileURLToPath(new URL("../capability/original", import.meta.url));
    const child = spawn(program.python, [subject, String(cap)], {
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      detached: true,
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        CJM_DATA_DIR: join(folder, "data"),
        PYTHONPATH: [program.path, tool].join(delimiter),
        PYTHONPYCACHEPREFIX: join(folder, "bytecode"),
        ...(oneCertificate ? { SSL_CERT_FILE: certificate } : {}),
      },
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        printed = (printed + text).slice(-4000);
      });
    }
    const exited = once(child, "exit");
    const end = async (): Promise<void> => {
      child.stdin?.end();
      const late = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), 10_000);
      await exited;
      clearTimeout(late);
    };
    const answers = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]();
    const queue = new OriginalQueue({ stdin: child.stdin as Writable, answers, printed: () => printed, end });
    await queue.#answer();
    return queue;
  }

  /** Does it once, on a queue of its own. Resolves with how long it took. */
  async run(work: OriginalWork): Promise<number> {
    this.#stdin.write(`${JSON.stringify(work)}\n`);
    const { seconds } = await this.#answer();
    return (seconds ?? Number.NaN) * 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #answer(): Promise<{ readonly seconds?: number }> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`The original ended:\n${this.#printed()}`);
    return JSON.parse(value) as { seconds?: number };
  }
}

/** Of this machine's trust store, as a file that holds it alone. */
function firstCertificate(): string {
  const all = readFileSync("/etc/ssl/certs/ca-certificates.crt", "utf8");
  return /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/.exec(all)?.[0] ?? "";
}
