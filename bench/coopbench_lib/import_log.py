# SPDX-License-Identifier: GPL-2.0-or-later
"""A result out of captures of a serial line: what was booted by hand on a computer that coopbench cannot start.

Every boot is a start of its row. The unit is a cycle of the time-stamp counter. All boots have to be of one computer,
one kernel and one setting of the switches; what repeats exactly was counted by an emulator, and is refused.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import UsageError
from .machines import MACHINES, hardware
from .modes import MODES
from .outcome import FAILED, NOT_APPLICABLE, OK, Outcome, complaint
from .paths import sha256
from .results import Result, ResultFolder, read_result
from .serial_log import LoggedBoot, read_boots
from .summary import (by_start, join_words, measured, summarise, summarise_exits, summarise_hypercalls,
                      summarise_samples)
from .switches import SWITCHES, defaults, recorded
from .tables import render_markdown
from .workloads import Workload

# What a user can say of the computer, since no kernel of ours does.
SAID = ("cpu", "microcode", "governor", "turbo", "smt", "mitigations")
_CLOCK_PERCENT = 1  # by which a frequency that was measured at boot differs from boot to boot
_MEMORY_PERCENT = 10
_FEWEST_EQUAL = 3


@dataclass(frozen=True)
class Import:
    """What the command line says: captures, the computer's name, and what is known of it."""

    logs: Sequence[Path]
    machine: str
    said: dict[str, str]
    arguments: Sequence[str] = ()


def import_logs(wanted: Import, known: Sequence[Workload], folder: ResultFolder) -> Result:
    """Makes the result. UsageError says which capture is damaged, cut off or of something else; nothing is written
    then."""
    if wanted.machine in {machine.name for machine in MACHINES} or "/" in wanted.machine or not wanted.machine:
        raise UsageError(f"a computer of yours cannot be called '{wanted.machine}': that is one of coopbench's "
                         "machines, or no name")
    boots = [boot for log in wanted.logs for boot in read_boots(log)]
    _refuse_copies(boots)
    about, switches = _computer(boots, wanted.said), _switches(boots)
    machine = hardware(wanted.machine, about["cpu"])
    outcomes = _outcomes(boots, machine, {workload.name for workload in known})
    _refuse_other_work(outcomes)
    _refuse_counts(outcomes)
    run = {"machine": machine.name, "unit": machine.unit, "cpu_model": machine.cpu_model, "run_id": folder.folder.name,
           "emulator": {"name": machine.emulator, "version": "no emulator"}, "guest": _one(boots, "kernel", _kernel),
           "started": datetime.now().astimezone().isoformat(timespec="seconds"), "commit": "unknown",
           "tree_clean": None, "modes": list(dict.fromkeys(outcome.mode for outcome in outcomes)),
           "workloads": list(dict.fromkeys(outcome.workload for outcome in outcomes)), "switches": recorded(switches),
           "params": {}, "environment": about, "boots": len(boots), "arguments": list(wanted.arguments),
           "logs": {str(log): sha256(log) for log in wanted.logs}}
    return _write(run, outcomes, machine, switches, folder)


def _write(run: dict[str, Any], outcomes: list[Outcome], machine, switches: dict[str, str],
           folder: ResultFolder) -> Result:
    folder.create()
    for outcome in outcomes:
        folder.append(outcome)
    rows = summarise(outcomes, machine, recorded(switches), {}, run["run_id"])
    exits, hypercalls, samples = summarise_exits(outcomes), summarise_hypercalls(outcomes), summarise_samples(outcomes)
    folder.write_tables(rows, exits, hypercalls,
                        render_markdown(Result(folder.folder, run, rows, exits, hypercalls, samples)))
    folder.write_samples(samples)
    folder.write_run(run, outcomes)
    return read_result(folder.folder)


def _refuse_copies(boots: list[LoggedBoot]) -> None:
    """One boot that is in two captures would be two starts, and narrow an interval for no reason."""
    seen: dict[str, str] = {}
    for boot in boots:
        text = repr(boot.boot.lines)
        if text in seen:
            raise UsageError(f"{boot.where} is the same as {seen[text]}")
        seen[text] = boot.where


def _outcomes(boots: list[LoggedBoot], machine, known: set[str]) -> list[Outcome]:
    """One for each row, its repetitions numbered by their boot, in the order of the modes; a boot that failed is the
    verdict on its row."""
    found: dict[tuple[str, str], Outcome] = {}
    starts: dict[tuple[str, str], int] = {}
    for boot in boots:
        for workload in boot.workloads:
            if workload not in known:
                raise UsageError(f"{boot.where}: there is no workload '{workload}' ('coopbench workloads' lists them)")
            outcome = _outcome(boot, workload, machine)
            number = starts[outcome.key] = starts.get(outcome.key, 0) + 1
            outcome.repetitions = [replace(repetition, start=number) for repetition in outcome.repetitions]
            before = found.get(outcome.key)
            if before and not before.bad and not outcome.bad:
                outcome.repetitions = before.repetitions + outcome.repetitions
            found[outcome.key] = before if before and before.bad else outcome
    if not any(outcome.repetitions for outcome in found.values()):
        raise UsageError("these captures hold no repetition of a workload that went well")
    order = [mode.name for mode in MODES]
    return sorted(found.values(),
                  key=lambda outcome: order.index(outcome.mode) if outcome.mode in order else len(order))


def _outcome(logged: LoggedBoot, workload: str, machine) -> Outcome:
    boot, mode = logged.boot, logged.mode
    outcome = Outcome(mode.name, workload, OK, machine_record=boot.first("machine"), guest_record=boot.first("guest"),
                      controls_record=boot.first("controls"))
    skip = next((line for line in boot.all("skip") if line.get("workload") == workload), None)
    wrong = complaint(machine, mode, 0, boot, "")
    if wrong:
        outcome.status, outcome.reason = FAILED, f"{wrong} ({logged.where})"
    elif skip:
        outcome.status, outcome.reason = NOT_APPLICABLE, str(skip.get("reason", ""))
    else:
        outcome.repetitions = logged.repetitions(workload)
        if not measured(outcome):
            raise UsageError(f"{logged.where}: of {workload} there are warm-ups only")
    return outcome


def _one(boots: list[LoggedBoot], what: str, get) -> Any:
    """What every boot that says it says alike; None where none does."""
    said = {value: boot for boot in boots if (value := get(boot)) is not None}
    if len(said) > 1:
        (one, first), (other, second) = list(said.items())[:2]
        raise UsageError(f"mixed captures: the {what} is {one} in {first.where}, {other} in {second.where}")
    return next(iter(said), None)


def _kernel(logged: LoggedBoot) -> str | None:
    guest = logged.boot.first("guest")
    return str(guest.get("kernel")) if guest else None


def _cpu(logged: LoggedBoot) -> str | None:
    machine = logged.boot.first("machine")
    return f"{machine.get('cpu')} (family {machine.get('family')}, model {machine.get('model')})" if machine else None


def _switches(boots: list[LoggedBoot]) -> dict[str, str]:
    """The switches that hypervisor and guest say they have; those that nobody says are at their defaults."""
    said = {switch.name: _one(boots, f"switch {switch.name}", lambda boot: _said_by(boot, switch.word))
            for switch in SWITCHES}
    return defaults() | {name: value for name, value in said.items() if value is not None}


def _said_by(logged: LoggedBoot, word: str) -> str | None:
    """The guest says its tick, the hypervisor its own switches and the guest's memory."""
    guest, machine = logged.boot.first("guest") or {}, logged.boot.first("machine") or {}
    switches = machine.get("switches") if isinstance(machine.get("switches"), dict) else {}
    value = guest.get(word) if word == "tick" else switches.get(word)
    return None if value is None else str(value)


def _computer(boots: list[LoggedBoot], said: dict[str, str]) -> dict[str, Any]:
    """What the records say of it, and what the user does; the rest is unknown, and the tables say so."""
    cpu = _one(boots, "CPU", _cpu) or said.get("cpu")
    if not cpu:
        raise UsageError("no hypervisor has written down what the CPU is: say it, by --about cpu=NAME")
    clocks = [(boot, clock) for boot in boots
              if isinstance(clock := (boot.boot.first("machine") or {}).get("tsc_khz"), int)]
    for boot, clock in clocks:
        if abs(clock - clocks[0][1]) * 100 > _CLOCK_PERCENT * clocks[0][1]:
            raise UsageError(f"mixed captures: the time-stamp counter runs at {clocks[0][1]} kHz in "
                             f"{clocks[0][0].where}, at {clock} kHz in {boot.where}")
    sizes = [size for boot in boots if isinstance(size := (boot.boot.first("guest") or {}).get("memory_kib"), int)]
    about = {name: said.get(name, "unknown") for name in SAID} | {"cpu": cpu}
    return about | {"mhz": f"{clocks[0][1] / 1000:.0f}" if clocks else "unknown", "said_by_user": sorted(said),
                    "unequal_memory": _unequal(sizes)}


def _unequal(sizes: list[int]) -> str:
    """The least and the greatest of the kernels' memories, where they are far apart."""
    if not sizes or (max(sizes) - min(sizes)) * 100 <= _MEMORY_PERCENT * max(sizes):
        return ""
    return f"{min(sizes) >> 10} to {max(sizes) >> 10} MiB"


def _refuse_other_work(outcomes: list[Outcome]) -> None:
    """One workload is the same work in every start and mode."""
    seen: dict[str, tuple] = {}
    for outcome in outcomes:
        for repetition in outcome.repetitions:
            work = repetition.ops, repetition.parameters
            if seen.setdefault(outcome.workload, work) != work:
                before = seen[outcome.workload]
                raise UsageError(f"mixed captures: {outcome.workload} is {before[0]} operations with "
                                 f"{join_words(before[1])}, and {work[0]} with {join_words(work[1])}")


def _refuse_counts(outcomes: list[Outcome]) -> None:
    """Where most rows repeat exactly, it is no clock that was read."""
    rows = [by_start(measured(outcome)) for outcome in outcomes if outcome.status == OK]
    judged = [[len(set(start)) == 1 for start in starts if len(start) >= _FEWEST_EQUAL] for starts in rows]
    equal, all_starts = sum(map(sum, judged)), sum(map(len, judged))
    if all_starts and 2 * equal > all_starts:
        raise UsageError(f"{equal} of {all_starts} starts have equal repetitions: these are counts of an emulator, in "
                         "instr and not in cycles ('coopbench run' makes results of those)")
