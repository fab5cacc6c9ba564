import { CjmError, didYouMean, type Manifest, type WorkerEnvEntry } from "@cjm/core";
import { rememberInstance } from "../config/remember-instance.ts";
import type { CapabilityCatalog } from "../discovery/capability-catalog.ts";
import type { InstanceRecord } from "../host-ports.ts";
import { inBulk } from "../instances/bulk-lifecycle.ts";
import type { InstanceLoader } from "../instances/instance-loader.ts";
import type { InstanceRegistry } from "../instances/instance-registry.ts";
import type { InstanceServices } from "../instances/instance-services.ts";
import { type VariableStatus, variableStatuses } from "./environment-status.ts";

interface EnvironmentParts {
  readonly catalog: CapabilityCatalog;
  readonly registry: InstanceRegistry;
  readonly loader: InstanceLoader;
  readonly services: InstanceServices;
}

/** The variables that workers declare: which have a value, and how they get one. Never shows a value. */
export class EnvironmentService {
  readonly #parts: EnvironmentParts;

  constructor(parts: EnvironmentParts) {
    this.#parts = parts;
  }

  /** Of a capability, or of an instance with its own overrides. @throws CjmError CJM_CAPABILITY_NOT_FOUND */
  status(nameOrInstanceId: string): readonly VariableStatus[] {
    const { services } = this.#parts;
    const instance = this.#parts.registry.find(nameOrInstanceId);
    const manifest = instance?.spec.manifest ?? this.#parts.catalog.get(nameOrInstanceId).manifest;
    const overrides = instance?.spec.workerEnvOverrides ?? services.configs?.get(nameOrInstanceId)?.workerEnv ?? {};
    return variableStatuses({
      manifest,
      overrides,
      modelsDir: services.config.modelsDir,
      secret: (name) => services.secrets?.get(manifest.code.name, name) ?? null,
    });
  }

  /** Names of required variables without a value. @throws CjmError CJM_CAPABILITY_NOT_FOUND */
  missing(nameOrInstanceId: string): readonly string[] {
    return this.status(nameOrInstanceId)
      .filter(({ required, satisfied }) => required && !satisfied)
      .map(({ name }) => name);
  }

  /**
   * Sets visible variables of an instance, loaded or not, in place of earlier overrides; an empty object takes them back.
   * Its next worker gets them.
   * @param capabilityName of an instance that is not loaded. @default the instance id
   * @throws CjmError CJM_WORKER_ENVIRONMENT_INVALID for a name that is not declared, or is a secret; for an instance with a generated id
   */
  setOverrides(instanceId: string, overrides: Readonly<Record<string, string>>, capabilityName: string = instanceId): void {
    const { registry, catalog, services } = this.#parts;
    const instance = registry.find(instanceId);
    const manifest = instance?.spec.manifest ?? catalog.get(capabilityName).manifest;
    assertVisible(manifest.code.name, manifest.code.worker_env ?? [], Object.keys(overrides));
    if (instance !== null) {
      if (!instance.spec.persistable) {
        throw new CjmError("CJM_WORKER_ENVIRONMENT_INVALID", `${instanceId} has a generated id, and nothing of it is remembered.`, {
          hint: "Load it under an id of your own to give it variables.",
        });
      }
      instance.change({ workerEnvOverrides: overrides });
      rememberInstance(instance, services, { workerEnv: overrides });
      return;
    }
    const staged = (before: InstanceRecord | null): InstanceRecord => ({
      ...(before ?? { config: {}, enabled: true }),
      workerEnv: overrides,
    });
    services.configs?.change(instanceId, staged, services.clock.now());
  }

  /**
   * Stores a secret of a capability and gives every instance whose worker gets that secret a new one, each once its running
   * calls have ended. Instances without a worker have it when they start.
   * @returns the ids of the instances that were reloaded
   * @throws CjmError CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED, or the first reload that failed
   */
  async setSecret(
    capabilityName: string,
    key: string,
    value: string,
    options: { readonly reload?: boolean } = {},
  ): Promise<readonly string[]> {
    const { services, registry, loader } = this.#parts;
    const { secrets } = services;
    if (secrets?.set === undefined) {
      throw new CjmError("CJM_STORE_FAILED", `This host has no store that could keep the secret ${key} of ${capabilityName}.`, {
        hint: "Give the manager a secret store that can be written.",
      });
    }
    secrets.set(capabilityName, key, value);
    if (options.reload === false) return [];
    const ids = registry.all
      .filter(({ spec, state }) => spec.manifest.code.name === capabilityName && getsSecret(spec.manifest, key) && state !== "cold")
      .map(({ spec }) => spec.instanceId);
    const reason = `its secret ${key} was set`;
    const outcomes = await inBulk(
      ids,
      (id) => id,
      async (id) => {
        await loader.reload(id, { reason });
        return id;
      },
      // All at once: one that waits for its calls must not hold up those that are idle, however few cores there are.
      { concurrency: Math.max(1, ids.length) },
    );
    const failure = outcomes.find((outcome) => outcome.kind === "failed");
    if (failure !== undefined) throw failure.error;
    return ids;
  }
}

function getsSecret({ code }: Manifest, key: string): boolean {
  return (code.worker_env ?? []).some(({ name, secret }) => secret && name === key);
}

function assertVisible(capabilityName: string, entries: readonly WorkerEnvEntry[], names: readonly string[]): void {
  const visible = entries.filter(({ secret }) => !secret).map(({ name }) => name);
  const secrets = entries.filter(({ secret }) => secret).map(({ name }) => name);
  const faults = names
    .filter((name) => !visible.includes(name))
    .map((name) =>
      secrets.includes(name)
        ? `${name} is a secret; set it with 'cjm-ctl set-secret ${capabilityName} ${name}'`
        : `${name} is not declared.${didYouMean(name, visible)}`,
    );
  if (faults.length === 0) return;
  throw new CjmError("CJM_WORKER_ENVIRONMENT_INVALID", `Variables of ${capabilityName} cannot be set: ${faults.join("; ")}`, {
    hint: visible.length === 0 ? "It declares no visible variable." : `It declares ${visible.join(", ")}.`,
    details: { capabilityName, fieldsInvalid: names.filter((name) => !visible.includes(name)) },
  });
}
