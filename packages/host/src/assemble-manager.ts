import { createIdSource, systemClock } from "@cjm/core";
import { ConfigurationService } from "./config/configuration-service.ts";
import { WorkerSessions } from "./diagnostics/worker-sessions.ts";
import { CapabilityCatalog } from "./discovery/capability-catalog.ts";
import { EnvironmentService } from "./environment/environment-service.ts";
import { CallAdmission } from "./execution/call-admission.ts";
import { CallExecutor } from "./execution/call-executor.ts";
import { CallRecorder } from "./execution/call-recorder.ts";
import { ResourceRetry } from "./execution/resource-retry.ts";
import { Enablement } from "./instances/enablement.ts";
import { InstanceLoader } from "./instances/instance-loader.ts";
import { InstanceRegistry } from "./instances/instance-registry.ts";
import type { InstanceServices } from "./instances/instance-services.ts";
import type { WorkerInstance } from "./instances/worker-instance.ts";
import type { CapabilityManagerOptions } from "./manager-options.ts";
import { Evictor } from "./resources/evictor.ts";
import { ProcessTrees } from "./resources/process-trees.ts";
import { ProfileLedger } from "./resources/profile-ledger.ts";
import { ResourceView } from "./resources/resource-view.ts";
import { permissivePolicy } from "./resources/scheduling-policy.ts";
import { SystemMonitor } from "./resources/system-monitor.ts";
import { UsageSampler } from "./resources/usage-sampler.ts";
import { RunDirectory } from "./workers/run-directory.ts";
import { TERMINATION_GRACE_MS } from "./workers/worker-process.ts";

/** What a capability manager hands its calls on to. */
export interface ManagerParts {
  readonly services: InstanceServices;
  readonly catalog: CapabilityCatalog;
  readonly registry: InstanceRegistry;
  readonly loader: InstanceLoader;
  readonly enablement: Enablement;
  readonly configuration: ConfigurationService;
  readonly environment: EnvironmentService;
  readonly monitor: SystemMonitor;
  readonly profiles: ProfileLedger;
  readonly sampler: UsageSampler;
  readonly view: ResourceView;
  readonly evictor: Evictor;
  readonly executor: CallExecutor;
}

interface ManagerHooks {
  /** The instance that reports on the machine. */
  readonly monitorId: () => string | null;
  readonly onChange: () => void;
}

/** Makes the parts of a manager and joins them. Nothing is started, and nothing but an empty folder for sockets is made. */
export function assembleManager(options: CapabilityManagerOptions, { monitorId, onChange }: ManagerHooks): ManagerParts {
  const services = servicesOf(options);
  const { clock } = services;
  const profiles = new ProfileLedger(options.config.empiricalTracking ? (options.profiles ?? null) : null, clock);

  const catalog = new CapabilityCatalog(options.searchPaths);
  const registry = new InstanceRegistry();
  const enablement = new Enablement(services);
  const observer = { onIdle: (instance: WorkerInstance) => enablement.onIdle(instance), onChange };
  const loader = new InstanceLoader({ catalog, registry, services, observer });

  const trees = new ProcessTrees(clock);
  const monitor = new SystemMonitor({
    isThere: () => registry.find(monitorId() ?? "") !== null,
    client: async (signal) => (await registry.find(monitorId() ?? "")?.worker(signal))?.client ?? null,
    pidsOf: (rootPid) => trees.pids(rootPid),
    clock,
  });
  const sampler = new UsageSampler(clock, trees, monitor);
  const view = new ResourceView({ profiles, trees, monitor });
  const evictor = new Evictor({
    instances: () => registry.all,
    monitorId,
    residentOf: (instance, resource, asOf) => view.resident(instance, resource, asOf),
    measure: () => monitor.status(),
  });

  const profile = (instance: WorkerInstance) => view.profile(instance);
  const admission = new CallAdmission({
    policy: options.policy ?? permissivePolicy,
    evictor,
    profile,
    residency: (instance) => view.residency(instance),
    status: (signal) => monitor.status(signal),
  });
  const executor = new CallExecutor({
    admission,
    sampler,
    recorder: new CallRecorder({ journal: options.journal, profiles, ids: services.ids, clock }),
    retry: new ResourceRetry({ evictor, profile }),
    clock,
    maxRetries: options.maxResourceRetries ?? 1,
  });
  return {
    services,
    catalog,
    registry,
    loader,
    enablement,
    configuration: new ConfigurationService({ catalog, registry, services }),
    environment: new EnvironmentService({ catalog, registry, loader, services }),
    monitor,
    profiles,
    sampler,
    view,
    evictor,
    executor,
  };
}

function servicesOf(options: CapabilityManagerOptions): InstanceServices {
  return {
    config: options.config,
    journal: options.journal,
    diagnostics: options.diagnostics,
    configs: options.configs ?? null,
    secrets: options.secrets ?? null,
    ids: options.ids ?? createIdSource(),
    clock: options.clock ?? systemClock,
    runDirectory: new RunDirectory(),
    sessions: new WorkerSessions(),
    hostEnvironment: options.hostEnvironment ?? process.env,
    startTimeoutMs: options.startTimeoutMs ?? 60_000,
    terminationGraceMs: options.terminationGraceMs ?? TERMINATION_GRACE_MS,
  };
}
