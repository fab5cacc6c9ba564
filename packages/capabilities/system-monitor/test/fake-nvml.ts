import { execFile } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skip, type TemporaryFolder, temporaryFolder } from "@cjm/testing";

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL("fixtures/nvml.c", import.meta.url));

/** A shared library with NVML's functions that does what its state says; `fixtures/nvml.c` has the lines. */
export class FakeNvml implements AsyncDisposable {
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** Compiles a library of its own; skips the test where there is no compiler for C, or no koffi for this machine. */
  static async build(context: Parameters<typeof skip>[0], options: { readonly withoutV3?: boolean } = {}): Promise<FakeNvml> {
    if (!(await hasKoffi())) skip(context, "koffi, an optional dependency, cannot be loaded on this machine");
    const compiler = await findCompiler();
    if (compiler === null) skip(context, "there is no compiler for C: none of cc, gcc, clang, g++");
    const nvml = new FakeNvml(await temporaryFolder("cjm-nvml-"));
    nvml.set([]);
    const defines = [`-DSTATE_FILE="${nvml.#file("state")}"`, `-DCALLS_FILE="${nvml.#file("calls")}"`];
    if (options.withoutV3 === true) defines.push("-DWITHOUT_V3");
    await run(compiler, ["-x", "c", "-std=gnu11", "-shared", "-fPIC", "-Wall", "-Werror", ...defines, "-o", nvml.library, SOURCE]);
    return nvml;
  }

  get folder(): string {
    return this.#folder.path;
  }

  get library(): string {
    return this.#file("libnvidia-ml.so.1");
  }

  /** Replaces the state, in one step. */
  set(lines: readonly string[]): void {
    writeFileSync(this.#file("state.new"), lines.map((line) => `${line}\n`).join(""));
    renameSync(this.#file("state.new"), this.#file("state"));
  }

  /** How often a function was called. */
  calls(name: string): number {
    if (!existsSync(this.#file("calls"))) return 0;
    return readFileSync(this.#file("calls"), "utf8")
      .split("\n")
      .filter((line) => line === name).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }

  #file(name: string): string {
    return join(this.#folder.path, name);
  }
}

async function hasKoffi(): Promise<boolean> {
  return await import("koffi").then(
    () => true,
    () => false,
  );
}

async function findCompiler(): Promise<string | null> {
  for (const compiler of ["cc", "gcc", "clang", "g++"]) {
    const works = await run(compiler, ["--version"]).then(
      () => true,
      () => false,
    );
    if (works) return compiler;
  }
  return null;
}
