import { CjmError, dataLayout } from "@cjm/core";
import { INSTALLER_VERSION } from "../install-all.ts";
import { installationLog } from "../installation-log.ts";
import { environmentOf, installedCapability } from "../manifests/installed-capability.ts";
import { type Introspection, type Introspector, introspect } from "../manifests/introspection.ts";
import { writeManifest } from "../manifests/write-manifest.ts";
import { EnvironmentStore } from "../store/environment-store.ts";
import { occupy } from "../store/occupancy.ts";
import { openSteps, type UpkeepOptions } from "./upkeep-options.ts";

/**
 * Introspects an installed capability once more and writes its manifest. Overrides, environment variables, resources,
 * database path, package and time of installation stay as they are.
 * @returns what the capability says of itself now
 * @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_MANIFEST_INVALID, CJM_INTROSPECTION_FAILED, CJM_ENVIRONMENT_BUSY
 */
export async function regenerateManifest(
  name: string,
  options: UpkeepOptions & { readonly introspector?: Introspector },
): Promise<{ readonly path: string; readonly introspection: Introspection }> {
  const { config, introspector = introspect } = options;
  const { manifests } = dataLayout(config.dataDir);
  const store = new EnvironmentStore(config.dataDir);
  const capability = await installedCapability(manifests, name);
  const { install, code } = capability.manifest;
  const environment = environmentOf(capability, store);
  if (environment === null) {
    throw new CjmError("CJM_INTROSPECTION_FAILED", `The environment of ${name} was not made by this installer.`, {
      hint: "Its manifest is written by whoever made it: the original's cjm-ctl, or 'cjm-ctl install-all' for an entry of capabilities.yaml.",
    });
  }
  await using _shared = await occupy(store.root, "shared");
  await using steps = await openSteps(name, options);
  const target = { name, kind: environment.kind, interpreter: environment.interpreter, environmentPath: environment.path };
  const introspection = await introspector({ ...target, module: code.module, class: code.class }, steps);
  if (introspection.name !== name) {
    throw new CjmError("CJM_INTROSPECTION_FAILED", `${name} calls itself ${introspection.name} now.`, {
      hint: "Install it under its new name with 'cjm-ctl install-all', and remove the old one with 'cjm-ctl remove'.",
    });
  }
  const path = await writeManifest(manifests, {
    entry: { package: install.package_source, env_name: install.conda_env },
    environment,
    introspection,
    installerVersion: INSTALLER_VERSION,
    logPath: install.install_log ?? installationLog(config.dataDir, name),
    installedAt: install.installed_at,
    nowMs: Date.now(),
  });
  return { path, introspection };
}
