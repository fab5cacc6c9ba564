import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runProgram } from "@cjm/testing";

/** A fenced block of a page: a file to be written, commands to be typed, or what they print. */
export interface Block {
  readonly language: string;
  /** Of commands: how the last of them exits. */
  readonly exitCode: number;
  /** Relative to the workspace; null for what is no file. */
  readonly file: string | null;
  readonly text: string;
}

const FENCE = /^```(\w+)(?: exit=(\d+))?\n([\s\S]*?)^```$/gm;

/** The fenced blocks of a page, in order. A block that begins with a comment of a path alone is that file. */
export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(FENCE)].map(([, language = "", exitCode = "0", body = ""]) => {
    const path = /^(?:\/\/|#) (\S+\/\S+\.\w+)\n/.exec(body);
    const isFile = path !== null && language !== "sh" && language !== "output";
    return {
      language,
      exitCode: Number(exitCode),
      file: isFile ? (path[1] ?? null) : null,
      text: isFile ? body.slice(path[0].length) : body,
    };
  });
}

/** A reader: has `cjm-ctl` and Node on the PATH, types commands in one folder after another. */
export class TutorialReader {
  readonly #home: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #cwd: string;

  /** @param ctl the command that stands for `cjm-ctl` */
  static async create(home: string, ctl: string): Promise<TutorialReader> {
    const bin = join(home, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "cjm-ctl"), `#!/bin/sh\nexec ${ctl} "$@"\n`, { mode: 0o755 });
    return new TutorialReader(home, bin);
  }

  private constructor(home: string, bin: string) {
    this.#home = home;
    this.#cwd = home;
    this.#env = {
      PATH: `${bin}:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      HOME: home,
      NO_COLOR: "1",
      FORCE_COLOR: undefined,
      CJM_DATA_DIR: undefined,
      CJM_WORKSPACE: undefined,
      NODE_OPTIONS: undefined,
      NODE_TEST_CONTEXT: undefined,
      // Nothing may need a network: what asks a registry fails at once.
      npm_config_registry: "http://127.0.0.1:9/",
      PIP_INDEX_URL: "http://127.0.0.1:9/",
      PIP_RETRIES: "0",
    };
  }

  /**
   * Does what a page says, block by block.
   * @returns what it shows beside what was seen, each masked, for every output block
   * @throws Error when commands exit otherwise than the page says
   */
  async follow(page: string): Promise<readonly { readonly shown: string; readonly seen: string }[]> {
    const outputs: { shown: string; seen: string }[] = [];
    let printed = "";
    for (const block of blocksOf(page)) {
      if (block.file !== null) await this.write(block.file, block.text);
      else if (block.language === "output") outputs.push({ shown: this.masked(block.text), seen: this.masked(printed) });
      else if (block.language === "sh") {
        const typed = await this.type(block.text);
        if (typed.exitCode !== block.exitCode) {
          throw new Error(`exit code ${typed.exitCode}, not ${block.exitCode}, of\n${block.text}\n${typed.printed}`);
        }
        printed = typed.printed;
      }
    }
    return outputs;
  }

  async write(file: string, text: string): Promise<void> {
    const path = join(this.#cwd, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** What a terminal would show of the commands, and how the last of them exited. */
  async type(commands: string): Promise<{ readonly printed: string; readonly exitCode: number }> {
    const [screen, place, status] = ["screen", "place", "status"].map((name) => join(this.#home, name));
    const script = `{ ${commands}\n} > '${screen}' 2>&1; echo $? > '${status}'; pwd > '${place}'`;
    await runProgram("bash", ["-c", script], { cwd: this.#cwd, env: this.#env });
    this.#cwd = (await readFile(place ?? "", "utf8")).trim();
    return { printed: await readFile(screen ?? "", "utf8"), exitCode: Number(await readFile(status ?? "", "utf8")) };
  }

  /** Output without what is different every time: the reader's own paths, ids, times, and who was killed under which number. */
  masked(text: string): string {
    return text
      .replaceAll(this.#home, "/home/you")
      .replaceAll(/^bash: line \d+:\s+\d+ Killed.*\n/gm, "")
      .replaceAll(/\brun_\d{8}_\d{6}_[0-9a-f]{8}\b/g, "run_20260101_120000_1a2b3c4d")
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "2026-01-01 12:00:00")
      .replaceAll(/\[[0-9a-f]{8}\|[0-9a-f]{8}\]/g, "[1a2b3c4d|5e6f7a8b]")
      .replaceAll(/\bjob=[0-9a-f]{8}\b/g, "job=1a2b3c4d")
      .replaceAll(/\(\d+ %\)/g, "(50 %)")
      .replaceAll(/\b\d+(?:\.\d+)? ?(?:ms|min|s)\b/g, "12 ms");
  }
}

/** Whether output is what a page shows; a line `...` stands for any lines. */
export function isShown(shown: string, printed: string): boolean {
  const escaped = shown.split("\n").map((line) => (line === "..." ? "[\\s\\S]*?" : `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\n`));
  return new RegExp(`^${escaped.slice(0, -1).join("")}$`).test(printed);
}
