# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a plan: boots its cells, several at a time, and hands each outcome on as soon as it is there."""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from .outcome import FAILED, OK, TIMEOUT, Outcome, add_walks, judge
from .plan import Cell, Plan, make_disk
from .process import Processes
from .records import PREFIX, parse
from .walks import COUNTS_FILE

# No record line is long, and no good boot writes many: what lies beyond this is a flood.
_READ_LIMIT_BYTES = 16 << 20
_WORDS = 120


def run_cells(plan: Plan, cells: list[Cell], logs: Path, finished: Callable[[Outcome], None],
              started: Callable[[Cell], None]) -> None:
    """Boots every cell. 'finished' is called by this thread alone; when it fails, or at Ctrl-C, all emulators die."""
    for workload in {cell.workload.disk_mib: cell.workload for cell in cells if cell.workload.disk_mib}.values():
        make_disk(plan.disk(workload), workload.disk_mib)
    processes = Processes()
    pool = ThreadPoolExecutor(plan.jobs)

    def boot(cell: Cell) -> Outcome | None:
        started(cell)
        return _boot_cell(plan, cell, logs, processes)

    try:
        futures: list[Future] = [pool.submit(boot, cell) for cell in cells]
        for future in as_completed(futures):
            outcome = future.result()
            if outcome is not None:
                finished(outcome)
    finally:
        processes.stop_all()
        pool.shutdown(wait=True, cancel_futures=True)


def _boot_cell(plan: Plan, cell: Cell, logs: Path, processes: Processes) -> Outcome | None:
    """One boot and its verdict; None when the user stopped it. The logs of a good boot are removed."""
    folder = logs / cell.folder_name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = plan.command(cell, folder)
    plan.prepare(cell, folder)
    ended = processes.run(command, plan.paths.root, folder / "emulator.txt", plan.timeout_of(cell.workload))
    plan.remove_made(cell, folder)
    if ended.stopped:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    outcome = judge(plan, cell, ended, parse(read_text(folder / "records.txt")), _last_words(plan, folder))
    if plan.tlb and outcome.status == OK:
        add_walks(outcome, folder / COUNTS_FILE)
    hang = plan.machine.explain_hang(folder) if outcome.status == TIMEOUT else ""
    outcome.reason += f" ({hang})" if hang else ""
    outcome.command = command
    if plan.program and outcome.output:
        (logs.parent / f"output-{cell.mode.name.replace('/', '-')}.txt").write_text(read_text(folder / "console.txt"))
    if not outcome.bad:
        shutil.rmtree(folder)
    elif outcome.status == FAILED and _is_full(folder):
        outcome.reason += f" (the disk that holds {plan.paths.shown(logs.parent)} is full)"
    return outcome


def read_text(path: Path) -> str:
    """A file's text, '' when there is none; bytes that are no UTF-8 stay visible as escapes."""
    try:
        with path.open("rb") as file:
            return file.read(_READ_LIMIT_BYTES).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    except OSError:
        return ""


def _last_words(plan: Plan, folder: Path) -> str:
    """The line in which somebody panics, or the last that emulator, log or console has to say, records aside."""
    talk = plan.machine.read_talk(read_text(folder / "emulator.txt"))[:_WORDS]
    last = ""
    for name in ("console.txt", "records.txt"):
        lines = [line.strip() for line in read_text(folder / name).splitlines()]
        lines = [line for line in lines if line and not line.startswith(PREFIX)]
        panics = [line for line in lines if "panic" in line]
        if panics:
            return panics[0][:_WORDS]
        last = lines[-1][:_WORDS] if lines else last
    return talk or last


def _is_full(folder: Path) -> bool:
    """Whether the file system of 'folder' has no room for another log."""
    try:
        return os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize < 1 << 16
    except OSError:
        return False
