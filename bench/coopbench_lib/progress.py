# SPDX-License-Identifier: GPL-2.0-or-later
"""Progress of a run on standard error: a live bar on a terminal, plain lines elsewhere (or with NO_COLOR, or without
python3-rich). The estimate comes from how long the same boots took the last time, or from those that have ended."""
from __future__ import annotations

import os
import sys
import threading
import time

from .outcome import Outcome
from .plan import Cell


class Estimate:
    """How long the rest will take."""

    def __init__(self, cells: list[Cell], jobs: int, history: dict[tuple[str, str], float]) -> None:
        self._waiting = {cell.key for cell in cells}
        self._jobs = max(1, min(jobs, len(cells)))
        self._history = history
        self._seen: list[float] = []

    def finished(self, outcome: Outcome) -> None:
        self._waiting.discard(outcome.key)
        self._seen.append(outcome.seconds)

    def seconds_left(self) -> float | None:
        """Wall-clock seconds; None while there is nothing to estimate from."""
        if not self._seen and not all(key in self._history for key in self._waiting):
            return None
        typical = sum(self._seen) / len(self._seen) if self._seen else 0.0
        return sum(self._history.get(key, typical) for key in self._waiting) / self._jobs


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class PlainProgress:
    """One line for each boot that has ended."""

    def __init__(self, cells: list[Cell], estimate: Estimate) -> None:
        self._total, self._done, self._estimate = len(cells), 0, estimate

    def __enter__(self) -> "PlainProgress":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def started(self, cell: Cell) -> None:
        pass

    def finished(self, outcome: Outcome, text: str) -> None:
        self._done += 1
        left = self._estimate.seconds_left()
        rest = f"  ({duration(left)} left)" if left and left >= 1 and self._done < self._total else ""
        print(f"[{self._done:>{len(str(self._total))}}/{self._total}] {text}{rest}", file=sys.stderr, flush=True)


class LiveProgress:
    """The same lines above a bar that says what is running and how long it will take."""

    def __init__(self, cells: list[Cell], estimate: Estimate) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._estimate, self._began = estimate, time.monotonic()
        self._running: list[str] = []
        self._lock = threading.Lock()
        self._bar = Progress(BarColumn(bar_width=24), MofNCompleteColumn(),
                             TextColumn("{task.description}", markup=False),
                             console=Console(stderr=True, highlight=False), transient=True)
        self._task = self._bar.add_task("", total=len(cells))

    def __enter__(self) -> "LiveProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def started(self, cell: Cell) -> None:
        """Called by the threads that boot."""
        with self._lock:
            self._running.append(" ".join(cell.key))
        self._describe()

    def finished(self, outcome: Outcome, text: str) -> None:
        with self._lock:
            if " ".join(outcome.key) in self._running:
                self._running.remove(" ".join(outcome.key))
        self._bar.console.print(text, markup=False, soft_wrap=True, style="" if not outcome.bad else "red")
        self._bar.advance(self._task)
        self._describe()

    def _describe(self) -> None:
        left = self._estimate.seconds_left()
        with self._lock:
            running = ", ".join(self._running[:3])
        rest = f"{duration(left)} left" if left is not None else f"{duration(time.monotonic() - self._began)} so far"
        self._bar.update(self._task, description=f"{rest}: {running}")


def make_progress(cells: list[Cell], estimate: Estimate) -> PlainProgress | LiveProgress:
    """The live bar only where it can be drawn and is wanted."""
    if sys.stderr.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM", "dumb") != "dumb":
        try:
            return LiveProgress(cells, estimate)
        except ImportError:
            pass
    return PlainProgress(cells, estimate)
