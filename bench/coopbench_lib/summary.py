# SPDX-License-Identifier: GPL-2.0-or-later
"""From repetitions to the rows of table.csv, exits.csv and hypercalls.csv.

value is the median over the measured (not warm-up) repetitions of busy units per operation. Counts per operation are
sums over the measured repetitions, divided by the operations of all of them. Nothing is subtracted anywhere: what the
markers themselves cost is the row nano/empty.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from statistics import median

from .machines import Machine
from .modes import Mode, find_mode
from .outcome import OK, Outcome
from .records import ExitCost, Repetition
from .samples import median_interval, varies
from .walks import walks_per_op


@dataclass
class Row:
    """One row of table.csv, its columns in their order. Numbers that are not there are None."""

    machine: str
    cpu_model: str
    mode: str
    cpu: str
    mmu: str
    io: str
    switches: str
    params: str
    workload: str
    unit: str
    status: str
    ops: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str = ""
    ratio_to_native: float | None = None
    added_per_op: float | None = None
    exits_per_op: float | None = None
    hypercalls_per_op: float | None = None
    repetitions: int = 0
    run_id: str = ""
    ticks: int = 0
    idle_per_op: float | None = None
    injections_per_op: float | None = None
    repeatable: str = "yes"
    reason: str = ""
    bounces_per_op: float | None = None
    walks_per_op: float | None = None
    walk_references_per_op: float | None = None
    nested_references_per_op: float | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.mode, self.workload


@dataclass
class ExitRow:
    """One row of exits.csv. time_share is the reason's part of all busy units of the measured repetitions."""

    mode: str
    workload: str
    reason: str
    count_per_op: float
    min: int
    p50: float
    p99: int
    max: int
    time_share: float


@dataclass
class HypercallRow:
    """One row of hypercalls.csv."""

    mode: str
    workload: str
    hypercall: str
    count_per_op: float


@dataclass
class SampleRow:
    """One row of samples.csv: a measured repetition of a row in which they differ."""

    mode: str
    workload: str
    start: int
    value: float


COLUMNS = [column.name for column in fields(Row)]
EXIT_COLUMNS = [column.name for column in fields(ExitRow)]
HYPERCALL_COLUMNS = [column.name for column in fields(HypercallRow)]
SAMPLE_COLUMNS = [column.name for column in fields(SampleRow)]


def join_words(table: dict[str, object]) -> str:
    """A table as the columns 'switches' and 'params' hold it: name=value, sorted, separated by blanks."""
    return " ".join(f"{name}={value}" for name, value in sorted(table.items()))


def summarise(outcomes: Iterable[Outcome], machine: Machine, switches: dict[str, str], requested: dict[str, str],
              run_id: str) -> list[Row]:
    """One row per outcome, in their order; ratio and added units where native's row is there and ok."""
    rows = []
    for outcome in outcomes:
        mode = find_mode(outcome.mode)
        row = Row(machine.name, machine.cpu_model, mode.name, mode.cpu, mode.mmu, mode.io, join_words(switches),
                  join_words(requested), outcome.workload, machine.unit, outcome.status, run_id=run_id,
                  repeatable="yes" if outcome.repeatable else "no", reason=outcome.reason)
        if outcome.status == OK:
            fill(row, mode, measured(outcome))
        rows.append(row)
    _set_beside_native(rows)
    return rows


def measured(outcome: Outcome) -> list[Repetition]:
    """The repetitions that count: warm-ups do not."""
    return [repetition for repetition in outcome.repetitions if not repetition.warmup]


def fill(row: Row, mode: Mode, repetitions: list[Repetition]) -> None:
    """The numbers of a row that repetitions alone give."""
    values = [repetition.busy / repetition.ops for repetition in repetitions]
    operations = sum(repetition.ops for repetition in repetitions)
    row.ops = repetitions[0].ops
    row.params = join_words(repetitions[0].parameters)
    row.value, row.low, row.high = (_rounded(number) for number in (median(values), min(values), max(values)))
    row.interval = "exact" if len(values) > 1 and min(values) == max(values) else "min-max"
    if varies(row.unit) and len(values) > 1:
        row.low, row.high = (_rounded(number) for number in median_interval(by_start(repetitions)))
        row.interval = "ci95"
    row.repetitions = len(repetitions)
    row.ticks = sum(repetition.ticks > 0 for repetition in repetitions)
    row.idle_per_op = _rounded(sum(repetition.idle for repetition in repetitions) / operations)
    for name in ("walks", "references", "nested_references"):
        count = walks_per_op(repetitions, name)
        setattr(row, f"{'walk_' if name == 'references' else ''}{name}_per_op",
                None if count is None else _rounded(count))
    if mode.native:
        return
    regions = [repetition.region for repetition in repetitions]
    row.exits_per_op = _rounded(sum(region.exit_count for region in regions) / operations)
    row.hypercalls_per_op = _rounded(sum(region.hypercall_count for region in regions) / operations)
    row.bounces_per_op = _rounded(sum(region.bounce_count for region in regions) / operations)
    row.injections_per_op = _rounded(sum(region.injections for region in regions) / operations)


def by_start(repetitions: list[Repetition]) -> list[list[float]]:
    """Busy units per operation of repetitions that count, in groups by the start that they come from."""
    starts: dict[int, list[float]] = {}
    for repetition in repetitions:
        starts.setdefault(repetition.start, []).append(repetition.busy / repetition.ops)
    return list(starts.values())


def summarise_samples(outcomes: Iterable[Outcome]) -> list[SampleRow]:
    """The repetitions of the rows in which they differ, warm-ups aside."""
    rows = []
    for outcome in outcomes:
        found = [SampleRow(outcome.mode, outcome.workload, repetition.start, _rounded(repetition.busy / repetition.ops))
                 for repetition in measured(outcome)]
        rows += found if len({row.value for row in found}) > 1 else []
    return rows


def _set_beside_native(rows: list[Row]) -> None:
    """Fills ratio_to_native and added_per_op. Both need the same work: the same parameters and operations. A native row
    in which the emulator's own device took part is no measure for another: part of that work is outside the count."""
    native = {row.workload: row for row in rows
              if row.mode == "native" and row.status == OK and row.repeatable == "yes"}
    for row in rows:
        set_beside(row, native.get(row.workload))


def set_beside(row: Row, base: Row | None) -> None:
    """A row's ratio and added units over those of another that did the same work."""
    if base is None or row.status != OK or base.status != OK or (base.params, base.ops) != (row.params, row.ops):
        return
    row.added_per_op = _rounded(row.value - base.value)
    row.ratio_to_native = _rounded(row.value / base.value) if base.value else None


def summarise_exits(outcomes: Iterable[Outcome]) -> list[ExitRow]:
    """Exits by mode, workload and reason; the reason that costs most of a workload comes first."""
    rows = []
    for outcome in outcomes:
        repetitions = [repetition for repetition in measured(outcome) if repetition.region]
        busy = sum(repetition.busy for repetition in repetitions)
        operations = sum(repetition.ops for repetition in repetitions)
        reasons = sorted({reason for repetition in repetitions for reason in repetition.region.exits})
        group = []
        for reason in reasons:
            costs = [repetition.region.exits[reason] for repetition in repetitions
                     if reason in repetition.region.exits and repetition.region.exits[reason].count]
            if costs:
                group.append(_exit_row(outcome, reason, costs, operations, busy))
        rows += sorted(group, key=lambda row: (-row.time_share, row.reason))
    return rows


def _exit_row(outcome: Outcome, reason: str, costs: list[ExitCost], operations: int, busy: int) -> ExitRow:
    """p50 is the median of the regions' medians, p99 the greatest of theirs: the records hold no more."""
    return ExitRow(outcome.mode, outcome.workload, reason, _rounded(sum(cost.count for cost in costs) / operations),
                   min(cost.minimum for cost in costs), median(cost.p50 for cost in costs),
                   max(cost.p99 for cost in costs), max(cost.maximum for cost in costs),
                   _rounded(sum(cost.total for cost in costs) / busy) if busy else 0.0)


def summarise_hypercalls(outcomes: Iterable[Outcome]) -> list[HypercallRow]:
    """Hypercalls by mode, workload and name."""
    rows = []
    for outcome in outcomes:
        regions = [repetition.region for repetition in measured(outcome) if repetition.region]
        operations = sum(repetition.ops for repetition in measured(outcome))
        for name in sorted({name for region in regions for name in region.hypercalls}):
            count = sum(region.hypercalls.get(name, 0) for region in regions)
            rows.append(HypercallRow(outcome.mode, outcome.workload, name, _rounded(count / operations)))
    return rows


def _rounded(number: float) -> float | int:
    """At most six decimals, and an integer where it is one: equal counts give equal text."""
    rounded = round(number, 6)
    return int(rounded) if rounded == int(rounded) else rounded
