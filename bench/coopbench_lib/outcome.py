# SPDX-License-Identifier: GPL-2.0-or-later
"""The verdict on one boot: ok with its repetitions, n/a, failed or timeout, with a reason a user can act on.

The worst that any witness says wins, and no verdict is a failure.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .controls import complain_about_controls
from .errors import RecordError
from .launch import FLOODED
from .machines import Machine
from .modes import Mode
from .plan import Cell, Plan
from .process import Ended
from .records import Boot, Repetition, join
from .walks import take_walks

OK, NOT_APPLICABLE, FAILED, TIMEOUT = "ok", "n/a", "failed", "timeout"
GOOD_STOPS = ("exit-port", "power-off")


@dataclass
class Outcome:
    """What became of one cell. 'seconds' is wall-clock time; 'command' what was started. It is not 'repeatable' when a
    device outside the count took part in it: the emulator's own disk, on the bare machine, answers when it likes."""

    mode: str
    workload: str
    status: str
    reason: str = ""
    seconds: float = 0.0
    command: list[str] = field(default_factory=list)
    machine_record: dict[str, Any] | None = None
    guest_record: dict[str, Any] | None = None
    controls_record: dict[str, Any] | None = None
    repeatable: bool = True
    output: dict[str, Any] | None = None
    repetitions: list[Repetition] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return self.mode, self.workload

    @property
    def bad(self) -> bool:
        return self.status in (FAILED, TIMEOUT)


def judge(plan: Plan, cell: Cell, ended: Ended, boot: Boot, last_words: str) -> Outcome:
    """The outcome of a boot, from its records and from how its process ended; 'last_words' is the end of its output."""
    outcome = Outcome(cell.mode.name, cell.workload.name, OK, seconds=round(ended.seconds, 3),
                      machine_record=boot.first("machine"), guest_record=boot.first("guest"),
                      output=boot.first("output"), controls_record=boot.first("controls"),
                      repeatable=not (cell.mode.native and cell.workload.disk_mib and plan.machine.outside_disk))
    if ended.timed_out:
        outcome.status, outcome.reason = TIMEOUT, f"no verdict within {plan.timeout_of(cell.workload)} s: killed"
        return outcome
    if ended.flooded:
        outcome.status, outcome.reason = FAILED, FLOODED
        return outcome
    wrong = complaint(plan.machine, cell.mode, ended.status, boot, last_words) or complain_about_setup(cell.mode, boot)
    skip = boot.first("skip")
    if wrong:
        outcome.status, outcome.reason = FAILED, wrong
    elif skip:
        outcome.status, outcome.reason = NOT_APPLICABLE, str(skip.get("reason", ""))
    else:
        _take_repetitions(plan, cell, boot, outcome)
    return outcome


def complaint(machine: Machine, mode: Mode, status: int, boot: Boot, last_words: str) -> str:
    """Why the boot as a whole went wrong, '' when it did not. Where the exit status of an emulator does not decide, it
    must have told the whole story: the verdict of whoever stands lowest comes last."""
    for error in boot.all("error"):
        return f"{error.get('who', 'somebody')}: {error.get('reason', 'no reason given')}"
    if boot.broken:
        return boot.broken
    for stop in boot.all("stop"):
        if stop.get("reason") not in GOOD_STOPS:
            return f"the hypervisor stopped the guest: {stop.get('reason')}"
    ends = boot.all("end")
    explained = machine.explain_status(status)
    if not ends:
        words = f"; its last words: {last_words}" if last_words else ""
        return f"{explained or 'the machine ended without a verdict'}{words}"
    for end in ends:
        if end.get("status") != "ok":
            reason = str(end.get("reason") or "the guest reported a failure")
            return f"{reason}; its last words: {last_words}" if "panic" in last_words else reason
    if machine.status_decides:
        return explained or ""
    return "" if told_all(mode, boot) else explained or "the machine ended without the hypervisor's verdict"


def told_all(mode: Mode, boot: Boot) -> bool:
    """Whether the records come to their end: the last word is the verdict of whoever stands lowest."""
    return bool(boot.lines) and boot.lines[-1]["type"] == "end" and (mode.native or boot.first("stop") is not None)


def complain_about_setup(mode: Mode, boot: Boot) -> str:
    """Whether every VM was entered under control words that fit the mode's name."""
    records = boot.all("controls")
    if mode.native or (not records and boot.first("machine") is None):
        return ""
    if not records:
        return "the hypervisor has not recorded its control words"
    return next(filter(None, (complain_about_controls(record, mode.cpu, mode.mmu) for record in records)), "")


def _take_repetitions(plan: Plan, cell: Cell, boot: Boot, outcome: Outcome) -> None:
    """Joins the records and counts them: fewer repetitions than asked for are a failure."""
    try:
        outcome.repetitions = join(boot, cell.workload.name, hypervised=not cell.mode.native)
    except RecordError as error:
        outcome.status, outcome.reason = FAILED, str(error)
        return
    measured = sum(not repetition.warmup for repetition in outcome.repetitions)
    wanted = plan.runs_of(cell.workload)
    if measured != wanted:
        outcome.status, outcome.reason = FAILED, f"{measured} repetitions were recorded, {wanted} were asked for"
        outcome.repetitions = []


def add_walks(outcome: Outcome, counts: Path) -> None:
    """Joins what the emulator's plugin counted; without it the boot failed."""
    try:
        take_walks(outcome.repetitions, counts)
    except RecordError as error:
        outcome.status, outcome.reason, outcome.repetitions = FAILED, str(error), []
