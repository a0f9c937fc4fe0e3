# SPDX-License-Identifier: GPL-2.0-or-later
"""Which axis a saving comes from: the added units of every point of the space that can run, and the steps between
points that differ in one axis.

The way from one mode to another changes one axis after the other; in which order, matters where the axes act on one
another. So every order whose points can run is gone through. What an axis saves is said as the least and the greatest
of its steps; where both are one number, the axes are independent.
"""
from __future__ import annotations

import textwrap
from dataclasses import dataclass
from itertools import permutations, product

from .modes import AXES, Mode, find_mode
from .outcome import OK
from .summary import Row
from .tables import WIDTH, added, amount, columns

FROM, TO = "full-shadow", "coop"


@dataclass(frozen=True)
class Step:
    """One axis changed: from one point to the next, and how many units an operation that saves."""

    axis: str
    before: Mode
    after: Mode
    saved: float


def all_points() -> list[Mode]:
    """Every point of the space, named where it has a name."""
    return [find_mode("/".join(choices)) for choices in product(*AXES.values())]


def paths(start: Mode, end: Mode) -> list[list[tuple[str, Mode, Mode]]]:
    """Every order in which the axes in which two points differ can be changed, as steps (axis, before, after)."""
    different = [axis for axis in AXES if getattr(start, axis) != getattr(end, axis)]
    found = []
    for order in permutations(different):
        path, here = [], {axis: getattr(start, axis) for axis in AXES}
        for axis in order:
            before = find_mode("/".join(here[name] for name in AXES))
            here[axis] = getattr(end, axis)
            path.append((axis, before, find_mode("/".join(here[name] for name in AXES))))
        found.append(path)
    return found


def measured_paths(start: Mode, end: Mode, rows: dict[str, Row]) -> list[list[Step]]:
    """Those paths all of whose points have been measured."""
    cost = {mode: row.value for mode, row in rows.items() if row.status == OK}
    found = []
    for path in paths(start, end):
        if all(point.name in cost for _, before, after in path for point in (before, after)):
            found.append([Step(axis, before, after, cost[before.name] - cost[after.name]) for axis, before,
                          after in path])
    return found


def render_ablation(rows: list[Row], refused: dict[str, str], unit: str, start: Mode, end: Mode) -> str:
    """For each workload the points, the paths, and a sentence; then why some points are not there."""
    text = []
    for workload in dict.fromkeys(row.workload for row in rows):
        here = {row.mode: row for row in rows if row.workload == workload}
        text += [f"{workload}\n", _points(here, unit), _render_paths(here, start, end, unit)]
    text.append(_summary(rows, start, end, unit))
    if refused:
        text.append("Points that cannot run here:\n" + "".join(textwrap.fill(reason, WIDTH, initial_indent="  ",
                                                                             subsequent_indent="      ") + "\n"
                              for reason in dict.fromkeys(refused.values())))
    return "\n".join(text)


def _shares(found: list[list[Step]], saved: float) -> dict[str, str]:
    """By axis: the least and the greatest part of the saving over all orders, in percent."""
    shares = {}
    for axis in dict.fromkeys(step.axis for path in found for step in path):
        parts = sorted(round(100 * step.saved / saved) for path in found for step in path if step.axis == axis)
        shares[axis] = f"{parts[0]}" if parts[0] == parts[-1] else f"{parts[0]} to {parts[-1]}"
    return shares


def _summary(rows: list[Row], start: Mode, end: Mode, unit: str) -> str:
    """All workloads on one page: what is saved, and which axis it comes from."""
    axes = [axis for axis in AXES if getattr(start, axis) != getattr(end, axis)]
    lines = []
    for workload in dict.fromkeys(row.workload for row in rows):
        here = {row.mode: row for row in rows if row.workload == workload}
        found = measured_paths(start, end, here)
        if not found:
            continue
        saved = here[start.name].value - here[end.name].value
        shares = _shares(found, saved) if saved else {}
        lines.append((workload, amount(here[start.name].value), amount(here[end.name].value), amount(saved),
                      *(shares.get(axis, "-") for axis in axes)))
    if not lines:
        return ""
    heads = ("workload", f"{start.name} {unit}/op", end.name, "saved", *(f"% {axis}" for axis in axes))
    return f"From {start.name} to {end.name}: what comes from which axis\n" + columns(heads, lines, left=1)


def _points(rows: dict[str, Row], unit: str) -> str:
    """One line a point, the cheapest last."""
    good = sorted((row for row in rows.values() if row.mode != "native" and row.status == OK),
                  key=lambda row: -(row.added_per_op if row.added_per_op is not None else row.value))
    lines = []
    for row in good:
        mode = find_mode(row.mode)
        name = "" if mode.name == mode.axes else mode.name
        lines.append((mode.axes, name, amount(row.value), added(row.added_per_op), amount(row.exits_per_op),
                      amount(row.hypercalls_per_op), amount(row.bounces_per_op)))
    bad = [textwrap.fill(f"{row.mode}: {row.status}: {row.reason}", WIDTH, subsequent_indent="    ") + "\n"
           for row in rows.values() if row.status != OK]
    return columns(("point", "mode", f"{unit}/op", "added", "crossings", "hypercalls", "bounces"), lines,
                   left=2) + "".join(bad)


def _render_paths(rows: dict[str, Row], start: Mode, end: Mode, unit: str) -> str:
    found = measured_paths(start, end, rows)
    if not found:
        return f"From {start.name} to {end.name} there is no way all of whose points were measured.\n"
    lines = []
    for path in found:
        for place, step in enumerate(path):
            lines.append((" then ".join(s.axis for s in path) if place == 0 else "", step.axis,
                          f"{getattr(step.before, step.axis)} to {getattr(step.after, step.axis)}",
                          f"{step.before.axes} to {step.after.axes}", amount(step.saved)))
    table = columns(("order", "axis", "changed from", "between the points", f"saves {unit}/op"), lines, left=4)
    return table + _sentence(found, rows, start, end, unit) + "\n"


def _sentence(found: list[list[Step]], rows: dict[str, Row], start: Mode, end: Mode, unit: str) -> str:
    """How much of the saving comes from which axis, over all orders."""
    saved = rows[start.name].value - rows[end.name].value
    first = rows[start.name].added_per_op
    of = f" of the {amount(first)} {unit} that {start.name} adds to an operation" if first is not None else \
        f" {unit} of the {amount(rows[start.name].value)} that an operation takes in {start.name}"
    if not saved:
        return f"{end.name} saves nothing over {start.name} here."
    parts = []
    for axis in dict.fromkeys(step.axis for step in found[0]):
        steps = [step.saved for path in found for step in path if step.axis == axis]
        least, most = min(steps), max(steps)
        share = [str(round(100 * value / saved)) for value in sorted((least, most), key=lambda value: value / saved)]
        span = amount(least) if least == most else f"{amount(least)} to {amount(most)}"
        percent = share[0] if share[0] == share[1] else f"{share[0]} to {share[1]}"
        parts.append(f"{percent} % ({span}) from the {axis} axis")
    many = ("either order" if len(found) == 2 else f"{len(found)} orders" if len(found) > 1
            else "the one order that can be measured")
    verb = "saves" if saved > 0 else "costs"
    text = f"{end.name} {verb} {amount(abs(saved))}{of if saved > 0 else f' {unit} more than {start.name}'}; " \
           f"in {many}: {', '.join(parts)}."
    return textwrap.fill(text, WIDTH)
