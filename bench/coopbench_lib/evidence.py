# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a switch was active: told by what happened in the measured regions, not by what was asked for."""
from __future__ import annotations

from collections.abc import Callable, Iterable

from .modes import Mode, find_mode
from .outcome import OK, Outcome
from .records import Region, Repetition
from .summary import measured
from .switches import SWITCHES


def _batch(mode: Mode, regions: list[Region]) -> str:
    """The sizes of batches, in steps of two."""
    sizes: dict[str, int] = {}
    for region in regions:
        for size, count in (region.raw.get("batches") or {}).items():
            sizes[size] = sizes.get(size, 0) + count
    if mode.mmu != "direct":
        return ""
    if not sizes:
        return "no batch"
    largest = max(sizes, key=lambda size: int(size.partition("-")[0]))
    return f"{sum(sizes.values())} batches, the largest of {largest.replace('-', ' to ')}"


def _cr3cache(mode: Mode, regions: list[Region]) -> str:
    """Loads of the base pointer by the guest itself, and those that exited."""
    if (mode.cpu, mode.mmu) != ("vt", "direct"):
        return ""
    loads = sum(region.raw.get("cr3_loads") or 0 for region in regions)
    exits = sum(region.exits["cr_access"].count for region in regions if "cr_access" in region.exits)
    return f"{max(0, loads - exits)} of {loads} loads of the base pointer without an exit" if loads else \
        "no load of the base pointer but by hypercall"


def _cluster(mode: Mode, regions: list[Region]) -> str:
    """Instructions that were carried out behind an exit, and the exits that this saved."""
    counts = [region.raw["cluster"] for region in regions if region.raw.get("cluster")]
    if not counts:
        return ""
    visits, emulated, saved = (sum(count.get(name, 0) for count in counts) for name in ("visits", "emulated", "saved"))
    return f"{emulated} instructions carried out behind {visits} exits, which saved {saved}"


def _unsync(mode: Mode, regions: list[Region]) -> str:
    """Without it every write to a page table is a page fault."""
    faults = sum(region.exits["page_fault"].count for region in regions if "page_fault" in region.exits)
    return f"{faults} page faults" if mode.mmu == "shadow" else ""


def _sum(regions: list[Region], name: str) -> int:
    """Of a hypercall."""
    return sum(region.hypercalls.get(name, 0) for region in regions)


def _eoi(mode: Mode, regions: list[Region]) -> str:
    """Upcalls, and the hypercalls at their ends."""
    upcalls = sum((region.raw.get("events") or {}).get("upcalls", 0) for region in regions)
    return f"{upcalls} upcalls, {_sum(regions, 'upcall_end')} told their end by hypercall" if mode.io == "queue" else ""


def _clock(mode: Mode, regions: list[Region]) -> str:
    """Reads of the clock in memory, and by hypercall."""
    reads = sum(region.raw.get("clock_reads") or 0 for region in regions)
    return f"clock read {reads} times in memory, {_sum(regions, 'clock')} times by hypercall" if mode.io == "queue" \
        else ""


def _poll(mode: Mode, regions: list[Region]) -> str:
    """Times that the idle guest looked for events, with what success, and times that it halted."""
    polls, awaited = (sum(region.raw.get(name) or 0 for region in regions) for name in ("polls", "polls_awaited"))
    return f"{polls} polls, {awaited} met an event; {_sum(regions, 'block')} halts" if mode.io == "queue" else ""


def _lazy(repetitions: list[Repetition]) -> str:
    """Counted by the guest's kernel, so natively too."""
    loads, switches = (sum(repetition.raw.get(name, 0) for repetition in repetitions)
                       for name in ("fpu_loads", "context_switches"))
    return f"{loads} loads at first use, in {switches} context switches"


def _touched(mode: Mode, regions: list[Region]) -> str:
    """Nested pages that a region used at most, by size, of how many; flushes of them and changes of their size."""
    counts = [region.raw["nested"] for region in regions if "touched" in (region.raw.get("nested") or {})]
    if mode.mmu != "nested" or not counts:
        return ""
    used = ", ".join(f"{max(count['touched'][size] for count in counts)} of {counts[-1]['pages'][size]} pages of {name}"
                     for size, name in (("1g", "1 GiB"), ("2m", "2 MiB"), ("4k", "4 KiB")) if counts[-1]["pages"][size])
    flushes, splits, joined = (sum(count[name] for count in counts) for name in ("flushes", "splits", "joined"))
    return f"{used} touched; {flushes} flushes, {splits} splits, {joined} joined"


def _tick(mode: Mode, regions: list[Region]) -> str:
    return f"{sum(region.injections for region in regions)} injections"


def _pmu(mode: Mode, regions: list[Region]) -> str:
    """Events counted for guest and hypervisor; the machine's record says why where there are no counters."""
    sums: dict[str, list[int]] = {}
    for region in regions:
        for count in region.raw.get("pmu") or []:
            both = sums.setdefault(count["event"], [0, 0])
            both[0] += count["guest"]
            both[1] += count["hypervisor"]
    return "; ".join(f"event {event}: {guest} in the guest, {hypervisor} in the hypervisor"
                     for event, (guest, hypervisor) in sums.items()) or "no PMU: nothing was counted"


# What host and guest do together: on or off, its counts stand in every result.
_COOPERATIVE = ("batch", "cr3cache", "eoi", "clock", "poll")

_SHOWN: dict[str, Callable[[Mode, list[Region]], str]] = {
    "batch": _batch, "cr3cache": _cr3cache, "cluster": _cluster, "unsync": _unsync, "eoi": _eoi, "clock": _clock,
    "poll": _poll, "touched": _touched, "pmu": _pmu, "tick": _tick}


def _happened(name: str, mode: Mode, repetitions: list[Repetition], regions: list[Region]) -> str:
    if name == "around":
        faults = sum(repetition.raw.get("page_faults", 0) for repetition in repetitions)
        return f"{faults} page faults" if repetitions else ""
    if name == "lazy":
        return _lazy(repetitions) if repetitions else ""
    return _SHOWN[name](mode, regions) if regions else ""


def shown_active(outcomes: Iterable[Outcome], switches: dict[str, str]) -> dict[str, dict[str, str]]:
    """For each switch that is not at its default, and each 'mode workload' that it acts on: what happened."""
    shown = {*_SHOWN, "lazy", "around"}
    chosen = [switch for switch in SWITCHES if switches[switch.name] != switch.default and switch.name in shown]
    found: dict[str, dict[str, str]] = {}
    for outcome in outcomes:
        repetitions = measured(outcome) if outcome.status == OK else []
        regions = [repetition.region for repetition in repetitions if repetition.region]
        for switch in chosen:
            text = _happened(switch.name, find_mode(outcome.mode), repetitions, regions)
            if text:
                found.setdefault(f"{switch.name}={switches[switch.name]}",
                                 {})[f"{outcome.mode} {outcome.workload}"] = text
    return found


def features_by_counts(outcomes: Iterable[Outcome], switches: dict[str, str]) -> dict[str, dict[str, str]]:
    """For each mode, each cooperative feature that it could have: what was counted of it in all of the mode's rows."""
    regions: dict[str, list[Region]] = {}
    for outcome in outcomes:
        if outcome.status == OK:
            regions.setdefault(outcome.mode, []).extend(
                repetition.region for repetition in measured(outcome) if repetition.region)
    texts = {mode: {f"{name}={switches[name]}": _SHOWN[name](find_mode(mode), of_mode) for name in _COOPERATIVE}
             for mode, of_mode in regions.items() if of_mode and mode != "native"}
    found = {mode: {switch: text for switch, text in of_mode.items() if text} for mode, of_mode in texts.items()}
    return {mode: of_mode for mode, of_mode in found.items() if of_mode}
