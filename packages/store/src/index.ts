export {
  CacheDirectories,
  type CacheDirectoriesPruned,
  type CachedInput,
  type CacheEntries,
  type InputHashes,
  type PruneCacheDirectories,
  type ResolveCacheDirectory,
} from "./cache-directories.ts";
export { databaseFaults } from "./check-database.ts";
export {
  applyRetention,
  type RetentionPolicy,
  type RetentionReport,
  type RetentionTask,
  retainInBackground,
} from "./diagnostics-retention.ts";
export type { HostIdentity } from "./job-store/host-identity.ts";
export type { LedgerQuery, OpenIds, StoredLedgerRow } from "./job-store/job-reads.ts";
export { type PruneReport, type PruneTask, pruneJobs } from "./job-store/prune-jobs.ts";
export { type JobStoreOptions, SqliteJobStore } from "./job-store/sqlite-job-store.ts";
export { SecretFile } from "./secret-file.ts";
export { SqliteConfigs, type StoredConfig } from "./sqlite-configs.ts";
export { SqliteDiagnostics } from "./sqlite-diagnostics.ts";
export { type HashInputOptions, type InputHashesPruned, type PruneInputHashes, SqliteInputHashes } from "./sqlite-input-hashes.ts";
export { SqliteJournal } from "./sqlite-journal.ts";
export { SqliteProfiles } from "./sqlite-profiles.ts";
