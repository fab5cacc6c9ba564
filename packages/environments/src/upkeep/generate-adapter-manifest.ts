import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type AdapterManifest, CjmError, dataLayout } from "@cjm/core";
import { CondaProgram } from "../conda/conda-program.ts";
import { type AdapterIntrospector, type AdapterTarget, introspectAdapter, writeAdapterManifest } from "../manifests/adapter-manifest.ts";
import { installedCapabilities } from "../manifests/installed-capability.ts";
import { nodeOfEnvironment } from "../node/node-provider.ts";
import { EnvironmentStore } from "../store/environment-store.ts";
import { openSteps, type UpkeepOptions } from "./upkeep-options.ts";

type Place = Pick<AdapterTarget, "kind" | "interpreter" | "environmentPath"> & { readonly environmentName: string };

/**
 * Introspects a task adapter inside an environment and writes its manifest.
 * @param environment a capability that lives in it, the name of its folder, its path, or the name conda knows it by
 * @param implementation `module:Class`
 * @throws CjmError CJM_ENVIRONMENT_FAILED when there is no such environment, CJM_INTROSPECTION_FAILED when that is no adapter
 */
export async function generateAdapterManifest(
  environment: string,
  implementation: string,
  options: UpkeepOptions & { readonly introspector?: AdapterIntrospector },
): Promise<{ readonly path: string; readonly manifest: AdapterManifest }> {
  const { config, introspector = introspectAdapter } = options;
  const place = await findPlace(environment, options);
  await using steps = await openSteps(`adapter-${implementation}`, options);
  const manifest = await introspector({ ...place, name: environment, implementation }, steps);
  const about = { environmentName: place.environmentName, nowMs: Date.now() };
  return { path: await writeAdapterManifest(dataLayout(config.dataDir).manifests, manifest, about), manifest };
}

async function findPlace(environment: string, { config }: UpkeepOptions): Promise<Place> {
  const capabilities = await installedCapabilities(dataLayout(config.dataDir).manifests);
  const capability = capabilities.find(({ name, manifest }) => name === environment || manifest.install.conda_env === environment);
  if (capability !== undefined) {
    const {
      runtime: kind,
      python_path: interpreter,
      conda_env: environmentName,
      environment_path: environmentPath,
    } = capability.manifest.install;
    return { kind, interpreter, environmentName, environmentPath };
  }
  for (const path of [join(new EnvironmentStore(config.dataDir).root, basename(environment)), resolve(environment)]) {
    const place = { environmentPath: path, environmentName: basename(path) };
    const python = join(path, "bin", "python");
    if (await exists(python)) return { ...place, kind: "venv", interpreter: python };
    if (!(await exists(join(path, "node_modules")))) continue;
    const node = nodeOfEnvironment(path);
    return { ...place, kind: "node", interpreter: (await exists(node)) ? node : process.execPath };
  }
  const prefix = await CondaProgram.find(config).then(
    (program) => program.prefixOf(environment),
    () => null,
  );
  if (prefix !== null) {
    return { kind: "conda", interpreter: join(prefix, "bin", "python"), environmentName: environment, environmentPath: prefix };
  }
  throw new CjmError("CJM_ENVIRONMENT_FAILED", `There is no environment '${environment}' with a Python or a node_modules in it.`, {
    hint: "Name a capability that 'cjm-ctl list' shows, the path of an environment, or one that conda lists.",
  });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
