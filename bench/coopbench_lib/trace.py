# SPDX-License-Identifier: GPL-2.0-or-later
"""The exit trace of one repetition: its crossings as CSV, side by side by reason, and as lanes of a timeline.

The figures come from a run without the trace; the order and the places of the crossings from a second one with it,
whose crossings cost a little more. Both have the same crossings, or the difference is told.
"""
from __future__ import annotations

import csv
import subprocess
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .modes import Mode, find_mode
from .outcome import Outcome
from .paths import Paths
from .records import Crossing, Repetition
from .summary import measured
from .tables import added, amount, columns

ENTRIES = 1 << 17
# The hypercalls of abi.h by number, as hv-core's records call them.
HYPERCALLS = ("version", "mmu_batch", "root", "traps", "return", "segment_base", "fpu", "debug_register", "upcall",
              "timer",
              "block", "yield", "stop", "queue", "kick", "write", "memory")
_HYPERCALL_FIRST = 0x100
_USER_END = 1 << 47
CSV_COLUMNS = ("number", "at", "reason", "what", "rip", "function", "detail", "argument", "cost", "idle")


@dataclass(frozen=True)
class Lane:
    """One mode's repetition. 'plain' is that without the trace; the crossings of the bare machine are none."""

    mode: Mode
    plain: Repetition
    traced: Repetition
    crossings: list[Crossing]

    @property
    def span(self) -> int:
        """Units from begin to end, with the trace on."""
        return self.traced.region.tsc if self.traced.region else self.traced.tsc

    @property
    def lost(self) -> int:
        """Crossings that the ring had no room for."""
        return self.traced.region.exit_count - len(self.crossings) if self.traced.region else 0

    @property
    def trace_cost(self) -> float | None:
        """What the trace adds to one crossing."""
        if not self.traced.region or not self.plain.region or not self.traced.region.exit_count:
            return None
        return (self.traced.busy - self.plain.busy) / self.traced.region.exit_count


def make_lane(plain: Outcome, traced: Outcome) -> Lane:
    """The first measured repetition of both."""
    repetition = measured(traced)[0]
    return Lane(find_mode(plain.mode), measured(plain)[0], repetition, repetition.crossings)


def hypercall_name(number: int) -> str:
    """A hypercall as people call it."""
    index = number - _HYPERCALL_FIRST
    return HYPERCALLS[index] if 0 <= index < len(HYPERCALLS) else f"{number:#x}"


def what(crossing: Crossing) -> str:
    """A crossing in words: its reason, and what it is about."""
    detail = crossing.detail
    if crossing.reason == "hypercall":
        return f"hypercall {hypercall_name(detail)}" + (f" of {crossing.argument}" if detail == 0x101 else "")
    if crossing.reason == "port_io":
        return f"{'out' if detail >> 16 & 1 else 'in'} port {detail & 0xffff:#x}"
    if crossing.reason in ("cr_access", "dr_access"):
        register = f"{crossing.reason[:2]}{detail & 0xff}"
        return f"mov to {register}" if detail >> 16 & 1 else f"mov from {register}"
    if crossing.reason in ("page_fault", "nested_fault"):
        return f"{crossing.reason} at {detail:#x}"
    if crossing.reason in ("cpuid", "msr_read", "msr_write"):
        return f"{crossing.reason} {detail:#x}"
    return f"exception {detail}" if crossing.reason == "exception" else crossing.reason


def kind(crossing: Crossing) -> str:
    """What crossings are counted by: the reason; a hypercall's name; the register."""
    if crossing.reason == "hypercall":
        return f"hypercall {hypercall_name(crossing.detail)}"
    if crossing.reason in ("cr_access", "dr_access"):
        return what(crossing)
    return crossing.reason


class Symbols:
    """Names of the guest kernel's functions by address, where its image and 'nm' are there."""

    def __init__(self, image: Path) -> None:
        self._starts: list[int] = []
        self._names: list[str] = []
        try:
            text = subprocess.run(["nm", "-n", "--defined-only", image], capture_output=True, text=True,
                                  timeout=30).stdout
        except (OSError, subprocess.TimeoutExpired):
            text = ""
        for start, letter, name in (line.split(None, 2) for line in text.splitlines() if line.count(" ") >= 2):
            if letter in "tTwW":
                self._starts.append(int(start, 16))
                self._names.append(name)

    def name(self, address: int) -> str:
        """The function at an address; 'user' below the kernel's half, '' where nobody knows (0: it was not noted)."""
        if not address:
            return ""
        if address < _USER_END:
            return "user"
        place = bisect_right(self._starts, address) - 1
        return self._names[place] if place >= 0 else ""


def guest_symbols(paths: Paths) -> Symbols:
    """Those of the guest kernel as it was linked."""
    return Symbols(paths.build / "guest-coop/guest-coop.elf")


def write_csv(lane: Lane, path: Path, symbols: Symbols) -> None:
    """Every crossing, one a line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        for number, crossing in enumerate(lane.crossings, lane.lost):
            writer.writerow((number, crossing.at, crossing.reason, what(crossing), f"{crossing.rip:#x}",
                             symbols.name(crossing.rip), crossing.detail, crossing.argument, crossing.cost,
                             crossing.idle))


def kinds(lanes: list[Lane]) -> list[str]:
    """All kinds of crossings, the most frequent first."""
    counts: Counter[str] = Counter()
    for lane in lanes:
        counts.update(kind(crossing) for crossing in lane.crossings)
    return [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def render_lanes(lanes: list[Lane], unit: str) -> str:
    """The modes side by side: the whole, the hypervisor's part, and how often each kind of crossing occurs."""
    native = next((lane.plain.busy for lane in lanes if lane.mode.native), None)
    counts = [Counter(kind(crossing) for crossing in lane.crossings) for lane in lanes]
    lines = [(f"{unit} in all", *(amount(lane.plain.busy) for lane in lanes))]
    if native is not None:
        lines.append(("added to native", *("-" if lane.mode.native else added(lane.plain.busy - native)
                                           for lane in lanes)))
    lines.append((f"{unit} in the hypervisor", *("-" if not lane.plain.region else amount(lane.plain.region.hypervisor)
                                                 for lane in lanes)))
    lines.append(("crossings", *("-" if not lane.plain.region else amount(lane.plain.region.exit_count)
                                 for lane in lanes)))
    for name in kinds(lanes):
        lines.append((f"  {name}", *("-" if lane.mode.native else amount(count[name]) for lane, count in zip(lanes,
                                                                                                             counts))))
    text = columns(("", *(lane.mode.name for lane in lanes)), lines, left=1)
    return text + "".join(f"{line}\n" for line in _remarks(lanes, unit))


def _remarks(lanes: list[Lane], unit: str) -> list[str]:
    """What the trace itself costs, and what it lost."""
    costs = [(lane.mode.name, lane.trace_cost) for lane in lanes if lane.trace_cost is not None]
    lines = []
    if costs:
        lines.append(f"The trace adds {unit} to each crossing, in the picture and the CSV only: "
                     + ", ".join(f"{name} {cost:.0f}" for name, cost in costs) + ".")
    for lane in lanes:
        if lane.lost > 0:
            lines.append(f"{lane.mode.name}: the first {lane.lost:,} crossings were lost; give --set trace=N a greater "
                         "N.")
        if lane.plain.region and lane.traced.region and lane.plain.region.exit_count != lane.traced.region.exit_count:
            lines.append(f"{lane.mode.name}: {lane.plain.region.exit_count:,} crossings without the trace, "
                         f"{lane.traced.region.exit_count:,} with it.")
    return lines
