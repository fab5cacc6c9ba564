import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type CapabilityEntry,
  type CjmConfig,
  CjmError,
  dataLayout,
  errorMessage,
  isCjmError,
  type Manifest,
  type RuntimeKind,
  runtimeOf,
} from "@cjm/core";
import { StepRunner } from "./build/step-runner.ts";
import { type Environment, EnvironmentStore } from "./environment-store.ts";
import { type Introspector, introspect } from "./introspection.ts";
import { CondaProvider } from "./providers/conda-provider.ts";
import type { EnvironmentProvider } from "./providers/environment-provider.ts";
import { NodeProvider } from "./providers/node-provider.ts";
import { VenvProvider } from "./providers/venv-provider.ts";
import { readManifest, writeManifest } from "./write-manifest.ts";

export type InstallEvent =
  | { readonly type: "started"; readonly name: string; readonly kind: RuntimeKind }
  | { readonly type: "step"; readonly name: string; readonly title: string }
  | { readonly type: "finished"; readonly name: string; readonly outcome: InstallOutcome };

export type InstallOutcome =
  | {
      readonly status: "installed" | "unchanged";
      readonly name: string;
      readonly capabilityName: string;
      readonly version: string;
      readonly environment: Environment;
    }
  | { readonly status: "failed"; readonly name: string; readonly error: CjmError };

export interface InstallOptions {
  readonly config: CjmConfig;
  /** capabilities.yaml; relative paths in it are relative to its folder. */
  readonly file: string;
  readonly entries: readonly CapabilityEntry[];
  /** Builds again what is already there. @default false */
  readonly force?: boolean;
  /** Entries at the same time. @default 2 */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: InstallEvent) => void;
  /** Replaced in tests that have no workers. @default runs our worker's introspection in the environment */
  readonly introspector?: Introspector;
  readonly providers?: Partial<Readonly<Record<RuntimeKind, EnvironmentProvider>>>;
}

const INSTALLER_VERSION = "cjm 0.1.0";

/**
 * Makes the environment of every entry, introspects the capability inside it and writes its manifest. An entry that fails
 * stops no other; one whose recipe did not change is not touched.
 * @returns an outcome per entry, in their order
 * @throws the signal's reason when aborted; nothing half-made is left
 */
export async function installAll(options: InstallOptions): Promise<readonly InstallOutcome[]> {
  const installer = new Installer(options);
  await installer.prepare();
  const outcomes: InstallOutcome[] = [];
  const waiting = options.entries.entries();
  const worker = async (): Promise<void> => {
    for (const [index, entry] of waiting) outcomes[index] = await installer.install(entry);
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 2 }, worker));
  options.signal?.throwIfAborted();
  return outcomes;
}

class Installer {
  readonly #options: InstallOptions;
  readonly #store: EnvironmentStore;
  readonly #baseDir: string;
  readonly #providers: Readonly<Record<RuntimeKind, EnvironmentProvider>>;
  readonly #manifests: string;

  constructor(options: InstallOptions) {
    this.#options = options;
    this.#store = new EnvironmentStore(options.config.dataDir);
    this.#baseDir = dirname(options.file);
    this.#manifests = dataLayout(options.config.dataDir).manifests;
    this.#providers = {
      node: new NodeProvider(),
      venv: new VenvProvider(),
      conda: new CondaProvider(options.config.runtime),
      ...options.providers,
    };
  }

  async prepare(): Promise<void> {
    await this.#store.removeLeftovers();
  }

  async install(entry: CapabilityEntry): Promise<InstallOutcome> {
    const { signal, onEvent } = this.#options;
    const kind = runtimeOf(entry);
    onEvent?.({ type: "started", name: entry.name, kind });
    let outcome: InstallOutcome;
    try {
      signal?.throwIfAborted();
      outcome = await this.#install(entry, this.#providers[kind]);
    } catch (error) {
      outcome = { status: "failed", name: entry.name, error: asCjmError(error, entry.name) };
    }
    onEvent?.({ type: "finished", name: entry.name, outcome });
    return outcome;
  }

  async #install(entry: CapabilityEntry, provider: EnvironmentProvider): Promise<InstallOutcome> {
    const { config, force = false, signal, onEvent } = this.#options;
    const recipe = await provider.recipe(entry, this.#baseDir);
    const known = force ? null : await this.#store.find(recipe);
    if (known !== null) {
      const manifest = await this.#currentManifest(entry, known);
      if (manifest !== null)
        return {
          status: "unchanged",
          name: entry.name,
          capabilityName: manifest.code.name,
          version: manifest.code.version,
          environment: known,
        };
    }
    await using steps = await StepRunner.open({
      entryName: entry.name,
      logPath: join(dataLayout(config.dataDir).logs, `install-${entry.name.replaceAll(/[^\w.-]/g, "_")}.log`),
      signal,
      onStep: (title) => onEvent?.({ type: "step", name: entry.name, title }),
    });
    const environment = known ?? (await this.#build(entry, provider, recipe, steps));
    const introspection = await (this.#options.introspector ?? introspect)(environment, entry, steps);
    await writeManifest(this.#manifests, { entry, environment, introspection, installerVersion: INSTALLER_VERSION, nowMs: Date.now() });
    return { status: "installed", name: entry.name, capabilityName: introspection.name, version: introspection.version, environment };
  }

  async #build(entry: CapabilityEntry, provider: EnvironmentProvider, recipe: unknown, steps: StepRunner): Promise<Environment> {
    const build = await this.#store.startBuild(provider.kind, provider.relocatable);
    try {
      const built = await provider.build({ entry, baseDir: this.#baseDir, folder: build.folder, steps });
      return await this.#store.adopt(recipe, build, built, provider.beforeMove?.bind(provider));
    } finally {
      await this.#store.drop(build);
    }
  }

  /** The manifest that already says what this entry would write, or null. */
  async #currentManifest(entry: CapabilityEntry, environment: Environment): Promise<Manifest | null> {
    const names = await readdir(this.#manifests).catch(() => []);
    for (const name of names.filter((file) => file.endsWith(".json"))) {
      const manifest = await readManifest(join(this.#manifests, name));
      if (manifest === null || manifest.install.environment_hash !== environment.hash || manifest.install.package_source !== entry.package)
        continue;
      const sameModule = manifest.code.module.startsWith(entry.module ?? environment.module);
      const sameClass = entry.class === undefined || manifest.code.class === entry.class;
      const sameVariables = Object.entries(entry.env_vars).every(([key, value]) => manifest.install.env_vars[key] === value);
      if (sameModule && sameClass && sameVariables) return manifest;
    }
    return null;
  }
}

function asCjmError(error: unknown, entryName: string): CjmError {
  if (isCjmError(error)) return error;
  return new CjmError("CJM_ENVIRONMENT_FAILED", `${entryName}: ${errorMessage(error)}`, { cause: error });
}
