export {
  CacheDirectories,
  type CacheDirectoriesPruned,
  type CachedInput,
  type CacheEntries,
  type InputHashes,
  type PruneCacheDirectories,
  type ResolveCacheDirectory,
} from "./cache-directories.ts";
export {
  applyRetention,
  type RetentionPolicy,
  type RetentionReport,
  type RetentionTask,
  retainInBackground,
} from "./diagnostics-retention.ts";
export { SecretFile } from "./secret-file.ts";
export { SqliteConfigs, type StoredConfig } from "./sqlite-configs.ts";
export { SqliteDiagnostics } from "./sqlite-diagnostics.ts";
export { type HashInputOptions, type InputHashesPruned, type PruneInputHashes, SqliteInputHashes } from "./sqlite-input-hashes.ts";
export { SqliteJournal } from "./sqlite-journal.ts";
export { foldSample, type ProfileKey, SqliteProfiles } from "./sqlite-profiles.ts";
