import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { completeLines } from "../complete-lines.ts";

const SCRIPT = fileURLToPath(new URL("./conda_stand_in.py", import.meta.url));

/**
 * An executable that stands in for micromamba, mamba or conda. It makes real virtual environments with records in
 * `conda-meta`, answers `env list --json` as they do, and keeps the words of every call. It has no solver and no channels:
 * what is tested with it is what is said to these programs and how their answers are understood.
 */
export class CondaStandIn {
  /** The executable. */
  readonly path: string;
  readonly #state: string;

  private constructor(path: string, state: string) {
    this.path = path;
    this.#state = state;
  }

  /** Writes the executable `<folder>/<type>`. */
  static async create(folder: string, type: "micromamba" | "mamba" | "conda" = "micromamba"): Promise<CondaStandIn> {
    await mkdir(folder, { recursive: true });
    const standIn = new CondaStandIn(join(folder, type), join(folder, `${type}-state`));
    await writeFile(standIn.path, CondaStandIn.#program(standIn.#state, type));
    await chmod(standIn.path, 0o755);
    return standIn;
  }

  /** The text of the executable, for whoever serves it as a download. */
  static text(state: string): string {
    return CondaStandIn.#program(state, "micromamba");
  }

  /** Words of every call so far, without the program's name. */
  get calls(): readonly (readonly string[])[] {
    return completeLines(join(this.#state, "argv.jsonl")).map((line) => JSON.parse(line) as string[]);
  }

  static #program(state: string, type: string): string {
    return `#!/bin/sh\nexec python3 ${quoted(SCRIPT)} ${quoted(state)} ${type} "$@"\n`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
