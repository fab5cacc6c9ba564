"""Where a worker's log lines go: the database that the host names, else the error stream."""

from __future__ import annotations

import datetime
import logging
import os
import sqlite3
import threading
from typing import Optional

from .call import current_envelope

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT NOT NULL, worker_session_id TEXT, job_id TEXT,
  level TEXT NOT NULL DEFAULT 'INFO', logger_name TEXT NOT NULL DEFAULT '', message TEXT NOT NULL, exc_text TEXT
)
"""


class DatabaseHandler(logging.Handler):
    def __init__(self, path: str, session: Optional[str]) -> None:
        super().__init__()
        self._session = session
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, timeout=10, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(_SCHEMA)

    def emit(self, record: logging.LogRecord) -> None:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc).isoformat(timespec="microseconds")
        job = (current_envelope() or {}).get("job_id")
        row = (moment, self._session, job, record.levelname, record.name, record.getMessage())
        try:
            with self._lock, self._database:
                self._database.execute("INSERT INTO records (ts, worker_session_id, job_id, level, logger_name, message) VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error:
            # Losing a log line must not fail a call.
            pass


def install_logging() -> None:
    path = os.environ.get("CJM_DIAGNOSTICS_DB")
    handler: logging.Handler = DatabaseHandler(path, os.environ.get("CJM_WORKER_SESSION_ID")) if path else logging.StreamHandler()
    level = os.environ.get("CJM_LOG_LEVEL", "INFO").upper()
    logging.basicConfig(level=level if level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL") else "INFO", handlers=[handler], force=True)
