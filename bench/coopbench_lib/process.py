# SPDX-License-Identifier: GPL-2.0-or-later
"""Emulator processes: started, waited for with a limit, and killed when the user wants to stop."""
from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .errors import CoopbenchError

# What one boot may write into each of its files before the kernel refuses more: a flood fills no disk.
FILE_LIMIT_BYTES = 64 << 20
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Ended:
    """How a process ended. 'status' is negative for a signal; 'stopped' says that the user wanted it to end, 'flooded'
    that one of its lines came to the limit of a file, 'enough' that the caller had seen what it waited for."""

    status: int
    seconds: float
    timed_out: bool = False
    stopped: bool = False
    flooded: bool = False
    enough: bool = False


class Processes:
    """The emulators that are running now. May be used by several threads at once. 'file_limit' is what each may write
    into one file."""

    def __init__(self, file_limit: int = FILE_LIMIT_BYTES) -> None:
        self._file_limit = file_limit
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()
        self._stopping = False

    def run(self, command: list[str], folder: Path, talk: Path, timeout_seconds: float,
            is_enough: Callable[[], bool] = lambda: False) -> Ended:
        """Runs a command in 'folder', what it prints going to the file 'talk', to its end, the time-out, or until
        'is_enough' says so. CoopbenchError: it cannot be started."""
        began = time.monotonic()
        process = self._start(command, folder, talk)
        if process is None:
            return Ended(0, 0.0, stopped=True)
        timed_out = flooded = enough = False
        while process.returncode is None:
            try:
                process.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                flooded, timed_out = _is_flooded(talk.parent), time.monotonic() - began >= timeout_seconds
                enough = is_enough()
                if flooded or timed_out or enough:
                    _kill(process)
                    process.wait()
        with self._lock:
            self._running.discard(process)
        flooded = flooded or _is_flooded(talk.parent)
        timed_out = timed_out and not flooded and not enough
        return Ended(process.returncode, time.monotonic() - began, timed_out, self._stopping, flooded, enough)

    def _start(self, command: list[str], folder: Path, talk: Path) -> subprocess.Popen | None:
        """The process, in a session of its own (Ctrl-C is for us alone to handle); None when all is being stopped."""
        with self._lock, talk.open("wb") as output:
            if self._stopping:
                return None
            try:
                process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
                                           stderr=subprocess.STDOUT, start_new_session=True)
            except OSError as error:
                raise CoopbenchError(f"cannot start {command[0]}: {error.strerror}") from error
            self._limit(process)
            self._running.add(process)
            return process

    def _limit(self, process: subprocess.Popen) -> None:
        """No endless files, no core dumps. A process that has already ended needs no limit."""
        try:
            inherited = [value for value in resource.getrlimit(resource.RLIMIT_FSIZE) if value >= 0]
            lowest = min([self._file_limit, *inherited])
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (lowest, lowest))
            resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
        except (ProcessLookupError, PermissionError):
            pass

    def stop_all(self) -> None:
        """Kills every running emulator and lets no other start."""
        with self._lock:
            self._stopping = True
            for process in self._running:
                _kill(process)


def _is_flooded(folder: Path) -> bool:
    """Whether a serial line, or what the emulator printed, has reached the limit. A program that has several threads
    may not notice that the kernel refuses to write more: QEMU goes on for ever."""
    return any(path.stat().st_size >= FILE_LIMIT_BYTES for path in folder.glob("*.txt"))


def _kill(process: subprocess.Popen) -> None:
    """Ends a process with all that it has started: it leads a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
