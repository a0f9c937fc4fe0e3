# SPDX-License-Identifier: GPL-2.0-or-later
"""How often something that varies is measured: in rounds, each of one start of everything that is still too uncertain.

Within a round the modes of a workload stand beside one another, and every other round goes through them backwards, so
that a computer which grows warm or busy does so for all. A row is done when its interval is narrow enough; none is
given up before FEWEST_STARTS starts unless the budget of time is spent. Nothing measured is left out.
"""
from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import UsageError
from .samples import FEWEST, FEWEST_STARTS, Groups, flat, varies, width_percent

UNTIL_PERCENT, BUDGET_SECONDS, MOST_STARTS = 2.0, 1800, 40

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True)
class Sampling:
    """When to stop: at an interval so wide, in percent of the median; after so many seconds; after so many starts."""

    until_percent: float = UNTIL_PERCENT
    budget_seconds: float = BUDGET_SECONDS
    most_starts: int = MOST_STARTS

    def is_enough(self, groups: Groups) -> bool:
        """Whether these repetitions, in groups by their start, need no more beside them."""
        if len(groups) >= self.most_starts:
            return True
        return (len(groups) >= FEWEST_STARTS and len(flat(groups)) >= FEWEST
                and width_percent(groups) <= self.until_percent)

    def describe(self) -> dict[str, Any]:
        """What run.json keeps."""
        return {"until_percent": self.until_percent, "budget_seconds": self.budget_seconds,
                "most_starts": self.most_starts, "order": "one start of each in a round, every other round backwards"}


def read_sampling(unit: str, until: float | None, budget: int | None) -> Sampling | None:
    """The options as a Sampling; None where counts repeat exactly, and UsageError when options ask for it there."""
    if until is not None and not 0 <= until < float("inf"):
        raise UsageError(f"an interval cannot be {until}% wide")
    if varies(unit):
        return Sampling(UNTIL_PERCENT if until is None else until, BUDGET_SECONDS if budget is None else budget)
    if until is not None or budget is not None:
        raise UsageError(f"the unit is {unit}: repetitions are equal, there is no interval to make narrower "
                         "(--until and --budget are for machines with a clock)")
    return None


def run_rounds(items: Sequence[Item], groups_of: Callable[[Item], Groups | None], sampling: Sampling,
               run: Callable[[list[Item], int], None], clock: Callable[[], float]) -> str:
    """Calls 'run' with what is still to be measured and the number of the start (from 1 on) until nothing is, and says
    why it stopped. groups_of gives what an item has so far, None for one that cannot be measured any more."""
    began, first = clock(), 1 + max((len(groups_of(item) or ()) for item in items), default=0)
    for number in range(first, first + sampling.most_starts):
        waiting = [item for item in items if _is_waiting(groups_of(item), sampling)]
        if not waiting:
            return f"every interval is within {sampling.until_percent:g}%, or has {sampling.most_starts} starts"
        if number > first and clock() - began >= sampling.budget_seconds:
            return (f"the budget of {sampling.budget_seconds:g} s is spent: {len(waiting)} intervals are wider than "
                    "asked for")
        run(waiting if number % 2 else waiting[::-1], number)
    return f"there were {sampling.most_starts} starts"


def _is_waiting(groups: Groups | None, sampling: Sampling) -> bool:
    return groups is not None and not sampling.is_enough(groups)
