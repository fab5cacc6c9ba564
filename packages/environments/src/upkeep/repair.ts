import { CjmError, canonicalHash, dataLayout } from "@cjm/core";
import { readLock } from "../lock/environment-lock.ts";
import { environmentOf, installedCapabilities, installedCapability, sharersOf } from "../manifests/installed-capability.ts";
import { createProviders, type Providers } from "../providers/providers.ts";
import { type Environment, EnvironmentStore } from "../store/environment-store.ts";
import { occupy } from "../store/occupancy.ts";
import { openSteps, type UpkeepOptions } from "./upkeep-options.ts";

export interface RepairOutcome {
  readonly name: string;
  readonly environment: Environment;
  /** Other capabilities that live in it. */
  readonly sharedWith: readonly string[];
}

/**
 * Makes the environment of an installed capability once more, with exactly the packages it had, and puts it in the place of
 * the one that is there. Until it is whole, the old one stays, or is put back.
 * @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_MANIFEST_INVALID, CJM_ENVIRONMENT_LOCK_INVALID, CJM_ENVIRONMENT_FAILED,
 * CJM_ENVIRONMENT_BUSY; the signal's reason
 */
export async function repair(name: string, options: UpkeepOptions & { readonly providers?: Partial<Providers> }): Promise<RepairOutcome> {
  const { config, signal } = options;
  const { manifests } = dataLayout(config.dataDir);
  const store = new EnvironmentStore(config.dataDir);
  const capability = await installedCapability(manifests, name);
  const environment = environmentOf(capability, store);
  if (environment === null) {
    throw new CjmError(
      "CJM_ENVIRONMENT_LOCK_INVALID",
      `The environment of ${name} was not made by this installer, so nobody noted what is in it.`,
      {
        hint: "Install the capability again: cjm-ctl install-all --only NAME --force",
      },
    );
  }
  await using _alone = await occupy(store.root, "exclusive");
  await store.removeLeftovers();
  const { made, hash, kind } = await readLock(environment.lock);
  const provider = { ...createProviders(config), ...options.providers }[kind];
  await using steps = await openSteps(name, options);
  const build = await store.startRebuild(environment, provider.relocatable);
  try {
    const built = await provider.rebuild({ made, folder: build.folder, lockFolder: environment.lock, steps });
    signal?.throwIfAborted();
    if (canonicalHash(built.resolved) !== hash) {
      throw new CjmError(
        "CJM_ENVIRONMENT_FAILED",
        `What was made again is not what ${name} had: Python, Node or this machine is another one now.`,
        {
          hint: "Install the capability again: cjm-ctl install-all --only NAME --force",
        },
      );
    }
    await store.replace(environment, build, provider.beforeMove?.bind(provider));
  } finally {
    await store.drop(build);
  }
  return { name, environment, sharedWith: sharersOf(capability, await installedCapabilities(manifests)) };
}
