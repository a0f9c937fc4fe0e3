# SPDX-License-Identifier: GPL-2.0-or-later
"""How the repetitions of a workload lie, where they differ: a dot each, mode below mode, beside their own median.

The axis ends where nine in ten of the furthest mode's repetitions do. What lies beyond stands at the edge as an arrow,
with its number and the greatest: nothing is left out.
"""
from __future__ import annotations

from statistics import median

from .outcome import OK
from .plot_style import fill_of, quoted
from .plots import Plot, head, ordered, plot_name
from .results import Result
from .samples import flat
from .summary import Row

_BODY, _ROOM, _LEAST_PERCENT = 0.9, 1.25, 0.05
_LANE, _HEIGHTS = 0.6, 7


def distribution_plots(result: Result) -> list[Plot]:
    """One for each workload in which repetitions differ."""
    plots = [distribution_plot(result, workload) for workload in dict.fromkeys(row.workload for row in result.rows)]
    return [plot for plot in plots if plot]


def distribution_plot(result: Result, workload: str) -> Plot | None:
    """Repetitions in percent of their own median's distance; None where all are equal or nobody kept them."""
    rows = ordered([row for row in result.rows if row.workload == workload and row.status == OK
                     and result.groups(row.mode, workload)])
    if not rows:
        return None
    name = plot_name(workload, "repetitions")
    away = {row.mode: _percent(flat(result.groups(row.mode, workload))) for row in rows}
    edge = max(_LEAST_PERCENT, *(_ROOM * _body(values) for values in away.values()))
    data, drawn = ["# percent above the median, height; an interval: from to height; an arrow: place height text"], []
    for place, row in enumerate(rows):
        for block, how in _lane(row, place, away[row.mode], edge):
            drawn.append(f'"{name}.dat" index {len(drawn)} {how} notitle')
            data += ["", "", *block]
    script = head(name, 560, 90 + 44 * len(rows))
    script += ['set xlabel "% above the median of the mode\'s own repetitions"', f"set yrange [{len(rows) - 0.4}:-0.6]",
               f"set xrange [{-_end(away, edge, -1):g}:{_end(away, edge, 1):g}]", "set xtics autofreq",
               "set xtics format '%g'", "set arrow from 0,graph 0 to 0,graph 1 nohead lc rgb '#000000' lw 1 dt 2",
               "set ytics (" + ", ".join(f"{quoted(row.mode)} {place}" for place, row in enumerate(rows)) + ")",
               "plot " + ", \\\n     ".join(drawn)]
    about = f"{workload}, repetitions beside their median: " + "; ".join(
        f"{row.mode} {_signed(min(away[row.mode]))}% to {_signed(max(away[row.mode]))}% in {len(away[row.mode])}"
        for row in rows)
    return Plot(name, about, "\n".join(script) + "\n", "\n".join(data) + "\n")


def _percent(values: list[float]) -> list[float]:
    middle = median(values)
    return [100 * (value - middle) / middle if middle else 0.0 for value in values]


def _signed(percent: float) -> str:
    """A percentage as a reader wants it: small ones with two digits."""
    return f"{percent:+.0f}" if abs(percent) >= 10 else f"{percent:+.2g}"


def _body(values: list[float]) -> float:
    """How far nine in ten lie from the median."""
    return sorted(map(abs, values))[int(_BODY * (len(values) - 1))]


def _end(away: dict[str, list[float]], edge: float, sign: int) -> float:
    """Where the axis ends on one side: behind the arrows, where there are any."""
    return edge * (1.8 if any(sign * value > edge for values in away.values() for value in values) else 1.05)


def _lane(row: Row, place: int, values: list[float], edge: float) -> list[tuple[list[str], str]]:
    """What is drawn of one mode, as data and as gnuplot's words: interval, dots, and an arrow at an edge that needs
    one."""
    blocks = []
    if row.interval == "ci95" and row.value:
        low, high = (100 * (end - row.value) / row.value for end in (row.low, row.high))
        blocks.append(([f"# {row.mode}, interval", f"{low:.6g} {high:.6g} {place}"],
                       "using 1:3:1:2:($3-0.36):($3+0.36) with boxxyerror fs solid 0.35 noborder fc rgb '#777777'"))
    dots = [f"# {row.mode}"] + [f"{value:.6g} {place + _LANE * ((number * 3 % _HEIGHTS) / (_HEIGHTS - 1) - 0.5):.4g}"
                                for number, value in enumerate(values) if abs(value) <= edge]
    for size, colour in ((0.5, "#000000"), (0.36, fill_of(row.mode)[0])):
        blocks.append((dots, f"using 1:2 with points pt 7 ps {size} lc rgb '{colour}'"))
    for sign, arrow, side in ((-1, "← {0}, {1}%", "right"), (1, "{0}, {1}% →", "left")):
        beyond = [value for value in values if sign * value > edge]
        if beyond:
            text = arrow.format(len(beyond), _signed(max(beyond, key=abs)))
            blocks.append(([f"# {row.mode}, beyond", f"{sign * 1.05 * edge:.6g} {place} {quoted(text)}"],
                           f"using 1:2:3 with labels {side} font ',11'"))
    return blocks
