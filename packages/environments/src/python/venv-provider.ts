import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type CapabilityEntry, CjmError } from "@cjm/core";
import * as z from "zod";
import { copyPackage, hashFolder } from "../build/package-source.ts";
import type { StepRunner } from "../build/step-runner.ts";
import type { EnvironmentPlan } from "../environment-plan.ts";
import type { BuildRequest, BuiltEnvironment, EnvironmentProvider, RebuildRequest } from "../providers/environment-provider.ts";
import { type PackageSpec, packageIdentity, packageSpec, pythonModuleOf } from "../providers/package-spec.ts";
import { listDistributions } from "./list-distributions.ts";
import { PipInstaller, PipLockSchema } from "./pip-installer.ts";
import { CLEAN_PYTHON, describePython, findPython, hasPip, sitePackagesOf } from "./python-interpreter.ts";

const INSTALL_SOURCE = fileURLToPath(new URL("../../python/install_source.py", import.meta.url));
const ARCHIVES = /\.(whl|tar\.gz|zip)$/;

/** What `rebuild` needs: the Python that made it, and how it was filled. */
const MadeSchema = z.object({
  python: z.string(),
  pip: PipLockSchema.nullable().describe("null: without pip, from the wheels in the lock folder"),
});

/** Environments of Python capabilities: `python3 -m venv` without pip, filled by the pip of the Python that makes it. */
export class VenvProvider implements EnvironmentProvider {
  readonly kind = "venv";
  readonly relocatable = true;

  async recipe({ packages, settings }: EnvironmentPlan, baseDir: string): Promise<unknown> {
    const specs = await Promise.all(packages.map((text) => packageSpec(text, baseDir, ARCHIVES)));
    return {
      kind: this.kind,
      packages: await Promise.all(specs.map(packageIdentity)),
      wheels: settings.wheels === undefined ? null : await hashFolder(resolve(baseDir, settings.wheels)),
      python: await describePython(await findPython(settings.python_version)),
    };
  }

  async moduleOf(entry: CapabilityEntry, baseDir: string): Promise<string> {
    return await pythonModuleOf(await packageSpec(entry.package, baseDir, ARCHIVES));
  }

  async build({ plan, baseDir, folder, lockFolder, steps }: BuildRequest): Promise<BuiltEnvironment> {
    const { packages, settings } = plan;
    const base = await findPython(settings.python_version);
    const python = await makeVenv(base, folder, steps);
    const specs = await Promise.all(packages.map((text) => packageSpec(text, baseDir, ARCHIVES)));
    const wheels = settings.wheels === undefined ? null : resolve(baseDir, settings.wheels);
    const withPip = await hasPip(base);
    const pip = withPip ? await pipOf(base, python, steps).install({ packages: specs, wheels, lockFolder }) : null;
    if (!withPip) await installWithoutPip(base, python, specs, lockFolder, steps);
    return { interpreter: join("bin", "python"), resolved: (await listDistributions(python, steps)).identity, lock: { python: base, pip } };
  }

  async rebuild({ made, folder, lockFolder, steps }: RebuildRequest): Promise<BuiltEnvironment> {
    const { python: base, pip } = MadeSchema.parse(made);
    const python = await makeVenv(base, folder, steps);
    if (pip !== null) await pipOf(base, python, steps).reinstall(pip, lockFolder);
    else
      for (const wheel of (await readdir(lockFolder)).filter((name) => name.endsWith(".whl")).sort())
        await unpack(python, join(lockFolder, wheel), steps);
    return { interpreter: join("bin", "python"), resolved: (await listDistributions(python, steps)).identity, lock: made };
  }

  /** Console scripts begin with the absolute path of their interpreter. */
  async beforeMove(folder: string, target: string): Promise<void> {
    const bin = join(folder, "bin");
    for (const entry of await readdir(bin, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(bin, entry.name);
      const text = await readFile(file, "utf8");
      if (text.includes(folder)) await writeFile(file, text.replaceAll(folder, target));
    }
  }
}

/** @returns the environment's interpreter */
async function makeVenv(base: string, folder: string, steps: StepRunner): Promise<string> {
  await steps.run({
    title: "make virtual environment",
    argv: [base, "-m", "venv", "--without-pip", folder],
    env: CLEAN_PYTHON,
    hint: "On Debian the module is in the package python3-venv.",
  });
  return join(folder, "bin", "python");
}

function pipOf(base: string, python: string, steps: StepRunner): PipInstaller {
  return new PipInstaller([base, "-m", "pip", "--python", python], steps);
}

async function installWithoutPip(
  base: string,
  python: string,
  specs: readonly PackageSpec[],
  lockFolder: string,
  steps: StepRunner,
): Promise<void> {
  for (const spec of specs) {
    if (spec.kind === "named") {
      throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `${base} has no pip, which its packages need.`, {
        hint: "Install it (Debian: apt install python3-pip) and try again.",
      });
    }
    const source = join(lockFolder, ".source");
    if (spec.kind === "folder") await copyPackage(spec.path, source);
    await unpack(python, spec.kind === "folder" ? source : spec.path, steps, lockFolder);
    await rm(source, { recursive: true, force: true });
  }
}

/** Installs a wheel, or a folder whose wheel is then kept in `keepIn`. */
async function unpack(python: string, source: string, steps: StepRunner, ...keepIn: readonly string[]): Promise<void> {
  const argv = [python, INSTALL_SOURCE, source, await sitePackagesOf(python), ...keepIn] as const;
  await steps.run({ title: "install package", argv, env: CLEAN_PYTHON });
}
