"""Shows a long silent step as alive."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Iterator, Optional

from .call_context import current_call


@contextlib.contextmanager
def heartbeat(phase: str, interval: float = 0.5, progress: Optional[float] = None) -> Iterator[None]:
    """While the block runs, the progress message of the current call counts its seconds: `<base> (<elapsed>s)`.

    The base is `phase`, or what the block itself has last reported with `report_progress`; the fraction stays what was
    reported, at first `progress`, else where the call stands, else 0.5. `interval` is in seconds. A thread of its own beats,
    so the block may compute or wait without yielding. The last message stays after the end. Outside of a call it does nothing.
    """
    call = current_call()
    if call is None:
        yield
        return
    beat = call.begin_beating(phase, progress)
    done = threading.Event()
    began = time.monotonic()

    def run() -> None:
        while not done.wait(interval):
            call.beat(beat, time.monotonic() - began)

    thread = threading.Thread(target=run, daemon=True, name="cjm-heartbeat")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(max(2 * interval, 1))
        call.end_beating(beat)
