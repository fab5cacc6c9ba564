import { isJsonObject, type JsonObject } from "@cjm/core";
import type Database from "better-sqlite3";
import { DatabaseFile } from "./database-file.ts";
import { pythonJson } from "./python-json.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS capability_configs (
  instance_id TEXT PRIMARY KEY,
  config_json TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  worker_env_json TEXT NOT NULL DEFAULT '{}',
  updated_at REAL NOT NULL
);
`;

export interface StoredConfig {
  readonly config: JsonObject;
  readonly enabled: boolean;
  /** Overrides of visible worker environment variables. */
  readonly workerEnv: Readonly<Record<string, string>>;
}

interface ConfigRow {
  readonly config_json: string;
  readonly enabled: number;
  readonly worker_env_json: string;
}

const SELECT = "SELECT config_json, enabled, worker_env_json FROM capability_configs WHERE instance_id = ?";
/** Someone waits for these writes, and with them the event loop: longer than any host's write takes, but no more. */
const BUSY_MS = 1_000;
const UPSERT =
  "INSERT OR REPLACE INTO capability_configs (instance_id, config_json, enabled, worker_env_json, updated_at) VALUES (?, ?, ?, ?, ?)";

/** What is remembered of an instance between runs: configuration, enabled, environment overrides. The original's file. */
export class SqliteConfigs implements Disposable {
  readonly #file: DatabaseFile;

  private constructor(file: DatabaseFile) {
    this.#file = file;
  }

  /** @throws CjmError CJM_STORE_FAILED */
  static open(path: string): SqliteConfigs {
    const file = DatabaseFile.open(path, { title: "configuration database", schema: SCHEMA, migrate: bringUpToDate });
    file.waitAtMost(BUSY_MS);
    return new SqliteConfigs(file);
  }

  /** Null when nothing is remembered. JSON that cannot be read counts as empty. @throws CjmError CJM_STORE_FAILED */
  get(instanceId: string): StoredConfig | null {
    const row = this.#file.read(() => this.#file.prepare<ConfigRow>(SELECT).get(instanceId));
    if (row === undefined) return null;
    const workerEnv = Object.fromEntries(
      Object.entries(objectOf(row.worker_env_json)).map(([name, value]) => [name, typeof value === "string" ? value : pythonJson(value)]),
    );
    return { config: objectOf(row.config_json), enabled: row.enabled !== 0, workerEnv };
  }

  /** @throws CjmError CJM_STORE_FAILED */
  set(instanceId: string, record: StoredConfig, unixMs: number): void {
    this.change(instanceId, () => record, unixMs);
  }

  /** Reads, changes and writes in one transaction, so that two hosts that change the same record lose nothing. @throws CjmError CJM_STORE_FAILED */
  change(instanceId: string, change: (before: StoredConfig | null) => StoredConfig, unixMs: number): void {
    this.#file.write(() => {
      const { config, enabled, workerEnv } = change(this.get(instanceId));
      const values = [instanceId, pythonJson(config), enabled ? 1 : 0, pythonJson(workerEnv), unixMs / 1000];
      this.#file.prepare(UPSERT).run(...values);
    });
  }

  /** Whether there was anything to forget. @throws CjmError CJM_STORE_FAILED */
  delete(instanceId: string): boolean {
    return this.#file.write(() => this.#file.prepare("DELETE FROM capability_configs WHERE instance_id = ?").run(instanceId).changes > 0);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Files of earlier versions of the original are keyed by capability name and know no environment overrides. */
function bringUpToDate(database: Database.Database): void {
  const columns = (database.pragma("table_info(capability_configs)") as { name: string }[]).map(({ name }) => name);
  if (columns.length === 0) return;
  if (!columns.includes("instance_id")) database.exec("ALTER TABLE capability_configs RENAME COLUMN capability_name TO instance_id");
  if (!columns.includes("worker_env_json"))
    database.exec("ALTER TABLE capability_configs ADD COLUMN worker_env_json TEXT NOT NULL DEFAULT '{}'");
}

function objectOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
