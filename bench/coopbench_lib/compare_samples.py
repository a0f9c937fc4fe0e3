# SPDX-License-Identifier: GPL-2.0-or-later
"""Two results whose figures vary, row by row: a change is one only where chance alone does not make it.

Mann and Whitney's U over the medians of the starts of both (over the repetitions of both, where either has few starts);
where a result came without them, whether the intervals overlap.
"""
from __future__ import annotations

from dataclasses import dataclass

from .reference import change_percent
from .results import Result
from .samples import SIGNIFICANT, comparable_draws, doubts, mann_whitney
from .summary import Row
from .tables import added, amount, columns


@dataclass(frozen=True)
class Judged:
    """A pair of rows. 'p' is None where there are no repetitions to test."""

    before: Row
    after: Row
    p: float | None
    significant: bool
    doubts: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        return change_percent(self.after, self.before)


def judge_pair(before: Result, after: Result, row: Row, other: Row) -> Judged:
    """Whether a row changed. Equal medians have not changed, whatever else did."""
    samples = [result.groups(row.mode, row.workload) for result in (before, after)]
    if all(samples):
        p = mann_whitney(*comparable_draws(*samples))
        warnings = tuple(dict.fromkeys(doubt for groups in samples for doubt in doubts(groups)))
        return Judged(row, other, p, p < SIGNIFICANT and row.value != other.value, warnings)
    apart = row.high < other.low or other.high < row.low
    return Judged(row, other, None, apart, ("without repetitions: judged by whether the intervals overlap",))


def render_judged(pairs: list[Judged]) -> str:
    """Every pair, the insignificant ones with '~' in place of a change; then what is doubtful."""
    lines = []
    for pair in pairs:
        change = f"{pair.change:+.2f}" if pair.significant else "~"
        lines.append((pair.after.mode, pair.after.workload, amount(pair.before.value), _interval(pair.before),
                      amount(pair.after.value), _interval(pair.after),
                      added(pair.after.value - pair.before.value) if pair.significant else "~", change,
                      "-" if pair.p is None else f"{pair.p:.3f}"))
    heads = ("mode", "workload", "before", "95% +/-%", "after", "95% +/-%", "change", "%", "p")
    text = columns(heads, lines, left=2)
    text += (f"\n{sum(pair.significant for pair in pairs)} of {len(pairs)} rows changed. ~: not significant (p of Mann "
             f"and Whitney's U {SIGNIFICANT:g} or more, or equal medians).\n")
    return text + "".join(f"doubtful: {pair.after.mode} {pair.after.workload}: {doubt}\n" for pair in pairs
                          for doubt in pair.doubts)


def _interval(row: Row) -> str:
    """The ends of a row's interval, in percent of its median."""
    return " ".join(f"{100 * (end - row.value) / row.value:+.1f}" for end in (row.low, row.high)) if row.value else "-"
