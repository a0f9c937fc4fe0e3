# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the order of the modes changes: what an operation costs in a mode is linear in what an exit costs and in what a
walk reference costs, so that the points where two modes are equal, and the field in which one wins, are exact."""
from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .model import MOST_EXIT_COST, Model
from .outcome import OK
from .results import Result
from .summary import Row
from .tables import WIDTH, amount

_EQUAL = 1e-9


@dataclass(frozen=True)
class Line:
    """An operation in one mode, or in several that cost the same: cycles = fixed + exits x cost + references x cost."""

    modes: tuple[str, ...]
    fixed: float
    exits: float
    references: float

    def cycles(self, exit_cost: float, walk_cost: float) -> float:
        return self.fixed + self.exits * exit_cost + self.references * walk_cost

    @property
    def name(self) -> str:
        return " = ".join(self.modes)


def lines_of(result: Result, model: Model, workload: str) -> list[Line]:
    """The modes of a workload but native, those that cost the same in one; none where a row is missing its walks."""
    lines: dict[tuple[float, ...], list[str]] = {}
    for row in result.rows:
        if row.workload == workload and row.status == OK and row.mode != "native":
            lines.setdefault(_coefficients(row, model), []).append(row.mode)
    return [Line(tuple(modes), *key) for key, modes in lines.items()]


def _coefficients(row: Row, model: Model) -> tuple[float, float, float]:
    """Rounded to a hundredth of a cycle: two modes that run the same way differ by less."""
    crossings, in_ring = row.exits_per_op or 0, row.cpu == "deprivileged"
    fixed = model.cpi * row.value + (crossings * model.ring.cycles if in_ring else 0)
    return round(fixed, 2), 0.0 if in_ring else round(crossings, 2), round(row.walk_references_per_op or 0, 1)


@dataclass(frozen=True)
class Change:
    """From this cost of an exit on, one mode is cheaper than another that was cheaper before."""

    exit_cost: float
    cheaper: Line
    dearer: Line


def changes(lines: list[Line], walk_cost: float) -> list[Change]:
    """Every change of the order while an exit costs from nothing to the most."""
    found = []
    for first in lines:
        for second in lines:
            slope = second.exits - first.exits
            if slope <= _EQUAL:
                continue
            at = (first.cycles(0, walk_cost) - second.cycles(0, walk_cost)) / slope
            if 0 < at <= MOST_EXIT_COST:
                found.append(Change(at, first, second))
    return sorted(found, key=lambda change: change.exit_cost)


def render_orders(result: Result, model: Model) -> str:
    """For each workload the order of the modes at no cost of an exit, and where it changes up to the most."""
    text = []
    for workload in dict.fromkeys(row.workload for row in result.rows):
        lines = lines_of(result, model, workload)
        if len(lines) < 2:
            continue
        order = sorted(lines, key=lambda line: (line.cycles(0, model.walk.cycles), line.exits))
        steps = [f"from {amount(round(change.exit_cost))} on {change.cheaper.name} before {change.dearer.name}"
                 for change in changes(lines, model.walk.cycles)]
        text += textwrap.wrap(f"{workload}: {' < '.join(line.name for line in order)}; "
                              + ("; ".join(steps) if steps else "never changes"), WIDTH, subsequent_indent="    ")
    if not text:
        return ""
    return (f"Order of the modes while an exit costs 0 to {MOST_EXIT_COST:,} cycles (modelled)\n"
            + "".join(f"{line}\n" for line in text))


Polygon = list[tuple[float, float]]


def fields(lines: list[Line], most: float) -> list[tuple[Line, Polygon]]:
    """The part of the plane, up to 'most' on its second axis, in which each mode is the cheapest: a rectangle, cut by
    the line on which it equals another."""
    found = []
    for line in lines:
        field: Polygon = [(0, 0), (MOST_EXIT_COST, 0), (MOST_EXIT_COST, most), (0, most)]
        for other in lines:
            if other is not line:
                field = _cut(field, line, other)
        if area(field) > 0:
            found.append((line, field))
    return found


def _cut(field: Polygon, line: Line, other: Line) -> Polygon:
    """What is left of a convex field where 'line' is no dearer than 'other'."""
    kept: Polygon = []
    ahead = [other.cycles(*corner) - line.cycles(*corner) for corner in field]
    for place, corner in enumerate(field):
        after = (place + 1) % len(field)
        if ahead[place] >= -_EQUAL:
            kept.append(corner)
        if (ahead[place] > _EQUAL and ahead[after] < -_EQUAL) or (ahead[place] < -_EQUAL and ahead[after] > _EQUAL):
            part = ahead[place] / (ahead[place] - ahead[after])
            kept.append(tuple(start + part * (end - start) for start, end in zip(corner, field[after])))
    return kept


def area(field: Polygon) -> float:
    """Of a polygon; 0 where nothing is left."""
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(field, field[1:] + field[:1]))) / 2
