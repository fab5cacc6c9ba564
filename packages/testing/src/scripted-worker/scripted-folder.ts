import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { completeLines } from "../complete-lines.ts";

/** One request that a scripted worker got. */
export interface AskedRequest {
  readonly pid: number;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What scripted workers of one capability and their test share: its data folder, which outlives each of them. */
export class ScriptedFolder {
  readonly #path: string;

  /** @param path `<data_dir>/data/<capability name>` */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(path, { recursive: true });
  }

  /** Every request so far, of all its workers. */
  asked(path?: string): readonly AskedRequest[] {
    const requests = completeLines(join(this.#path, "asked.ndjson")).map((line) => JSON.parse(line) as AskedRequest);
    return requests.filter((request) => path === undefined || request.path === path);
  }

  note(path: string, body: Readonly<Record<string, unknown>>): void {
    appendFileSync(join(this.#path, "asked.ndjson"), `${JSON.stringify({ pid: process.pid, path, body })}\n`);
  }

  /** Lets everything through that waits at that gate, now and later. */
  open(gate: string): void {
    writeFileSync(join(this.#path, `gate-${gate}`), "");
  }

  /** Resolves when that gate was opened. */
  async opened(gate: string): Promise<void> {
    while (!existsSync(join(this.#path, `gate-${gate}`))) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** How often this was asked before, by whatever worker. */
  count(name: string): number {
    const file = join(this.#path, `count-${name}`);
    const before = existsSync(file) ? readFileSync(file, "utf8").length : 0;
    appendFileSync(file, ".");
    return before;
  }
}
