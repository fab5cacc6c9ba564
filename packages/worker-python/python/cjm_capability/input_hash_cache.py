"""Hashes of input files, remembered in the SQLite file that all processes of one data directory share."""

from __future__ import annotations

import logging
import os
import re
import threading
from typing import Any, Callable, Dict, Optional, Tuple

_VARIABLE = "CJM_INPUT_HASH_CACHE"
_BUSY_SECONDS = 10
_HASH = re.compile(r"sha256:[0-9a-f]{64}\Z")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS input_hash_cache (
    path TEXT NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    PRIMARY KEY (path, mtime_ns, size)
)
"""
_SELECT = "SELECT content_hash FROM input_hash_cache WHERE path = ? AND mtime_ns = ? AND size = ?"
_UPSERT = "INSERT OR REPLACE INTO input_hash_cache (path, mtime_ns, size, content_hash) VALUES (?, ?, ?, ?)"

_logger = logging.getLogger(__name__)
# A connection must not be used beyond a fork, so that each process has its own.
_open: Dict[Tuple[int, str], "InputHashCache"] = {}


class InputHashCache:
    """One file, one connection that stays open. What goes wrong with it costs speed and nothing else: it is logged once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: Any = None
        self._warned = False

    @staticmethod
    def of_environment() -> Optional["InputHashCache"]:
        """The file that CJM_INPUT_HASH_CACHE names by an absolute path; None without one."""
        path = os.environ.get(_VARIABLE, "")
        if not os.path.isabs(path):
            return None
        return _open.setdefault((os.getpid(), path), InputHashCache(path))

    def get(self, path: str, mtime_ns: int, size: int) -> Optional[str]:
        """Only what is a hash counts: anyone may write to the file."""
        row = self._use(lambda connection: connection.execute(_SELECT, (path, mtime_ns, size)).fetchone())
        known = row[0] if row else None
        return known if isinstance(known, str) and _HASH.match(known) else None

    def put(self, path: str, mtime_ns: int, size: int, content_hash: str) -> None:
        self._use(lambda connection: connection.execute(_UPSERT, (path, mtime_ns, size, content_hash)))

    def _use(self, use: Callable[[Any], Any]) -> Any:
        """The lock is held for statements, never while a file is hashed."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                return use(self._connection)
            except Exception as error:  # sqlite3 may be missing, its file broken, a path not encodable
                self._close()
                if not self._warned:
                    _logger.warning("%s cannot be used, so inputs are hashed each time: %s", self._path, error)
                self._warned = True
                return None

    def _connect(self) -> Any:
        import sqlite3

        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _enter_wal_mode(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _enter_wal_mode(connection: Any) -> None:
    """Left to the other one where SQLite refuses it because another is at it: without it the file serves as well, only slower."""
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except Exception as error:
        if str(error) != "database is locked":
            raise
