import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type CapabilityEntry, type CjmConfig, CjmError, hashBytes } from "@cjm/core";
import * as z from "zod";
import { hashFolder } from "../build/package-source.ts";
import type { StepRunner } from "../build/step-runner.ts";
import { download } from "../download/download.ts";
import type { EnvironmentPlan } from "../environment-plan.ts";
import type { BuildRequest, BuiltEnvironment, EnvironmentProvider, RebuildRequest } from "../providers/environment-provider.ts";
import { packageIdentity, packageSpec, pythonModuleOf } from "../providers/package-spec.ts";
import { listDistributions } from "../python/list-distributions.ts";
import { PipInstaller, PipLockSchema } from "../python/pip-installer.ts";
import { condaIdentity, condaPackages, explicitFile } from "./conda-packages.ts";
import { CondaProgram } from "./conda-program.ts";

const ARCHIVES = /\.(whl|tar\.gz|zip)$/;
/** Some of these programs ask without a terminal, too. */
const NO_QUESTIONS = { CONDA_ALWAYS_YES: "1", MAMBA_ALWAYS_YES: "1", MAMBA_NO_BANNER: "1" };
const ENVIRONMENT_FILE_MAX_BYTES = 2 ** 20;

const MadeSchema = z.object({ pip: PipLockSchema });

/** Conda environments by prefix, made by micromamba, mamba or conda. They hold absolute paths and stay where they were made. */
export class CondaProvider implements EnvironmentProvider {
  readonly kind = "conda";
  readonly relocatable = false;
  readonly #config: Pick<CjmConfig, "runtime" | "dataDir">;

  constructor(config: Pick<CjmConfig, "runtime" | "dataDir">) {
    this.#config = config;
  }

  /** A file at an address counts by its address, as a package of a registry does by its name. */
  async recipe({ packages, settings }: EnvironmentPlan, baseDir: string): Promise<unknown> {
    const specs = await Promise.all(packages.map((text) => packageSpec(text, baseDir, ARCHIVES)));
    const file = settings.env_file;
    return {
      kind: this.kind,
      file: file === undefined ? null : isAddress(file) ? file : hashBytes(await readEnvironmentFile(resolve(baseDir, file))),
      python: file === undefined ? (settings.python_version ?? null) : null,
      packages: await Promise.all(specs.map(packageIdentity)),
      wheels: settings.wheels === undefined ? null : await hashFolder(resolve(baseDir, settings.wheels)),
      platform: `${process.platform}-${process.arch}`,
    };
  }

  async moduleOf(entry: CapabilityEntry, baseDir: string): Promise<string> {
    return await pythonModuleOf(await packageSpec(entry.package, baseDir, ARCHIVES));
  }

  async build({ plan, baseDir, folder, lockFolder, steps }: BuildRequest): Promise<BuiltEnvironment> {
    const { packages, settings } = plan;
    const program = await CondaProgram.find(this.#config);
    const file = settings.env_file === undefined ? null : await localFile(settings.env_file, baseDir, lockFolder, steps);
    await steps.run({
      title: "make conda environment",
      argv:
        file === null
          ? program.createFrom(folder, [`python=${settings.python_version ?? ""}`, "pip"])
          : program.createFromFile(folder, file),
      env: NO_QUESTIONS,
      hint:
        file === null
          ? "Check 'python_version' in capabilities.yaml and the channels."
          : "Check 'env_file' in capabilities.yaml and the channels.",
    });
    // Before pip: what pip puts in is locked on its own.
    await writeFile(join(lockFolder, "explicit.txt"), explicitFile(await condaPackages(folder)));
    const specs = await Promise.all(packages.map((text) => packageSpec(text, baseDir, ARCHIVES)));
    const wheels = settings.wheels === undefined ? null : resolve(baseDir, settings.wheels);
    await lockPipOfFile(folder, lockFolder, steps);
    const pip = await pipOf(folder, steps).install({ packages: specs, wheels, lockFolder });
    return await describe(folder, pip, steps);
  }

  async rebuild({ made, folder, lockFolder, steps }: RebuildRequest): Promise<BuiltEnvironment> {
    const program = await CondaProgram.find(this.#config);
    const { pip } = MadeSchema.parse(made);
    await steps.run({
      title: "make locked conda environment",
      argv: program.createFromExplicit(folder, join(lockFolder, "explicit.txt")),
      env: NO_QUESTIONS,
      hint: "Check that the channels of its packages can be reached.",
    });
    await pipOf(folder, steps).reinstallPinned(join(lockFolder, "from-file.txt"));
    await pipOf(folder, steps).reinstall(pip, lockFolder);
    return await describe(folder, pip, steps);
  }
}

async function describe(folder: string, pip: z.infer<typeof PipLockSchema>, steps: StepRunner): Promise<BuiltEnvironment> {
  const packages = await condaPackages(folder);
  return {
    interpreter: join("bin", "python"),
    resolved: { packages: condaIdentity(packages), distributions: (await listDistributions(pythonOf(folder), steps)).identity },
    lock: { pip },
  };
}

/** The `pip:` part of an environment file is installed by conda, which keeps no record of it. */
async function lockPipOfFile(folder: string, lockFolder: string, steps: StepRunner): Promise<void> {
  const fromConda = new Set((await condaPackages(folder)).map(({ name }) => normalized(name)));
  const { ofPip } = await listDistributions(pythonOf(folder), steps);
  const pins = ofPip.filter(({ name }) => !fromConda.has(normalized(name))).map(({ name, version }) => `${name}==${version}\n`);
  await writeFile(join(lockFolder, "from-file.txt"), pins.join(""));
}

/** Source: PEP 503. */
function normalized(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

function pythonOf(folder: string): string {
  return join(folder, "bin", "python");
}

function pipOf(folder: string, steps: StepRunner): PipInstaller {
  return new PipInstaller([pythonOf(folder), "-m", "pip"], steps);
}

function isAddress(file: string): boolean {
  return /^https?:\/\//i.test(file);
}

/** The environment file on this machine; one at an address is downloaded and kept with the lock. */
async function localFile(file: string, baseDir: string, lockFolder: string, steps: StepRunner): Promise<string> {
  if (!isAddress(file)) return resolve(baseDir, file);
  // conda goes by the ending of the name.
  const target = join(lockFolder, "environment.yml");
  await steps.watch(`download ${file}`, (signal) => download({ url: file, target, maxBytes: ENVIRONMENT_FILE_MAX_BYTES, signal }));
  return target;
}

async function readEnvironmentFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `The environment file ${path} cannot be read.`, {
      hint: "Check 'env_file' in capabilities.yaml; paths are relative to that file.",
      cause: error,
    });
  }
}
