# SPDX-License-Identifier: GPL-2.0-or-later
"""What a boot writes on its second serial line: parsed, joined and checked (bench/RECORDS.md has the format).

A repetition comes from the workload, a region from the hypervisor; they meet by the region's number. All costs are
in the machine's unit (steps of the time-stamp counter).
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .errors import RecordError

PREFIX = "@coop "


@dataclass(frozen=True)
class ExitCost:
    """The exits of one reason in one region: how many, and what they cost."""

    count: int
    total: int
    minimum: int
    p50: int
    p99: int
    maximum: int


@dataclass(frozen=True)
class Region:
    """What the hypervisor saw between the two markers of one repetition."""

    number: int
    tsc: int
    guest: int
    hypervisor: int
    idle: int
    injections: int
    exits: dict[str, ExitCost]
    hypercalls: dict[str, int]
    raw: dict[str, Any] = field(compare=False, repr=False)

    @property
    def exit_count(self) -> int:
        return sum(cost.count for cost in self.exits.values())

    @property
    def hypercall_count(self) -> int:
        return sum(self.hypercalls.values())

    @property
    def bounce_count(self) -> int:
        """Crossings that went from guest user mode straight back into the guest's kernel, or to itself."""
        return sum(cost.count for reason, cost in self.exits.items() if reason.endswith("_bounce"))


@dataclass(frozen=True)
class Crossing:
    """One exit in a traced region: when it came (units since the region's begin), why, where, what about, what it
    cost."""

    at: int
    reason: str
    rip: int
    detail: int
    argument: int
    cost: int
    idle: int

    @property
    def end(self) -> int:
        """When the guest went on."""
        return self.at + self.cost + self.idle


@dataclass(frozen=True)
class Repetition:
    """One measured repetition. 'guest_idle' is what the guest kernel counts as idle, from its own HLT to its resume.
    'start' numbers the boots that a row was measured in, from 1, where there are several."""

    workload: str
    region_number: int
    index: int
    warmup: bool
    ops: int
    tsc: int
    guest_idle: int
    ticks: int
    parameters: dict[str, Any]
    region: Region | None
    raw: dict[str, Any] = field(compare=False, repr=False)
    trace: list[list] = field(default_factory=list, compare=False, repr=False)
    start: int = field(default=0, compare=False)

    @property
    def crossings(self) -> list[Crossing]:
        """The traced crossings; none where the trace was off."""
        return [Crossing(*entry) for entry in self.trace]

    @property
    def idle(self) -> int:
        """Units in which nobody had work: the hypervisor's account where there is one."""
        return self.region.idle if self.region else self.guest_idle

    @property
    def busy(self) -> int:
        """Units of work, the hypervisor's included."""
        return self.tsc - self.idle


@dataclass
class Boot:
    """All records of one boot, each kind in its place, in the order in which they were written."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    broken: str | None = None

    def first(self, kind: str) -> dict[str, Any] | None:
        """The first record of a type, or None."""
        return next((line for line in self.lines if line["type"] == kind), None)

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]


def parse(text: str) -> Boot:
    """Reads the lines that begin with '@coop '. The first that is no record is told in 'broken', the rest is read."""
    boot = Boot()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith(PREFIX):
            continue
        try:
            record = json.loads(line[len(PREFIX):])
        except ValueError:
            record = None
        if isinstance(record, dict) and isinstance(record.get("type"), str):
            boot.lines.append(record)
        elif boot.broken is None:
            boot.broken = f"line {number} of the records is broken: {line[:60].strip()}"
    return boot


def join(boot: Boot, workload: str, hypervised: bool) -> list[Repetition]:
    """The repetitions of a boot with their regions; RecordError when any of them is no valid measurement."""
    regions: dict[int, Region] = {}
    for line in boot.all("region"):
        region = read_region(line)
        if region.number in regions:
            raise RecordError(f"region {region.number} was recorded twice")
        regions[region.number] = region
    traces = read_traces(boot.all("trace"))
    repetitions = [read_repetition(line, regions.get(number), traces.get(number))
                   for line in boot.all("repetition") for number in (read_count(line, "region"),)]
    for repetition in repetitions:
        check_repetition(repetition, workload, hypervised)
    return repetitions


def check_repetition(repetition: Repetition, workload: str, hypervised: bool) -> None:
    """RecordError: what must hold between a repetition, its region and what was asked for does not."""
    name = f"repetition {repetition.index}"
    if repetition.workload != workload:
        raise RecordError(f"{name} is of workload {repetition.workload}")
    if hypervised and repetition.region is None:
        raise RecordError(f"{name} has no region record (region {repetition.region_number})")
    if repetition.region and repetition.tsc > repetition.region.tsc:
        raise RecordError(f"{name} took {repetition.tsc}, but its region only {repetition.region.tsc}")
    if repetition.ops < 1:
        raise RecordError(f"{name} did {repetition.ops} operations")
    if repetition.busy < 0:
        raise RecordError(f"{name} was idle for {repetition.idle} of {repetition.tsc}")


def read_traces(lines: list[dict[str, Any]]) -> dict[int, list[list]]:
    """The crossings of each traced region, those of its several lines behind one another."""
    traces: dict[int, list[list]] = {}
    for line in lines:
        crossings = line.get("crossings")
        if not isinstance(crossings, list) or not all(_is_crossing(entry) for entry in crossings):
            raise RecordError("a trace record holds something that is no crossing")
        traces.setdefault(read_count(line, "region"), []).extend(crossings)
    return traces


def _is_crossing(entry: Any) -> bool:
    return (isinstance(entry, list) and len(entry) == 7 and isinstance(entry[1], str)
            and all(isinstance(number, int) and number >= 0 for number in entry[:1] + entry[2:]))


def read_repetition(line: dict[str, Any], region: Region | None, trace: list[list] | None = None,
                    start: int = 0) -> Repetition:
    """A repetition record as a Repetition."""
    parameters = line.get("params", {})
    if not isinstance(parameters, dict) or not isinstance(line.get("workload"), str):
        raise RecordError("a repetition record lacks its workload or parameters")
    return Repetition(line["workload"], read_count(line, "region"), read_count(line, "repetition"),
                      bool(line.get("warmup", False)), read_count(line, "ops"), read_count(line, "tsc"),
                      _counted(line, "idle"), _counted(line, "ticks"), parameters, region, line, trace or [], start)


def read_region(line: dict[str, Any]) -> Region:
    """A region record as a Region; the invariant guest + hypervisor + idle = tsc is checked here."""
    exits = {str(reason): _read_cost(cost) for reason, cost in _table(line, "exits").items()}
    calls = _table(line, "hypercalls")
    region = Region(*(read_count(line, name) for name in ("region", "tsc", "guest", "hypervisor", "idle",
                                                          "injections")), exits,
                    {name: read_count(calls, name) for name in calls}, line)
    total = region.guest + region.hypervisor + region.idle
    if total != region.tsc:
        raise RecordError(f"region {region.number}: guest {region.guest} + hypervisor {region.hypervisor} + idle "
                          f"{region.idle} = {total}, but the counter advanced by {region.tsc}")
    return region


def _read_cost(cost: Any) -> ExitCost:
    if not isinstance(cost, dict):
        raise RecordError("a region record has an exit reason without its costs")
    return ExitCost(*(read_count(cost, name) for name in ("count", "total", "min", "p50", "p99", "max")))


def _table(line: dict[str, Any], name: str) -> dict[str, Any]:
    value = line.get(name, {})
    if not isinstance(value, dict):
        raise RecordError(f"'{name}' of a {line.get('type', 'region')} record is no table")
    return value


def _counted(line: dict[str, Any], name: str) -> int:
    """A count that only guest-coop takes: under another kernel the record is without it."""
    return read_count(line, name) if name in line else 0


def read_count(line: dict[str, Any], name: str) -> int:
    """A count of a record: an integer, not negative."""
    value = line.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RecordError(f"'{name}' of a record is {value!r}, not a count")
    return value
