import { mkdirSync } from "node:fs";
import { CjmError, dataLayout, errorMessage, type JsonObject } from "@cjm/core";
import { type DriftReport, driftOf } from "../discovery/drift.ts";
import { composeWorkerEnvironment } from "../environment/worker-environment.ts";
import type { ProgressFrame } from "../workers/control-channel.ts";
import { WorkerClient } from "../workers/worker-client.ts";
import { WorkerProcess } from "../workers/worker-process.ts";
import { endWorker } from "./end-worker.ts";
import type { InstanceServices } from "./instance-services.ts";
import type { InstanceSpec } from "./instance-spec.ts";
import { runLifecycleCall } from "./lifecycle-call.ts";
import type { LiveWorker } from "./live-worker.ts";
import { recordEvent } from "./record-event.ts";

export interface WorkerStart {
  readonly spec: InstanceSpec;
  readonly services: InstanceServices;
  /** Calls back for progress of one job until the returned function is called. */
  readonly onProgress: (jobId: string, listener: (frame: ProgressFrame) => void) => () => void;
  /** Takes what the worker pushes. */
  readonly deliver: (frame: ProgressFrame) => void;
  /** Gives the start up. */
  readonly signal: AbortSignal;
}

/**
 * Starts a worker: environment, process, readiness, drift, initialisation. When any step fails, the worker and everything
 * it started are gone again, and the reason is thrown.
 * @throws CjmError CJM_WORKER_START_FAILED, CJM_WORKER_START_TIMEOUT, CJM_WORKER_STALLED, CJM_WORKER_DIED, CJM_SECRET_STORE_CORRUPT,
 * CJM_CALL_FAILED with the capability's words
 */
export async function startWorker(start: WorkerStart): Promise<LiveWorker> {
  const { spec, services, signal } = start;
  signal.throwIfAborted();
  const beganMs = services.clock.monotonicMs();
  const process = spawnWorker(start);
  let client: WorkerClient | null = null;
  try {
    client = new WorkerClient(await process.ready(services.startTimeoutMs, signal), {
      instanceId: spec.instanceId,
      capabilityName: spec.manifest.code.name,
    });
    const waitSeconds = Math.round(services.clock.monotonicMs() - beganMs) / 1000;
    recordEvent(services, spec, { type: "worker_ready", payload: { wait_seconds: waitSeconds }, sessionId: process.sessionId });
    const drift = await lookForDrift(start, process, client);
    signal.throwIfAborted();
    if (Object.keys(spec.config).length > 0) await initialize(start, process, client);
    return { process, client, drift, readyAtMs: services.clock.monotonicMs() };
  } catch (error) {
    const reason = signal.aborted ? "its start was given up" : "it could not be started";
    await endWorker({ process, client }, { spec, services, phase: "startup", reason, graceMs: 0 });
    throw error;
  }
}

function spawnWorker({ spec, services, deliver }: WorkerStart): WorkerProcess {
  const { manifest } = spec;
  const layout = dataLayout(services.config.dataDir);
  const sessionId = services.ids.workerSessionId();
  const environment = composeWorkerEnvironment({
    manifest,
    host: services.hostEnvironment,
    inheritAll: services.config.inheritEnvironment,
    overrides: spec.workerEnvOverrides,
    secret: (name) => services.secrets?.get(manifest.code.name, name) ?? null,
    capabilityDataRoot: layout.capabilityData,
    diagnosticsFile: layout.diagnostics,
    inputHashesFile: layout.inputHashes,
    modelsDir: services.config.modelsDir,
    sessionId,
  });
  makeDataDir(environment.dataDir, spec);
  const process = new WorkerProcess({
    instanceId: spec.instanceId,
    manifest,
    sessionId,
    socketPath: services.runDirectory.nextSocket(),
    adapters: spec.adapters,
    environment: environment.variables,
    diagnostics: services.diagnostics,
    clock: services.clock,
    onProgress: deliver,
    onDiagnosticsLost: (error) =>
      recordEvent(services, spec, { type: "diagnostics_lost", payload: { reason: errorMessage(error) }, sessionId }),
  });
  services.sessions.note(spec.instanceId, sessionId);
  const payload: JsonObject = {
    pid: process.pid,
    module: manifest.code.module,
    version: manifest.code.version,
    env_overlay_keys: environment.declaredNames,
    ...(environment.warnings.length === 0 ? {} : { warnings: environment.warnings }),
  };
  recordEvent(services, spec, { type: "worker_spawned", payload, sessionId });
  if (spec.adapters.length > 0) recordEvent(services, spec, { type: "adapter_bound", payload: { specs: spec.adapters }, sessionId });
  return process;
}

function makeDataDir(path: string, { instanceId }: InstanceSpec): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new CjmError("CJM_WORKER_START_FAILED", `The data folder of ${instanceId} cannot be made: ${errorMessage(cause)}.`, {
      hint: "Make its parent writable, or set another data_dir in cjm.yaml.",
      cause,
      details: { path },
    });
  }
}

/** What a worker answers may be no JSON at all; then there is nothing to compare. */
function comparable(compare: () => DriftReport | null): DriftReport | null {
  try {
    return compare();
  } catch {
    return null;
  }
}

/** Never fails a start: a worker that cannot tell is one without drift. */
async function lookForDrift({ spec, services }: WorkerStart, process: WorkerProcess, client: WorkerClient): Promise<DriftReport | null> {
  if (!services.config.driftDetection) return null;
  const [configSchema, surface] = await Promise.all([
    client.configSchemaText().catch(() => null),
    spec.manifest.drift_tracking.structural_surface_hash === null ? null : client.surfaceText().catch(() => null),
  ]);
  const drift = comparable(() => driftOf(spec.manifest, { configSchema, surface }));
  if (drift === null) return null;
  const payload: JsonObject = {
    config_schema: drift.configSchema === null ? null : { ...drift.configSchema },
    surface: drift.surface === null ? null : { ...drift.surface },
    hint: `Run 'cjm-ctl install-all --force' to write the manifest of ${spec.manifest.code.name} anew.`,
  };
  recordEvent(services, spec, { type: "capability_drift", payload, sessionId: process.sessionId });
  return drift;
}

async function initialize(
  { spec, services, onProgress, signal }: WorkerStart,
  process: WorkerProcess,
  client: WorkerClient,
): Promise<void> {
  await runLifecycleCall({
    name: "the initialisation",
    worker: { process, client },
    instanceId: spec.instanceId,
    services,
    onProgress,
    signal,
    run: (worker, jobId, until) => worker.initialize(spec.config, jobId, until),
  });
}
