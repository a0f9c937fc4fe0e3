# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands below a table of figures that vary: how they were repeated, what is doubtful about rows and computer.

Tables of an emulator's counts get nothing from here.
"""
from __future__ import annotations

from .environment import doubts_of
from .outcome import OK
from .results import Result
from .samples import doubts, varies, width_percent

_MOST_NAMES = 6


def remarks(result: Result) -> list[str]:
    """The lines; none where counts repeat exactly."""
    if not varies(result.run["unit"]):
        return []
    return _how(result) + _of_rows(result) + _of_computer(result)


def _how(result: Result) -> list[str]:
    rows = [row for row in result.rows if row.status == OK]
    lines = ["A figure is the median of its repetitions; low and high in table.csv are the ends of its 95% interval, "
             "by bootstrap. No repetition is left out."] if any(row.interval == "ci95" for row in rows) else []
    about = result.run.get("sampling")
    if not about:
        return lines
    widths = [width_percent(groups) for row in rows if (groups := result.groups(row.mode, row.workload))]
    wide = sum(width > about["until_percent"] for width in widths)
    lines.append(f"Measured in turns: {about['order']}; until every interval is within {about['until_percent']:g}% of "
                 f"its median, {about['most_starts']} starts or {about['budget_seconds']:g} s. It stopped because "
                 f"{result.run.get('stopped_because', 'somebody stopped it')}; {wide} of {len(widths)} intervals are "
                 "wider.")
    return lines


def _of_rows(result: Result) -> list[str]:
    """Each doubt with the rows that it is about."""
    found: dict[str, list[str]] = {}
    for row in result.rows:
        groups = result.groups(row.mode, row.workload)
        for doubt in doubts(groups) if groups else ():
            found.setdefault(doubt, []).append(f"{row.mode} {row.workload}")
    return [f"Doubtful: {doubt}: " + ", ".join(names[:_MOST_NAMES])
            + (f" and {len(names) - _MOST_NAMES} rows more" if len(names) > _MOST_NAMES else "")
            for doubt, names in found.items()]


def _of_computer(result: Result) -> list[str]:
    about = result.run.get("environment")
    if not about:
        return ["Nothing was written down about the computer that these figures are of."]
    known = [f"{name} {about[name]}"
             for name in ("cpu", "microcode", "mhz", "governor", "turbo", "smt", "kernel", "load",
                                                  "scheduling") if about.get(name) not in (None, "", "unknown")]
    lines = [f"Computer: {', '.join(known)}."]
    return lines + [f"Doubtful: {doubt}." for doubt in doubts_of(about)]
