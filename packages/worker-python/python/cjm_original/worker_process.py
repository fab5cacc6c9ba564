"""Starts the original's worker as its own host would, with two differences: who its parent is, and what its input is."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import List, NamedTuple, NoReturn, Set

from .process_family import die_with

FORWARDED_SIGNALS = (signal.SIGTERM, signal.SIGINT)

# Python ignores these; a program inherits that, and so must every program started by hand be relieved of it.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)

# What the original's host uses.
_BACKLOG = 128


class WorkerArguments(NamedTuple):
    module: str
    class_name: str
    # Comma list of `module:Class`, empty for none.
    adapters: str


def open_listener() -> socket.socket:
    """Loopback TCP on a port of the kernel's choice; accepted connections inherit TCP_NODELAY from it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(_BACKLOG)
    listener.set_inheritable(True)
    return listener


def worker_command(arguments: WorkerArguments, listener_fd: int, keeper_pid: int) -> List[str]:
    """Order and spelling are the original's."""
    command = [sys.executable, "-m", "cjm_substrate.core.worker"]
    command += ["--module", arguments.module, "--class", arguments.class_name]
    command += ["--fd", str(listener_fd), "--ppid", str(keeper_pid)]
    return command + (["--adapters", arguments.adapters] if arguments.adapters else [])


def start_worker(arguments: WorkerArguments, listener: socket.socket, mask: Set[int]) -> int:
    """
    Pid of the new process, in this process's group and session, with the signal mask `mask`. By fork and exec, since only
    code between the two can tie the worker's life to this process's; call it before any thread exists, and with the
    forwarded signals blocked: one that comes in between then meets a worker that can die of it.
    """
    keeper_pid = os.getpid()
    command = worker_command(arguments, listener.fileno(), keeper_pid)
    pid = os.fork()
    if pid == 0:
        _become(command, keeper_pid, mask)
    return pid


def _become(command: List[str], keeper_pid: int, mask: Set[int]) -> NoReturn:
    try:
        die_with(keeper_pid)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number in (*FORWARDED_SIGNALS, *_IGNORED_BY_PYTHON):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.execv(command[0], command)
    except BaseException as error:
        os.write(2, ("cjm: %s cannot be run: %s\n" % (command[0], error)).encode())
    finally:
        os._exit(127)
