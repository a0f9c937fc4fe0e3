# SPDX-License-Identifier: GPL-2.0-or-later
"""A publication's figures beside a result's rows: 're-examined with a different artefact'.

What is compared is a ratio on each side, to native or to what the paper compares with, the paper's in its own unit,
ours in the machine's; the two units never meet in one ratio. One rule for every paper says what agrees: the modes come
in the same order; our ratio lies within a factor of two of the published one; and the hypervisor is entered where the
paper says that it is. Exits per operation stand beside, since they are the mechanism.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .modes import find_mode
from .outcome import OK
from .papers import COLUMNS
from .published_rule import Rule, read_rule
from .results import Result
from .summary import Row
from .switches import defaults
from .technology import read_table

BAND = 2.0
_RATES = ("/s", "% of native")
_EXITS, _REFERENCES = "exits/op", "references"
_BUILD = ("machine", "unit", "cpu_model", "emulator", "walks")


@dataclass(frozen=True)
class Pair:
    """One published figure with the one that it is compared with, and our rows of the same, if they were measured."""

    operation: str
    setting: str
    configuration: str
    workload: str
    mode: str
    value: float
    native: float
    unit: str
    digitised: bool
    row: Row | None
    base: Row | None = None
    speed_up: bool = False
    crossing: bool | None = None
    is_mechanism_only: bool = False
    switches: tuple[tuple[str, str], ...] = ()
    base_switches: tuple[tuple[str, str], ...] = ()

    @property
    def published(self) -> float:
        """Cost relative to what it is compared with: of a rate, and of a speed-up, it is the other way round."""
        if self.speed_up or self.unit.endswith(_RATES):
            return self.native / self.value
        return self.value / self.native

    @property
    def ours(self) -> float | None:
        """The same of ours; None where one of the rows is not there, or did other work."""
        row, base = self.row, self.base
        if not row or not base or row.status != OK or base.status != OK or self.is_mechanism_only:
            return None
        if (row.params, row.ops) != (base.params, base.ops) or "no" in (row.repeatable, base.repeatable):
            return None
        values = [self._quantity(each) for each in (row, base)]
        return values[0] / values[1] if all(values) else None

    def _quantity(self, row: Row) -> float | None:
        """What of a row is of the figure's kind."""
        if self.unit == _REFERENCES:
            return row.walk_references_per_op / row.walks_per_op if row.walks_per_op else None
        return row.exits_per_op if self.unit == _EXITS else row.value

    @property
    def within(self) -> bool | None:
        """Whether our ratio lies in the band; None where there is none."""
        return None if not self.ours else max(self.ours / self.published, self.published / self.ours) <= BAND


@dataclass(frozen=True)
class Agreement:
    """How far a publication and ours agree: of how many, by each part of the rule."""

    ratios: tuple[int, int]
    order: tuple[int, int]
    mechanism: tuple[int, int]
    unmeasured: int


@dataclass(frozen=True)
class Wanted:
    """What a row of ours has to be of."""

    mode: str
    workload: str
    switches: dict[str, str]


class Rows:
    """Our rows by what they were measured in. The first result that has a row counts; one that also has what the row is
    compared with comes before it, and two results give a pair only where they are of one machine and of the same
    images."""

    def __init__(self, results: Sequence[Result], machine: str | None) -> None:
        self._results = [result for result in results if machine in (None, result.run.get("machine"))]

    def find_pair(self, wanted: Wanted, base: Wanted) -> tuple[Row | None, Row | None]:
        """The row and the one that it is compared with; None for what there is not."""
        pairs = [(row, self._find_base(result, base)) for result in self._results if (row := _find(result, wanted))]
        without_row = next((found for result in self._results if (found := _find(result, base))), None)
        return next((pair for pair in pairs if pair[1]), pairs[0] if pairs else (None, without_row))

    def _find_base(self, result: Result, base: Wanted) -> Row | None:
        """Of the same result, or else of one that differs from it in switches alone."""
        return next((row for other in (result, *self._results)
                     if (other is result or _is_of_one_build(result, other)) and (row := _find(other, base))), None)


def _find(result: Result, wanted: Wanted) -> Row | None:
    """The row with these switches as told."""
    switches = defaults() | wanted.switches
    for row in result.rows:
        own = defaults() | dict(word.split("=", 1) for word in row.switches.split() if "=" in word)
        if row.key == (wanted.mode, wanted.workload) and all(
                own.get(name) == value for name, value in switches.items()):
            return row
    return None


def _is_of_one_build(result: Result, other: Result) -> bool:
    """Whether a row of one may be divided by a row of the other."""
    shared = result.images.keys() & other.images.keys()
    return (all(result.run.get(name) == other.run.get(name) for name in _BUILD) and bool(shared)
            and all(result.images[name] == other.images[name] for name in shared))


def read_pairs(folder: Path, results: Result | Sequence[Result] | None, rule: Rule | None = None) -> list[Pair]:
    """Every mapped figure that has one to be compared with, of the same operation and setting."""
    rule = rule or read_rule(folder)
    given = [results] if isinstance(results, Result) else list(results or ())
    figures = [row for row in read_table(folder / "figures.csv", COLUMNS)
               if row["workload"] and row["mode"] and rule.counts(row)]
    if rule.walks:
        given = [result for result in given if (result.run.get("walks") or {}).get("tlb") == rule.walks]
    rows = Rows(given, None if len(given) < 2 else rule.machine)
    bases = {_key(row): row for row in figures if rule.is_base(row)}
    return [pair for row in figures if not rule.is_base(row) and float(row["value"]) > 0
            for pair in _pairs_of(row, bases.get(_key(row)), rule, rows)]


def _key(figure: dict[str, str]) -> tuple[str, ...]:
    return figure["workload"], figure["operation"], figure["setting"], figure["unit"]


def _pairs_of(figure: dict[str, str], base: dict[str, str] | None, rule: Rule, rows: Rows) -> list[Pair]:
    """One, or none where there is nothing to compare with. A speed-up is the ratio itself: ours is of the mode with the
    switches and without them."""
    speed_up = figure["where"] in rule.speed_up_in
    if base is None and not speed_up:
        return []
    mode, switches = find_mode(figure["mode"]).name, rule.switches_of(figure["configuration"])
    base_mode = find_mode(base["mode"]).name if base else mode
    base_switches = rule.switches_of((base or {}).get("configuration", "")) or next(
        (words for name, words in rule.switches.items() if name in rule.base_configurations), {})
    row, base_row = rows.find_pair(Wanted(mode, figure["workload"], switches),
                                   Wanted(base_mode, figure["workload"], base_switches))
    return [Pair(figure["operation"], figure["setting"], figure["configuration"], figure["workload"], mode,
                 float(figure["value"]), 1.0 if speed_up else float(base["value"]), figure["unit"],
                 figure["status"] == "digitised", row, base_row, speed_up,
                 rule.crossing(figure["workload"], mode, row.exits_per_op if row and row.status == OK else None),
                 figure["operation"] in rule.mechanism_only, tuple(switches.items()), tuple(base_switches.items()))]


def names(folder: Path) -> list[str]:
    """The publications that have figures."""
    return sorted(path.parent.name for path in folder.glob("*/figures.csv"))


def agree(pairs: list[Pair]) -> Agreement:
    """The counts of each part of the rule."""
    judged = [pair for pair in pairs if pair.within is not None]
    places = {(pair.workload, pair.mode): pair.crossing for pair in pairs if pair.crossing is not None}
    return Agreement((sum(bool(pair.within) for pair in judged), len(judged)), order_of(judged),
                     (sum(places.values()), len(places)),
                     sum(pair.ours is None and pair.crossing is None for pair in pairs))


def order_of(pairs: list[Pair]) -> tuple[int, int]:
    """How many pairs of figures that share an operation come in the published order, what they are compared with
    included; and how many there are."""
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.workload, pair.operation, pair.setting), []).append(pair)
    compared = same = 0
    for group in groups.values():
        for place, one in enumerate(group):
            for other in group[place + 1:]:
                compared += 1
                same += (one.published - other.published) * (one.ours - other.ours) >= 0
        for one in group:  # what it is compared with is 1 on both sides
            compared += 1
            same += (one.published - 1) * (one.ours - 1) >= 0
    return same, compared
