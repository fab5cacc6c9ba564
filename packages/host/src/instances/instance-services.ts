import type { CjmConfig, Clock, DiagnosticsStore, IdSource, JournalWriter } from "@cjm/core";
import type { WorkerSessions } from "../diagnostics/worker-sessions.ts";
import type { ConfigStore, SecretStore } from "../host-ports.ts";
import type { RunDirectory } from "../workers/run-directory.ts";

/** What instances and their workers use of their host. */
export interface InstanceServices {
  readonly config: CjmConfig;
  readonly journal: JournalWriter;
  readonly diagnostics: DiagnosticsStore;
  readonly configs: ConfigStore | null;
  readonly secrets: SecretStore | null;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly runDirectory: RunDirectory;
  readonly sessions: WorkerSessions;
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  readonly startTimeoutMs: number;
  /** How long a worker may take to end by itself when it is told to. */
  readonly terminationGraceMs: number;
}
