import type { CallEnvelope, Clock, IdSource, JournalWriter, JsonObject } from "@cjm/core";
import type { Account } from "@cjm/protocol";
import type { LiveWorker } from "../instances/live-worker.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import type { ProfileLedger } from "../resources/profile-ledger.ts";
import type { MeasuredUse } from "../resources/usage-sampler.ts";
import type { Usage } from "../workers/worker-client.ts";

interface RecorderParts {
  readonly journal: JournalWriter;
  readonly profiles: ProfileLedger;
  readonly ids: IdSource;
  readonly clock: Clock;
}

/** What remains of a call: its profile sample, and the rows that its worker asked for. */
export class CallRecorder {
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  recordUse(instance: WorkerInstance, use: MeasuredUse, outcome: { readonly success: boolean; readonly usage: Usage }): void {
    const { profiles, clock } = this.#parts;
    const { instanceId, manifest, configHash } = instance.spec;
    profiles.record({ instanceId, capabilityName: manifest.code.name, configHash }, { ...use, ...outcome, observedAt: clock.now() });
  }

  recordAccounts(instance: WorkerInstance, live: LiveWorker, envelope: CallEnvelope, accounts: readonly Account[]): void {
    const { journal, ids, clock } = this.#parts;
    for (const account of accounts) {
      journal.emit({
        eventId: ids.eventId(),
        occurredAt: clock.now(),
        eventType: account.event_type,
        jobId: envelope.job_id ?? null,
        runId: envelope.run_id ?? null,
        compositionId: envelope.composition_id ?? null,
        nodeId: envelope.node_id ?? null,
        actor: envelope.actor ?? null,
        capabilityName: instance.spec.manifest.code.name,
        workerSessionId: live.process.sessionId,
        workerReported: true,
        payload: account.payload as JsonObject,
      });
    }
  }
}
