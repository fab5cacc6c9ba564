import { dirname } from "node:path";
import {
  type CapabilityEntry,
  type CjmConfig,
  CjmError,
  dataLayout,
  errorMessage,
  isCjmError,
  type RuntimeKind,
  runtimeOf,
} from "@cjm/core";
import { StepRunner } from "./build/step-runner.ts";
import { type EnvironmentPlan, planEnvironments } from "./environment-plan.ts";
import { installationLog } from "./installation-log.ts";
import { type AdapterIntrospector, introspectAdapter, writeAdapterManifest } from "./manifests/adapter-manifest.ts";
import { currentManifest } from "./manifests/current-manifest.ts";
import { type Introspector, introspect } from "./manifests/introspection.ts";
import { writeManifest } from "./manifests/write-manifest.ts";
import type { EnvironmentProvider } from "./providers/environment-provider.ts";
import { createProviders, type Providers } from "./providers/providers.ts";
import { type Environment, EnvironmentStore } from "./store/environment-store.ts";
import { occupy } from "./store/occupancy.ts";

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
  /** What a dry run says in place of `installed`. */
  | { readonly status: "to-install"; readonly name: string; readonly kind: RuntimeKind; readonly environment: "build" | "present" }
  | { readonly status: "failed"; readonly name: string; readonly error: CjmError };

export interface InstallOptions {
  readonly config: CjmConfig;
  /** capabilities.yaml; relative paths in it are relative to its folder. */
  readonly file: string;
  /** All of the file: an environment that several share is made for all of them. */
  readonly entries: readonly CapabilityEntry[];
  /** Names of those that are installed. @default all */
  readonly only?: readonly string[];
  /** Builds again what is already there. @default false */
  readonly force?: boolean;
  /** Says what would be done and does nothing. @default false */
  readonly dryRun?: boolean;
  /** Environments at the same time. @default 2 */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: InstallEvent) => void;
  /** Replaced in tests that have no workers. @default runs our worker's introspection in the environment */
  readonly introspector?: Introspector;
  readonly adapterIntrospector?: AdapterIntrospector;
  readonly providers?: Partial<Providers>;
}

export const INSTALLER_VERSION = "cjm 0.1.0";

/**
 * Makes the environment of every entry, introspects the capability inside it and writes its manifest. An entry that fails
 * stops no other; one whose recipe did not change is not touched.
 * @returns an outcome per chosen entry, in the order of the file
 * @throws the signal's reason when aborted, CJM_ENVIRONMENT_BUSY; nothing half-made is left
 */
export async function installAll(options: InstallOptions): Promise<readonly InstallOutcome[]> {
  const chosen = new Set(options.only ?? options.entries.map(({ name }) => name));
  const plans = planEnvironments(options.entries).filter(({ entries }) => entries.some(({ name }) => chosen.has(name)));
  const installer = new Installer(options, chosen);
  await using _occupied = await installer.prepare();
  const waiting = plans.values();
  const worker = async (): Promise<void> => {
    for (const plan of waiting) await installer.install(plan);
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 2 }, worker));
  options.signal?.throwIfAborted();
  return options.entries.flatMap(({ name }) => installer.outcomes.get(name) ?? []);
}

class Installer {
  readonly outcomes = new Map<string, InstallOutcome>();
  readonly #options: InstallOptions;
  readonly #chosen: ReadonlySet<string>;
  readonly #store: EnvironmentStore;
  readonly #baseDir: string;
  readonly #providers: Providers;
  readonly #manifests: string;

  constructor(options: InstallOptions, chosen: ReadonlySet<string>) {
    this.#options = options;
    this.#chosen = chosen;
    this.#store = new EnvironmentStore(options.config.dataDir);
    this.#baseDir = dirname(options.file);
    this.#manifests = dataLayout(options.config.dataDir).manifests;
    this.#providers = { ...createProviders(options.config), ...options.providers };
  }

  async prepare(): Promise<AsyncDisposable | null> {
    if (this.#options.dryRun === true) return null;
    const occupied = await occupy(this.#store.root, "shared");
    await this.#store.removeLeftovers();
    return occupied;
  }

  async install(plan: EnvironmentPlan): Promise<void> {
    const { signal, onEvent } = this.#options;
    const entries = plan.entries.filter(({ name }) => this.#chosen.has(name));
    for (const { name } of entries) onEvent?.({ type: "started", name, kind: plan.kind });
    try {
      signal?.throwIfAborted();
      if (plan.conflict !== null) {
        throw new CjmError("CJM_CAPABILITIES_FILE_INVALID", `${plan.conflict}.`, {
          hint: "Let them say the same, or give each its own env_name.",
        });
      }
      await this.#install(plan, entries, this.#providers[plan.kind]);
    } catch (error) {
      for (const { name } of entries)
        if (!this.outcomes.has(name)) this.#finish({ status: "failed", name, error: asCjmError(error, name) });
    }
  }

  async #install(plan: EnvironmentPlan, entries: readonly CapabilityEntry[], provider: EnvironmentProvider): Promise<void> {
    const { config, force = false, dryRun = false, signal, onEvent } = this.#options;
    const recipe = await provider.recipe(plan, this.#baseDir);
    const known = force ? null : await this.#store.find(recipe);
    const changed: CapabilityEntry[] = [];
    for (const entry of entries) {
      const manifest = known === null ? null : await currentManifest(this.#manifests, entry, known, await this.#moduleOf(entry));
      if (known === null || manifest === null) changed.push(entry);
      else {
        const { name: capabilityName, version } = manifest.code;
        this.#finish({ status: "unchanged", name: entry.name, capabilityName, version, environment: known });
      }
    }
    if (dryRun) {
      const environment = known === null ? "build" : "present";
      for (const { name } of changed) this.#finish({ status: "to-install", name, kind: plan.kind, environment });
      return;
    }
    if (changed.length === 0) return;
    const logPath = installationLog(config.dataDir, plan.label);
    await using steps = await StepRunner.open({
      entryName: plan.label,
      logPath,
      signal,
      onStep: (title) => {
        for (const { name } of changed) if (!this.outcomes.has(name)) onEvent?.({ type: "step", name, title });
      },
    });
    const environment = known ?? (await this.#build(plan, provider, recipe, steps));
    for (const entry of changed) this.#finish(await this.#register(entry, environment, steps, logPath));
  }

  async #build(plan: EnvironmentPlan, provider: EnvironmentProvider, recipe: unknown, steps: StepRunner): Promise<Environment> {
    const build = await this.#store.startBuild(provider.kind, provider.relocatable);
    try {
      const { folder, lockFolder } = build;
      const built = await provider.build({ plan, baseDir: this.#baseDir, folder, lockFolder, steps });
      return await this.#store.adopt(recipe, build, built, provider.beforeMove?.bind(provider));
    } finally {
      await this.#store.drop(build);
    }
  }

  /** Writes the manifests of an entry whose environment is there: its own, and those of its adapters. */
  async #register(entry: CapabilityEntry, environment: Environment, steps: StepRunner, logPath: string): Promise<InstallOutcome> {
    const { introspector = introspect, adapterIntrospector = introspectAdapter } = this.#options;
    const target = { name: entry.name, kind: environment.kind, interpreter: environment.interpreter, environmentPath: environment.path };
    try {
      const introspection = await introspector({ ...target, module: await this.#moduleOf(entry), class: entry.class }, steps);
      const adapters = [];
      for (const { impl } of entry.adapters) adapters.push(await adapterIntrospector({ ...target, implementation: impl }, steps));
      const about = { environment, logPath, installerVersion: INSTALLER_VERSION, nowMs: Date.now() };
      await writeManifest(this.#manifests, { entry, introspection, ...about });
      for (const adapter of adapters)
        await writeAdapterManifest(this.#manifests, adapter, { environmentName: entry.env_name ?? "", nowMs: about.nowMs });
      return { status: "installed", name: entry.name, capabilityName: introspection.name, version: introspection.version, environment };
    } catch (error) {
      return { status: "failed", name: entry.name, error: asCjmError(error, entry.name) };
    }
  }

  async #moduleOf(entry: CapabilityEntry): Promise<string> {
    return entry.module ?? (await this.#providers[runtimeOf(entry)].moduleOf(entry, this.#baseDir));
  }

  #finish(outcome: InstallOutcome): void {
    this.outcomes.set(outcome.name, outcome);
    this.#options.onEvent?.({ type: "finished", name: outcome.name, outcome });
  }
}

function asCjmError(error: unknown, entryName: string): CjmError {
  if (isCjmError(error)) return error;
  return new CjmError("CJM_ENVIRONMENT_FAILED", `${entryName}: ${errorMessage(error)}`, { cause: error });
}
