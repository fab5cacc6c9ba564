import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { type CapabilityEntry, type CjmConfig, CjmError, hashBytes } from "@cjm/core";
import type { BuildRequest, BuiltEnvironment, EnvironmentProvider } from "./environment-provider.ts";
import { findProgram } from "./find-program.ts";

const PROGRAM = { micromamba: "micromamba", miniforge: "mamba", conda: "conda" } as const;

/** Conda environments by prefix, made by micromamba, mamba or conda. They hold absolute paths and stay where they were made. */
export class CondaProvider implements EnvironmentProvider {
  readonly kind = "conda";
  readonly relocatable = false;
  readonly #runtime: CjmConfig["runtime"];

  constructor(runtime: CjmConfig["runtime"]) {
    this.#runtime = runtime;
  }

  async recipe(entry: CapabilityEntry, baseDir: string): Promise<unknown> {
    return {
      kind: this.kind,
      file: entry.env_file === undefined ? null : hashBytes(await readEnvironmentFile(entry.env_file, baseDir)),
      python: entry.python_version ?? null,
      package: entry.package,
      libraries: entry.interface_libs,
      platform: `${process.platform}-${process.arch}`,
    };
  }

  async build({ entry, baseDir, folder, steps }: BuildRequest): Promise<BuiltEnvironment> {
    const program = await this.#program();
    const micromamba = this.#runtime.condaType === "micromamba";
    const file = entry.env_file === undefined ? null : resolve(baseDir, entry.env_file);
    const create =
      file === null
        ? ["create", "-y", "-p", folder, `python=${entry.python_version ?? ""}`]
        : micromamba
          ? ["create", "-y", "-p", folder, "-f", file]
          : ["env", "create", "-p", folder, "-f", file];
    await steps.run({ title: "make conda environment", argv: [program, ...create] });
    const python = join(folder, "bin", "python");
    const source = /^\.{0,2}\//.test(entry.package) && !isAbsolute(entry.package) ? resolve(baseDir, entry.package) : entry.package;
    await steps.run({ title: "install packages", argv: [python, "-m", "pip", "install", "--no-input", ...entry.interface_libs, source] });
    const listed = await steps.run({ title: "list packages", argv: [program, "list", "-p", folder, "--json"] });
    return {
      interpreter: join("bin", "python"),
      resolved: JSON.parse(listed) as unknown,
      module: entry.module ?? `${moduleGuess(entry)}.capability`,
    };
  }

  async #program(): Promise<string> {
    const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
    const configured = this.#runtime.binaries[platform];
    if (configured !== undefined) return configured;
    const name = PROGRAM[this.#runtime.condaType];
    return await findProgram(
      name,
      `Install ${this.#runtime.condaType}, name its binary under runtime.binaries in cjm.yaml, or give the capability 'runtime: venv'.`,
    );
  }
}

async function readEnvironmentFile(file: string, baseDir: string): Promise<string> {
  try {
    return await readFile(resolve(baseDir, file), "utf8");
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `The environment file ${resolve(baseDir, file)} cannot be read.`, {
      hint: "Check 'env_file' in capabilities.yaml; paths are relative to that file.",
      cause: error,
    });
  }
}

/** The original's guess: last part of a path or URL, or the distribution's name, as a module name. */
function moduleGuess(entry: CapabilityEntry): string {
  const last =
    entry.package
      .replace(/\.git$/, "")
      .replace(/\/$/, "")
      .split("/")
      .at(-1) ?? entry.package;
  return (/^[A-Za-z0-9._-]+/.exec(last)?.[0] ?? last).replaceAll(/[-.]/g, "_");
}
