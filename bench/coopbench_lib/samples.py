# SPDX-License-Identifier: GPL-2.0-or-later
"""Statistics of figures that vary: those of a clock. Counts of an emulator repeat, and nothing here touches them.

A sample is a row's repetitions, in groups by the start (a boot, a process) that they come from. Nothing is ever left
out of it. Median with a 95 % interval by bootstrap, Mann-Whitney's U for two samples, Hartigan's dip for two humps.
"""
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import median
from typing import Any

from .errors import CoopbenchError

COUNTED = ("instr",)
CONFIDENCE = 0.95
SIGNIFICANT = 0.05
FEWEST, FEWEST_STARTS = 10, 5
_RESAMPLES = 2000
_DIP_SIGNIFICANT, _DIP_DRAWS, _DIP_FEWEST = 0.01, 400, 12
_DIP_SIZES = (12, 16, 20, 25, 30, 40, 50, 70, 100)
_SEED = 20061021

Groups = Sequence[Sequence[float]]


def varies(unit: str) -> bool:
    """Whether two repetitions in this unit differ for no reason of the program's."""
    return unit not in COUNTED


def libraries() -> tuple[Any, Any]:
    """numpy and scipy.stats, looked for only where a figure varies."""
    try:
        import numpy
        import scipy.stats
    except ImportError as error:
        raise CoopbenchError(f"figures that vary need statistics ({error}): say 'make deps' (Debian packages "
                             "python3-numpy and python3-scipy)") from error
    return numpy, scipy.stats


def flat(groups: Groups) -> list[float]:
    """All repetitions, whichever start they come from."""
    return [value for group in groups for value in group]


def median_interval(groups: Groups) -> tuple[float, float]:
    """The 95 % interval of the median, by percentiles of a bootstrap with a fixed seed. Repetitions of one start are no
    independent draws: from FEWEST_STARTS starts on, whole starts are drawn, however many repetitions each has; of
    fewer, single repetitions."""
    values = flat(groups)
    numpy, stats = libraries()
    if len(values) < 2:
        return values[0], values[0]
    drawn_from = groups if len(groups) >= FEWEST_STARTS else [[value] for value in values]
    longest = max(map(len, drawn_from))
    matrix = numpy.array([[*group, *[float("nan")] * (longest - len(group))] for group in drawn_from], dtype=float)
    find_median = numpy.nanmedian if numpy.isnan(matrix).any() else numpy.median

    def middle(indices: Any, axis: int) -> Any:
        drawn = matrix[indices.astype(int)]
        return find_median(drawn.reshape(*drawn.shape[:-2], -1), axis=-1)

    found = stats.bootstrap((numpy.arange(len(matrix)),), middle, n_resamples=_RESAMPLES, method="percentile",
                            confidence_level=CONFIDENCE, random_state=_SEED, vectorized=True, batch=200)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def width_percent(groups: Groups) -> float:
    """How wide the interval is, in percent of the median."""
    low, high = median_interval(groups)
    middle = median(flat(groups))
    return 100 * (high - low) / middle if middle else 0.0 if low == high else float("inf")


def comparable_draws(before: Groups, after: Groups) -> tuple[list[float], list[float]]:
    """What may be tested as draws that know nothing of one another: the medians of the starts, where both have enough
    of these, or else the single repetitions of both, since a median varies less than a repetition does."""
    if min(len(before), len(after)) < FEWEST_STARTS:
        return flat(before), flat(after)
    return [median(group) for group in before], [median(group) for group in after]


def mann_whitney(before: Sequence[float], after: Sequence[float]) -> float:
    """Two-sided p of Mann and Whitney's U: how often a difference like this one comes by chance alone."""
    if set(before) == set(after) and len(set(before)) == 1:
        return 1.0
    return float(libraries()[1].mannwhitneyu(before, after, alternative="two-sided").pvalue)


def dip(values: Sequence[float]) -> float:
    """Hartigan and Hartigan's dip (Annals of Statistics 13, 1985): how far the distribution function is from the
    nearest one with a single hump. The interval of the mode shrinks to where greatest convex minorant and least concave
    majorant of the steps are furthest apart, until what lies outside it departs further than what is left inside."""
    x = sorted(values)
    size = len(x)
    low, high, furthest = 0, size - 1, 1.0
    if x[0] == x[-1]:
        return 1 / (2 * size)
    while True:
        below = _hull(x, low, high, 1)
        above = _hull(x, low, high, -1)
        apart, left, right = _widest(x, below, above)
        if apart <= furthest:
            break
        furthest = max(furthest, _departure(x, below, low, left, 1), _departure(x, above, right, high, -1))
        if (left, right) == (low, high):
            break
        low, high = left, right
    return furthest / (2 * size)


def _hull(x: list[float], low: int, high: int, sign: int) -> list[int]:
    """The corners of the greatest convex minorant (sign 1) or the least concave majorant (-1) of the ranks."""
    corners: list[int] = []
    for here in range(low, high + 1):
        while len(corners) > 1:
            first, second = corners[-2:]
            turn = (second - first) * (x[here] - x[second]) - (here - second) * (x[second] - x[first])
            if sign * turn < 0:
                break
            corners.pop()
        corners.append(here)
    return corners


def _line(x: list[float], corners: list[int], value: float) -> float:
    """The rank that a hull has at a value, between its corners."""
    for first, second in zip(corners, corners[1:]):
        if value <= x[second]:
            run = x[second] - x[first]
            return first + (second - first) * (value - x[first]) / run if run else second
    return corners[-1]


def _widest(x: list[float], below: list[int], above: list[int]) -> tuple[float, int, int]:
    """The greatest distance between the hulls, in steps, and the corners to its left and right."""
    best = (0.0, below[0], above[-1])
    for corner in below:
        apart = _line(x, above, x[corner]) - corner + 1
        if apart > best[0]:
            best = apart, corner, next((other for other in above if x[other] >= x[corner]), above[-1])
    for corner in above:
        apart = corner - _line(x, below, x[corner]) + 1
        if apart > best[0]:
            best = apart, next((other for other in reversed(below) if x[other] <= x[corner]), below[0]), corner
    return best


def _departure(x: list[float], corners: list[int], low: int, high: int, sign: int) -> float:
    """How far the steps are from a hull outside of the mode's interval."""
    return max((sign * (here - _line(x, corners, x[here])) + 1 for here in range(low, high + 1)), default=0.0)


@lru_cache(maxsize=None)
def _dips_of_one_hump(size: int) -> list[float]:
    """Dips of samples of the even distribution, the worst that has one hump, times the root of their size."""
    draw = libraries()[0].random.default_rng(_SEED)
    return sorted(size ** 0.5 * dip(draw.random(size)) for _ in range(_DIP_DRAWS))


def _apart(values: Sequence[float]) -> list[float]:
    """Equal values spread evenly over the step that the clock makes: ties are no humps."""
    known = sorted(set(values))
    step = min((after - before for before, after in zip(known, known[1:])), default=0.0)
    counts = {value: values.count(value) for value in known}
    return [value + step * ((place + 0.5) / counts[value] - 0.5) for value in known for place in range(counts[value])]


def has_two_humps(values: Sequence[float]) -> bool:
    """Whether the dip is one that a single hump would give in less than one of a hundred samples."""
    if len(values) < _DIP_FEWEST:
        return False
    size = max(known for known in _DIP_SIZES if known <= len(values))
    chance = _dips_of_one_hump(size)
    return len(values) ** 0.5 * dip(_apart(values)) > chance[int((1 - _DIP_SIGNIFICANT) * len(chance))]


def doubts(groups: Groups) -> list[str]:
    """What a reader has to be warned about, in clauses."""
    values, found = flat(groups), []
    if len(values) < FEWEST:
        found.append(f"only {len(values)} repetitions (of fewer than {FEWEST} the interval says little)")
    if len(groups) < FEWEST_STARTS:
        found.append(f"{len(groups)} start{'s' if len(groups) > 1 else ''} only: what differs from start to start is "
                     "not in the interval")
    if has_two_humps(values):
        found.append("two humps: a median between them is no typical value")
    return found
