import { mkdir } from "node:fs/promises";
import { type CjmConfig, CjmError, dataLayout, fileFault } from "@cjm/core";
import { SecretFile, SqliteConfigs, SqliteDiagnostics, SqliteInputHashes, SqliteJournal, SqliteProfiles } from "@cjm/store";

/** The stores of one data directory, opened together and closed together. */
export interface Stores extends Disposable {
  readonly journal: SqliteJournal;
  readonly diagnostics: SqliteDiagnostics;
  readonly profiles: SqliteProfiles;
  readonly configs: SqliteConfigs;
  readonly secrets: SecretFile;
  readonly inputHashes: SqliteInputHashes;
}

/** @throws CjmError CJM_STORE_FAILED; what was opened before the failure is closed again. */
export async function openStores(config: CjmConfig): Promise<Stores> {
  const layout = dataLayout(config.dataDir);
  try {
    await mkdir(layout.runs, { recursive: true });
  } catch (error) {
    throw new CjmError("CJM_STORE_FAILED", `The data directory ${config.dataDir} cannot be made: ${fileFault(error)}.`, {
      hint: "Name another one with --data-dir or data_dir in cjm.yaml.",
      cause: error,
    });
  }
  using stack = new DisposableStack();
  const journal = stack.use(SqliteJournal.open(layout.journal, { waits: false }));
  const diagnostics = stack.use(SqliteDiagnostics.open(layout.diagnostics));
  const profiles = stack.use(SqliteProfiles.open(layout.profiles));
  const configs = stack.use(SqliteConfigs.open(layout.configs));
  const inputHashes = stack.use(SqliteInputHashes.open(layout.inputHashes));
  const owned = stack.move();
  return {
    journal,
    diagnostics,
    profiles,
    configs,
    secrets: new SecretFile(layout.secrets),
    inputHashes,
    [Symbol.dispose]: () => owned.dispose(),
  };
}
