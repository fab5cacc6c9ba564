"""Watches over one worker of the original, and over the host: whichever ends first decides what happens to the other."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import sys
from typing import Any, List, NoReturn, Optional

from cjm_worker.control_channel import CONTROL_FD, ControlChannel

from .health_question import HealthQuestion
from .process_family import end_family
from .worker_process import FORWARDED_SIGNALS, WorkerArguments, open_listener, start_worker

PROTOCOL_VERSION = 1


class Keeper:
    """
    One thread that sleeps in select() on three things: the control channel, whose end means that the host is gone; the
    signals that this process gets; and the answer to the one question whether the worker serves. Nothing is polled.

    The original's own watchdog is not relied on. It looks at its parent once a second and says so on its error stream
    before it acts; under its own host that stream is a pipe whose reader has just died, the print raises, and the worker
    stays behind. Where the print succeeds, the worker still waits for its running calls without limit.
    """

    def __init__(self, arguments: WorkerArguments, channel: ControlChannel) -> None:
        self._arguments = arguments
        self._channel = channel
        self._worker = 0
        self._port = 0
        self._question: Optional[HealthQuestion] = None
        # A signal becomes a byte that select() sees, also when it comes between two calls of it.
        self._signals, signal_writer = socket.socketpair()
        self._signals.setblocking(False)
        signal_writer.setblocking(False)
        self._signal_writer = signal_writer

    def keep(self) -> NoReturn:
        """Ends this process: as the worker ended, or at once with everything below it when the host is gone."""
        signal.set_wakeup_fd(self._signal_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._start()
        while True:
            ready = select.select(self._sources(), [], [])[0]
            if CONTROL_FD in ready and self._host_is_gone():
                end_everything()
            if self._signals in ready:
                self._take_signals()
            if self._question is not None and self._question in ready:
                self._take_answer(self._question)

    def _start(self) -> None:
        # A signal that comes meanwhile waits until there is somebody to pass it to.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED_SIGNALS)
        for number in FORWARDED_SIGNALS:
            signal.signal(number, self._forward)
        with open_listener() as listener:
            self._port = listener.getsockname()[1]
            self._worker = start_worker(self._arguments, listener, mask)
            # Asked while this copy of the listener is open: the kernel takes the connection although nobody accepts yet.
            self._question = HealthQuestion(self._port)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _sources(self) -> List[Any]:
        sources: List[Any] = [CONTROL_FD, self._signals]
        return sources if self._question is None else [*sources, self._question]

    def _host_is_gone(self) -> bool:
        try:
            return not os.read(CONTROL_FD, 4096)
        except OSError:
            return True

    def _take_signals(self) -> None:
        try:
            while self._signals.recv(4096):
                pass
        except BlockingIOError:
            pass
        self._reap()

    def _reap(self) -> None:
        """Orphans of the worker come to this process to be buried, beside the worker itself."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._worker:
                end_like(status)

    def _take_answer(self, question: HealthQuestion) -> None:
        if question.read() and not question.announced:
            question.announced = True
            self._channel.send({"type": "ready", "protocol": PROTOCOL_VERSION, "pid": self._worker, "port": self._port})
        if question.ended:
            question.close()
            self._question = None

    def _forward(self, number: int, _frame: Any) -> None:
        try:
            os.kill(self._worker, number)
        except ProcessLookupError:
            pass


def end_like(status: int) -> NoReturn:
    """Ends what the worker left running, then this process as the worker ended, so that a host can tell a SIGKILL from an exit."""
    end_family()
    code = os.waitstatus_to_exitcode(status)
    sys.stdout.flush()
    sys.stderr.flush()
    if code >= 0:
        os._exit(code)
    # The worker has left its own core file, if any.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    os._exit(128 - code)


def end_everything() -> NoReturn:
    """For a host that is gone: every descendant, the process group if it is this process's own, this process."""
    end_family()
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
