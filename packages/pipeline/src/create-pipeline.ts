import { userInfo } from "node:os";
import { type CjmConfig, createIdSource, dataLayout, JournalWriter } from "@cjm/core";
import { CapabilityManager } from "@cjm/host";
import { JobQueue, type RecoveredWork } from "@cjm/queue";
import { CacheDirectories, retainInBackground, SqliteJobStore } from "@cjm/store";
import { resolveConfig } from "./config/resolve-config.ts";
import { ControlServer } from "./control/control-server.ts";
import { LiveHostSource } from "./control/host-source.ts";
import { loadCapabilities } from "./load-capabilities.ts";
import { openStores, type Stores } from "./open-stores.ts";
import { Pipeline } from "./pipeline.ts";
import { type CapabilityRequest, isConfig, type PipelineOptions } from "./pipeline-options.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const SYSTEM_MONITOR = "cjm-capability-system-monitor";

/**
 * Makes a pipeline: finds manifests, opens the stores, loads the system monitor and then the capabilities, and starts the
 * queue. When any step fails, everything before it is taken down and the reason is thrown.
 *
 * @example
 * await using pipeline = await createPipeline({ capabilities: ["cjm-capability-documents"] });
 * const document = await pipeline.run({ instance: "cjm-capability-documents", action: "parse", args: { path } });
 *
 * @throws CjmError CJM_CONFIG_INVALID, CJM_STORE_FAILED, CJM_CAPABILITY_NOT_FOUND (listing what is there), CJM_WORKER_START_FAILED
 */
export async function createPipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  const config = await configOf(options);
  const ids = createIdSource();
  const runId = options.runId ?? ids.runId();
  const actor = options.actor ?? `app:${userInfo().username}`;

  await using building = new AsyncDisposableStack();
  const stores = building.use(await openStores(config));
  sweepDiagnostics(config, stores);
  const journal = new JournalWriter(stores.journal);
  building.defer(() => journal.flushed());

  const manager = building.use(
    new CapabilityManager({
      ...options.manager,
      config,
      searchPaths: options.searchPaths ?? [dataLayout(config.dataDir).manifests],
      journal,
      diagnostics: stores.diagnostics,
      history: stores.journal,
      profiles: stores.profiles,
      configs: stores.configs,
      secrets: stores.secrets,
      ids,
    }),
  );
  const found = manager.discover().capabilities.map(({ name }) => name);
  const monitor = monitorOf(options, found);
  if (monitor !== null) {
    await loadCapabilities(manager, [monitor], options.signal);
    manager.bindSystemMonitor(monitor);
  }
  await loadCapabilities(manager, requested(options, found, monitor), options.signal);

  // Closed after the queue: who drains can still be asked.
  const control = building.use(new ControlServer({ dataDir: config.dataDir }));
  const jobs = options.jobs === "memory" ? null : building.use(openJobs(config));
  // As with the logs, a failure is no reason not to start.
  if (jobs !== null) void sweepJobs(config, jobs).catch(() => {});
  const queue = building.use(
    new JobQueue({
      runtime: manager,
      journal,
      history: stores.journal,
      ids,
      ...(jobs === null ? {} : { store: jobs }),
      ...(options.lanes === undefined ? {} : { lanes: options.lanes }),
      ...(options.whenStopped === undefined ? {} : { whenStopped: options.whenStopped }),
    }),
  );
  queue.setRunContext({ runId, actor });
  // A machine that can have no such socket runs jobs all the same; `controlPath` tells.
  if (options.control !== false)
    await control.open(new LiveHostSource({ queue, manager }), { runId, actor, startedAt: Date.now() }).catch(() => {});
  const recover = (): Promise<RecoveredWork> => queue.recover(manager.instances().map(({ instanceId }) => instanceId));
  const recovers = jobs !== null && options.recover !== false;
  const recovered = recovers ? await recover() : NOTHING_RECOVERED;
  // Hosts that go while this one lives leave their work to it too; a failure is tried again with the next one.
  if (recovers) building.defer(jobs.onWake(() => void recover().catch(() => {})));

  return new Pipeline({
    config,
    manager,
    queue,
    journal: stores.journal,
    diagnostics: stores.diagnostics,
    ids,
    runId,
    actor,
    recovered,
    controlPath: control.socketPath,
    cache: new CacheDirectories(stores.inputHashes),
    wireTypes: options.wireTypes ?? new Map(),
    teardown: building.move(),
  });
}

const NOTHING_RECOVERED: RecoveredWork = { jobIds: [], interrupted: 0, compositionIds: [] };

function openJobs(config: CjmConfig): SqliteJobStore {
  const layout = dataLayout(config.dataDir);
  return SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults });
}

/** In the background and once per start. Most starts have nothing to sweep, and a walk through all jobs costs more than looking. */
async function sweepJobs({ jobsRetentionDays }: CjmConfig, jobs: SqliteJobStore): Promise<void> {
  if (jobsRetentionDays <= 0) return;
  const olderThanMs = jobsRetentionDays * DAY_MS;
  const firstEndedAt = await jobs.firstEndedAt();
  if (firstEndedAt !== null && firstEndedAt < Date.now() - olderThanMs) await jobs.prune({ olderThanMs });
}

/** In the background and once per start: what is too old goes. It is disposable, so a failure is no reason not to start. */
function sweepDiagnostics(config: CjmConfig, { diagnostics }: Stores): void {
  const policy = { maxAgeDays: config.diagnosticsRetentionDays, maxTotalMb: config.diagnosticsRetentionMaxMb };
  if (policy.maxAgeDays <= 0 && policy.maxTotalMb === null) return;
  const oldest = diagnostics.queryRecords({ limit: 1 })[0]?.occurredAt ?? Date.now();
  // Most starts have nothing to sweep, and a thread costs more than looking.
  if (policy.maxTotalMb === null && Date.now() - oldest < policy.maxAgeDays * DAY_MS) return;
  void retainInBackground({ path: dataLayout(config.dataDir).diagnostics, policy, nowMs: Date.now() }).catch(() => {});
}

async function configOf(options: PipelineOptions): Promise<CjmConfig> {
  if (options.config !== undefined && isConfig(options.config)) return options.config;
  return (await resolveConfig(options.config)).config;
}

function monitorOf(options: PipelineOptions, found: readonly string[]): string | null {
  if (options.systemMonitor === false) return null;
  return options.systemMonitor ?? (found.includes(SYSTEM_MONITOR) ? SYSTEM_MONITOR : null);
}

function requested(options: PipelineOptions, found: readonly string[], monitor: string | null): readonly CapabilityRequest[] {
  const all = options.capabilities ?? found;
  return all.filter((request) => (typeof request === "string" ? request : (request.instanceId ?? request.name)) !== monitor);
}
