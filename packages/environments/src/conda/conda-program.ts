import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { promisify } from "node:util";
import { type CjmConfig, CjmError, errorMessage } from "@cjm/core";
import * as z from "zod";
import { findProgram } from "../providers/find-program.ts";

const run = promisify(execFile);
const PROGRAM = { micromamba: "micromamba", miniforge: "mamba", conda: "conda" } as const;
const QUESTIONS_MS = 60_000;

const ListingSchema = z.object({ envs: z.array(z.string()) });

/** micromamba, mamba (of miniforge) or conda: how each is found, and the words each understands. */
export class CondaProgram {
  readonly path: string;
  readonly #type: CjmConfig["runtime"]["condaType"];
  /** Root prefix of micromamba in local mode, where its package cache lies; null otherwise. */
  readonly #root: string | null;

  private constructor(path: string, type: CjmConfig["runtime"]["condaType"], root: string | null) {
    this.path = path;
    this.#type = type;
    this.#root = root;
  }

  /**
   * What `runtime.binaries` names, else what lies in the prefix, else what the PATH has.
   * @throws CjmError CJM_ENVIRONMENT_TOOL_MISSING with the ways to get it
   */
  static async find({ runtime, dataDir }: Pick<CjmConfig, "runtime" | "dataDir">): Promise<CondaProgram> {
    const prefix = condaPrefix({ runtime, dataDir });
    const root = runtime.condaType === "micromamba" && runtime.mode === "local" ? prefix : null;
    const name = PROGRAM[runtime.condaType];
    const configured = runtime.binaries[condaPlatformKey()];
    if (configured !== undefined) {
      if (!(await isExecutable(configured))) {
        throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `${configured}, which runtime.binaries names, is no program that can be run.`, {
          hint: "Correct 'runtime.binaries' in cjm.yaml, or take it out.",
        });
      }
      return new CondaProgram(configured, runtime.condaType, root);
    }
    const own = join(prefix, "bin", name);
    if (await isExecutable(own)) return new CondaProgram(own, runtime.condaType, root);
    const hint =
      runtime.condaType === "micromamba"
        ? "Download it with 'cjm-ctl setup-runtime', name it under runtime.binaries in cjm.yaml, or give the capability 'runtime: venv'."
        : `Install ${runtime.condaType}, name its program under runtime.binaries in cjm.yaml, or give the capability 'runtime: venv'.`;
    return new CondaProgram(await findProgram(name, hint), runtime.condaType, root);
  }

  /** Makes an environment at a prefix, from packages. */
  createFrom(prefix: string, specs: readonly string[]): readonly [string, ...string[]] {
    const channel = this.#type === "micromamba" ? ["--channel", "conda-forge"] : [];
    return this.#argv("create", "--yes", "--prefix", prefix, ...channel, ...specs);
  }

  /** The same from an environment file (YAML). */
  createFromFile(prefix: string, file: string): readonly [string, ...string[]] {
    return this.#type === "micromamba"
      ? this.#argv("create", "--yes", "--prefix", prefix, "--file", file)
      : this.#argv("env", "create", "--prefix", prefix, "--file", file);
  }

  /** The same from a list of package addresses (`@EXPLICIT`), without solving anything. */
  createFromExplicit(prefix: string, file: string): readonly [string, ...string[]] {
    return this.#argv("create", "--yes", "--prefix", prefix, "--file", file);
  }

  /** Removes an environment by its prefix. */
  remove(prefix: string): readonly [string, ...string[]] {
    return this.#argv("env", "remove", "--yes", "--prefix", prefix);
  }

  /**
   * Prefix of the environment of that name, as the program itself lists it; null when there is none.
   * @throws CjmError CJM_ENVIRONMENT_FAILED when the list cannot be had
   */
  async prefixOf(name: string): Promise<string | null> {
    const envs = await this.environments();
    return envs.find((path) => basename(path) === name) ?? null;
  }

  /** Prefixes of all environments; in local mode those below the prefix. */
  async environments(): Promise<readonly string[]> {
    const [program, ...args] = this.#argv("env", "list", "--json");
    try {
      const { stdout } = await run(program, args, { timeout: QUESTIONS_MS, maxBuffer: 2 ** 24 });
      return belowRoot(environmentPrefixes(stdout), this.#root);
    } catch (error) {
      throw new CjmError("CJM_ENVIRONMENT_FAILED", `${this.path} does not list its environments: ${errorMessage(error)}.`, {
        hint: `Try '${this.path} env list --json' by hand.`,
        cause: error,
      });
    }
  }

  #argv(...words: string[]): readonly [string, ...string[]] {
    return [this.path, ...(this.#root === null ? [] : ["--root-prefix", this.#root]), ...words];
  }
}

/** What `env list --json` printed. micromamba, mamba and conda all answer `{"envs": [prefix, ...]}` and may say more. */
export function environmentPrefixes(printed: string): readonly string[] {
  return ListingSchema.parse(JSON.parse(printed)).envs;
}

/** Where `setup-runtime` puts micromamba and, in local mode, where its package cache lies. */
export function condaPrefix({ runtime, dataDir }: Pick<CjmConfig, "runtime" | "dataDir">): string {
  return runtime.prefix ?? join(dataDir, "runtime");
}

/** `<linux|darwin|win>-<x64|arm64|...>`, the key of `runtime.binaries`. */
export function condaPlatformKey(): string {
  return `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
}

function belowRoot(prefixes: readonly string[], root: string | null): readonly string[] {
  return root === null ? prefixes : prefixes.filter((path) => !relative(root, path).startsWith(".."));
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
