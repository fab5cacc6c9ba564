"""The standard logging module, with every record sent to the host under the job it belongs to."""

from __future__ import annotations

import datetime
import logging
import os
import traceback
from typing import Any

from cjm_capability.call_context import current_call

from .control_channel import ControlChannel

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class ChannelHandler(logging.Handler):
    def __init__(self, channel: ControlChannel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._channel.send(log_frame(record))
        except Exception:
            self.handleError(record)


def log_frame(record: logging.LogRecord) -> Any:
    call = current_call()
    moment = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
    return {
        "type": "log",
        "ts": moment.isoformat(timespec="microseconds"),
        "level": record.levelname if record.levelname in _LEVELS else "INFO",
        "logger": record.name,
        "message": record.getMessage(),
        "job_id": call.job_id if call is not None else None,
        "exc_text": "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else None,
    }


def install_logging(channel: ControlChannel) -> None:
    """Replaces all handlers of the root logger. The level is CJM_LOG_LEVEL, INFO when that is unknown."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(ChannelHandler(channel))
    level = os.environ.get("CJM_LOG_LEVEL", "INFO").upper()
    root.setLevel(level if level in _LEVELS else "INFO")
