# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares two results of the same machine: what became dearer, what cheaper, what is equal to the instruction."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from .compare_samples import Judged, judge_pair, render_judged
from .errors import UsageError
from .outcome import OK
from .reference import change_percent, differing_images, equal_counts, row_unit
from .results import Result
from .samples import varies
from .summary import Row
from .tables import added, amount, columns

_MUST_BE_EQUAL = ("kind", "machine", "unit", "cpu_model", "switches")


@dataclass
class Comparison:
    """Rows that both results have, and remarks on those that only one has."""

    before: Result
    after: Result
    pairs: list[tuple[Row, Row]]
    remarks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @cached_property
    def judged(self) -> list[Judged]:
        """The pairs with the verdict on chance; none where counts repeat exactly."""
        if not varies(self.before.run["unit"]):
            return []
        return [judge_pair(self.before, self.after, *pair) for pair in self.pairs]

    def regressions(self, percent: float) -> list[str]:
        """What became dearer by more than 'percent', by more than chance where figures vary, and what worked before and
        does not now."""
        if self.judged:
            return [f"{pair.after.mode} {pair.after.workload} {pair.change:+.2f}%" for pair in self.judged
                    if pair.significant and pair.change > percent] + self.broken
        return [f"{after.mode} {after.workload} {change_percent(after, before):+.2f}%" for before, after in self.pairs
                if change_percent(after, before) > percent] + self.broken


def compare(before: Result, after: Result) -> Comparison:
    """Pairs the rows; UsageError when the results cannot be compared at all."""
    for name in _MUST_BE_EQUAL:
        if before.run.get(name) != after.run.get(name):
            raise UsageError(f"these results cannot be compared: {name} is {_shown(before.run.get(name))} in "
                             f"{before.folder}, {_shown(after.run.get(name))} in {after.folder}" + _hint(name))
    comparison = Comparison(before, after, [])
    rows_after = {row.key: row for row in after.rows}
    for row in before.rows:
        _pair(comparison, row, rows_after.pop(row.key, None))
    comparison.remarks += [f"{row.mode} {row.workload}: only in {after.folder}" for row in rows_after.values()]
    if not comparison.pairs and not comparison.broken:
        raise UsageError("these results cannot be compared: they have no measured row in common")
    return comparison


def _hint(name: str) -> str:
    return " ('coopbench table' puts several machines side by side)" if name in ("machine", "unit") else ""


def _shown(value: object) -> str:
    return (" ".join(f"{name}={word}" for name, word in value.items()) or "none" if isinstance(value, dict)
            else str(value or "none"))


def _pair(comparison: Comparison, row: Row, other: Row | None) -> None:
    """Puts a row of 'before' beside its row of 'after', or says why not; other work under one name is refused."""
    name = f"{row.mode} {row.workload}"
    if other is None:
        comparison.remarks.append(f"{name}: only in {comparison.before.folder}")
    elif row.status != OK:
        if other.status != row.status:
            comparison.remarks.append(f"{name}: was {row.status}, is {other.status}")
    elif other.status != OK:
        comparison.broken.append(f"{name} was ok, is {other.status}")
    elif (row.params, row.ops) != (other.params, other.ops):
        raise UsageError(f"these results cannot be compared: {name} is {row.ops} operations with [{row.params}] in "
                         f"{comparison.before.folder}, {other.ops} with [{other.params}] "
                         f"in {comparison.after.folder}")
    elif "no" in (row.repeatable, other.repeatable) and not varies(row.unit):
        comparison.remarks.append(f"{name}: not compared, a device outside the count takes part in it")
    else:
        comparison.pairs.append((row, other))


def render_comparison(comparison: Comparison) -> str:
    """The rows that differ, then how many are equal, then what stands in one result only."""
    pairs = comparison.pairs
    if comparison.judged:
        return render_judged(comparison.judged) + "".join(f"{line}\n"
                                                          for line in comparison.broken + comparison.remarks)
    unequal = [(before, after) for before, after in pairs if not equal_counts(before, after)]
    text = ""
    if unequal:
        heads = ("mode", "workload", "before", "after", "change", "%", "exits/op before", "after")
        text += columns(heads, [_line(before, after) for before, after in unequal], left=2) + "\n"
    changed = differing_images(comparison.after, comparison.before)
    text += f"{len(pairs) - len(unequal)} of {len(pairs)} rows equal" + (f" to the {row_unit(pairs)}" if pairs else "")
    text += f"; images differ: {', '.join(changed)}\n" if changed else "; same images\n"
    return text + "".join(f"{line}\n" for line in comparison.broken + comparison.remarks)


def _line(before: Row, after: Row) -> tuple[str, ...]:
    """One row that differs; where the median is equal, it is the spread or the crossings."""
    return (after.mode, after.workload, amount(before.value), amount(after.value), added(after.value - before.value),
            f"{change_percent(after, before):+.2f}", amount(before.exits_per_op), amount(after.exits_per_op))
