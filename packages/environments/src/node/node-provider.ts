import { copyFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CapabilityEntry } from "@cjm/core";
import * as z from "zod";
import { hashFolder } from "../build/package-source.ts";
import type { StepRunner } from "../build/step-runner.ts";
import type { EnvironmentPlan } from "../environment-plan.ts";
import type { BuildRequest, BuiltEnvironment, EnvironmentProvider, RebuildRequest } from "../providers/environment-provider.ts";
import { findProgram } from "../providers/find-program.ts";
import { packageIdentity, packageSpec } from "../providers/package-spec.ts";
import { NpmPackages, packageName, sdkFolder } from "./npm-packages.ts";

const NPM_HINT = "Install Node.js with npm; the Node that cjm brings has none.";
const ARCHIVES = /\.(tgz|tar\.gz)$/;
const QUIETLY = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev", "--no-progress", "--no-update-notifier", "--loglevel=error"];
const LOCKED_FILES = ["package.json", "package-lock.json"];

const MadeSchema = z.object({ nodeVersion: z.string().nullable() });
const NpmLockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
});

/**
 * Environments of Node capabilities: a `node_modules` of their own, made by npm without install scripts. The author SDK is
 * put in by us, so that every capability runs against the SDK of the host that starts it.
 */
export class NodeProvider implements EnvironmentProvider {
  readonly kind = "node";
  readonly relocatable = true;

  async recipe({ packages, settings }: EnvironmentPlan, baseDir: string): Promise<unknown> {
    const specs = await Promise.all(packages.map((text) => packageSpec(text, baseDir, ARCHIVES)));
    return {
      kind: this.kind,
      packages: await Promise.all(specs.map(packageIdentity)),
      sdk: await hashFolder(sdkFolder()),
      node: settings.node_version ?? process.version,
      interpreter: settings.node_version === undefined ? process.execPath : null,
      platform: `${process.platform}-${process.arch}`,
    };
  }

  async moduleOf(entry: CapabilityEntry, baseDir: string): Promise<string> {
    return await packageName(await packageSpec(entry.package, baseDir, ARCHIVES));
  }

  async build({ plan, baseDir, folder, lockFolder, steps }: BuildRequest): Promise<BuiltEnvironment> {
    const { packages, settings } = plan;
    const npm = await findProgram("npm", NPM_HINT);
    const tarballs = new NpmPackages(npm, folder, steps);
    const needed = [...(await tarballs.sdk())];
    for (const text of packages) needed.push(await tarballs.own(await packageSpec(text, baseDir, ARCHIVES)));
    const nodeVersion = settings.node_version ?? null;
    if (nodeVersion !== null) needed.push({ name: nodePackage(), spec: nodeVersion });
    const dependencies = Object.fromEntries(needed.map(({ name, spec }) => [name, spec]));
    await writeFile(
      join(folder, "package.json"),
      `${JSON.stringify({ name: "cjm-environment", private: true, type: "module", dependencies }, null, 2)}\n`,
    );
    await steps.run({
      title: "install packages",
      argv: [npm, "install", ...QUIETLY],
      cwd: folder,
      hint: `Check ${packages.map((text) => `'package: ${text}'`).join(", ")} and that the npm registry can be reached.`,
    });
    for (const file of LOCKED_FILES) await copyFile(join(folder, file), join(lockFolder, file));
    await cp(join(folder, "packages"), join(lockFolder, "packages"), { recursive: true });
    return await describe(folder, nodeVersion);
  }

  async rebuild({ made, folder, lockFolder, steps }: RebuildRequest): Promise<BuiltEnvironment> {
    const npm = await findProgram("npm", NPM_HINT);
    await restore(lockFolder, folder);
    await install(npm, folder, steps);
    return await describe(folder, MadeSchema.parse(made).nodeVersion);
  }
}

async function restore(lockFolder: string, folder: string): Promise<void> {
  for (const file of LOCKED_FILES) await copyFile(join(lockFolder, file), join(folder, file));
  await cp(join(lockFolder, "packages"), join(folder, "packages"), { recursive: true });
}

async function install(npm: string, folder: string, steps: StepRunner): Promise<void> {
  await steps.run({
    title: "install locked packages",
    argv: [npm, "ci", ...QUIETLY],
    cwd: folder,
    hint: "Check that the npm registry can be reached.",
  });
}

async function describe(folder: string, nodeVersion: string | null): Promise<BuiltEnvironment> {
  return {
    interpreter: nodeVersion === null ? process.execPath : nodeOfEnvironment(""),
    resolved: {
      lock: await lockedPackages(folder),
      node: nodeVersion ?? process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    lock: { nodeVersion },
  };
}

/** What the lock says of every package, without where it came from. */
async function lockedPackages(folder: string): Promise<unknown> {
  const { packages } = NpmLockSchema.parse(JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")));
  const found = Object.entries(packages).filter(([path]) => path !== "");
  return Object.fromEntries(
    found.map(([path, { version, integrity }]) => [path, { version: version ?? null, integrity: integrity ?? null }]),
  );
}

/** Where an environment with a Node of its own has it. */
export function nodeOfEnvironment(path: string): string {
  return join(path, "node_modules", nodePackage(), "bin", "node");
}

/** The package that brings a Node of its own. */
function nodePackage(): string {
  return `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
}
