import { runProgram } from "@cjm/testing";

/** Runs Python's own sqlite3 on a file, as the original does; `database` is the connection. Returns what is printed. */
export async function withPythonSqlite(path: string, script: string): Promise<string> {
  const program = `import json, sqlite3, sys\ndatabase = sqlite3.connect(sys.argv[1])\n${script}\ndatabase.commit()\ndatabase.close()\n`;
  const { code, stdout, stderr } = await runProgram("python3", ["-c", program, path]);
  if (code !== 0) throw new Error(`Python ended with ${code}:\n${stderr}`);
  return stdout;
}

/** The statements that the original makes its journal with. */
export const ORIGINAL_JOURNAL = `
database.execute("PRAGMA journal_mode=WAL")
database.executescript("""
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    ts TEXT NOT NULL,
    event_type TEXT NOT NULL,
    run_id TEXT, job_id TEXT, composition_id TEXT, node_id TEXT,
    capability_instance_id TEXT, capability_name TEXT, config_hash TEXT,
    task_name TEXT, method TEXT, worker_session_id TEXT, actor TEXT,
    worker_reported INTEGER NOT NULL DEFAULT 0,
    payload TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS idx_journal_job ON journal(job_id);
CREATE INDEX IF NOT EXISTS idx_journal_run ON journal(run_id);
CREATE INDEX IF NOT EXISTS idx_journal_comp ON journal(composition_id);
CREATE INDEX IF NOT EXISTS idx_journal_type_ts ON journal(event_type, ts);
CREATE INDEX IF NOT EXISTS idx_journal_instance_ts ON journal(capability_instance_id, ts);
CREATE INDEX IF NOT EXISTS idx_journal_wsession ON journal(worker_session_id);
""")
def append(event_id, ts, event_type, payload, **subject):
    columns = ["event_id", "ts", "event_type", "payload", *subject]
    values = [event_id, ts, event_type, payload if isinstance(payload, str) else json.dumps(payload, sort_keys=True, default=str), *subject.values()]
    database.execute(f"INSERT INTO journal ({', '.join(columns)}) VALUES ({', '.join('?' * len(values))})", values)
`;
