import { rm } from "node:fs/promises";
import { dataLayout } from "@cjm/core";
import { CondaProgram } from "../conda/conda-program.ts";
import {
  environmentOf,
  type InstalledCapability,
  installedCapabilities,
  installedCapability,
  sharersOf,
} from "../manifests/installed-capability.ts";
import { EnvironmentStore } from "../store/environment-store.ts";
import { occupy } from "../store/occupancy.ts";
import { openSteps, type UpkeepOptions } from "./upkeep-options.ts";

/** What removing a capability would take. */
export interface RemovalPlan {
  readonly name: string;
  readonly manifestPath: string;
  /** Path or conda name; null where there is none to remove. */
  readonly environment: string | null;
  /** Others that live in its environment, which therefore stays. */
  readonly sharedWith: readonly string[];
}

/** @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_MANIFEST_INVALID */
export async function planRemoval(name: string, { config }: UpkeepOptions): Promise<RemovalPlan> {
  return planOf(await look(name, config.dataDir));
}

/**
 * Removes the manifest of a capability and, unless others share it, its environment: the manifest first, so that none ever
 * names an environment that is not whole. Configuration, data, secrets and journal stay.
 * @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_MANIFEST_INVALID, CJM_ENVIRONMENT_BUSY; CJM_ENVIRONMENT_FAILED when conda cannot remove its own
 */
export async function removeCapability(name: string, options: UpkeepOptions & { readonly keepEnvironment: boolean }): Promise<RemovalPlan> {
  const { config, keepEnvironment } = options;
  const store = new EnvironmentStore(config.dataDir);
  await using _alone = await occupy(store.root, "exclusive");
  const found = await look(name, config.dataDir);
  const plan = planOf(found);
  await rm(plan.manifestPath);
  if (keepEnvironment || plan.environment === null || plan.sharedWith.length > 0) return plan;
  const own = environmentOf(found.capability, store);
  if (own !== null) await store.remove(own.id);
  else await removeNamedEnvironment(plan.environment, options);
  return plan;
}

/** One that the original made: conda knows it by its name. */
async function removeNamedEnvironment(condaName: string, options: UpkeepOptions): Promise<void> {
  const program = await CondaProgram.find(options.config);
  const prefix = await program.prefixOf(condaName);
  if (prefix === null) return;
  await using steps = await openSteps(condaName, options);
  await steps.run({
    title: "remove conda environment",
    argv: program.remove(prefix),
    env: { CONDA_ALWAYS_YES: "1", MAMBA_ALWAYS_YES: "1" },
  });
}

interface Found {
  readonly capability: InstalledCapability;
  readonly sharedWith: readonly string[];
  readonly environment: string | null;
}

async function look(name: string, dataDir: string): Promise<Found> {
  const { manifests } = dataLayout(dataDir);
  const capability = await installedCapability(manifests, name);
  const own = environmentOf(capability, new EnvironmentStore(dataDir));
  const { conda_env: condaName, environment_path: path } = capability.manifest.install;
  const environment = own?.path ?? (path === null && condaName !== "" ? condaName : null);
  return { capability, environment, sharedWith: environment === null ? [] : sharersOf(capability, await installedCapabilities(manifests)) };
}

function planOf({ capability, sharedWith, environment }: Found): RemovalPlan {
  return { name: capability.name, manifestPath: capability.path, environment, sharedWith };
}
