# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reader sees of a sweep: a table for each workload and figure, and a plot of it with a line for each mode."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .modes import find_mode
from .outcome import OK
from .plots import _FONT, LOG_FROM, _MODE_FILLS, _UNNAMED_FILL, Plot, _quoted, plot_name
from .summary import Row
from .sweep import Axis, Point
from .tables import WIDTH, added, amount, columns

_POINT_SHAPES = (7, 5, 9, 13, 11, 4, 6, 8, 10, 12)
_LOG_SPAN = 20


@dataclass(frozen=True)
class Figure:
    """One number of a row: its name in headings and files, and how it is got and written."""

    name: str
    heading: str
    get: Callable[[Row], float | None]
    write: Callable[[float | None], str]


FIGURES = (Figure("cost", "{unit} per operation", lambda row: row.value, amount),
           Figure("added", "{unit} per operation, added to native", lambda row: row.added_per_op, added),
           Figure("crossings", "crossings per operation", lambda row: row.exits_per_op, amount))


def render_sweep(rows: list[tuple[Point, Row]], axes: list[Axis], unit: str) -> str:
    """Every workload's figures: a line a point, a column a mode."""
    text = []
    for workload in dict.fromkeys(row.workload for _, row in rows):
        here = [(point, row) for point, row in rows if row.workload == workload]
        for figure in FIGURES:
            modes = [mode for mode in dict.fromkeys(row.mode for _, row in here)
                     if any(figure.get(row) is not None for _, row in here if row.mode == mode)]
            if figure.name != "cost" and "native" in modes:
                modes.remove("native")
            if modes:
                text.append(f"{workload}: {figure.heading.format(unit=unit)}\n{_table(here, axes, modes, figure)}")
    return "\n".join(text)


def _table(rows: list[tuple[Point, Row]], axes: list[Axis], modes: list[str], figure: Figure) -> str:
    """One figure of one workload; modes that do not fit beside one another stand below."""
    found = {(point, row.mode): row for point, row in rows}
    points = list(dict.fromkeys(point for point, _ in rows))
    heads = [axis.name for axis in axes] or ["point"]
    left = [tuple(value for _, value in point.values) or ("all",) for point in points]
    width = sum(max(len(head), *(len(line[place]) for line in left)) + 2 for place, head in enumerate(heads))
    beside = max(1, (WIDTH - width) // 13)
    blocks = []
    for start in range(0, len(modes), beside):
        block = modes[start:start + beside]
        lines = [(*line, *(_cell(found.get((point, mode)), figure) for mode in block)) for point, line in zip(points,
                                                                                                              left)]
        heading = columns((*heads, *block), lines, left=0).splitlines()
        blocks.append("\n".join(heading) + "\n")
    return "\n".join(blocks)


def _cell(row: Row | None, figure: Figure) -> str:
    if row is None:
        return "-"
    return figure.write(figure.get(row)) if row.status == OK else row.status


def sweep_plots(rows: list[tuple[Point, Row]], axes: list[Axis], unit: str) -> list[Plot]:
    """Cost and crossings of every workload over the axis that has the most numbers; a line for each mode and for each
    combination of the other values."""
    numeric = [axis for axis in axes if all(_is_number(value) for value in axis.values)]
    if not numeric:
        return []
    axis = max(numeric, key=lambda axis: len(axis.values))
    plots = []
    for workload in dict.fromkeys(row.workload for _, row in rows):
        here = [(point, row) for point, row in rows if row.workload == workload and row.status == OK]
        for figure in FIGURES:
            lines = _lines(here, axis, figure)
            if lines and figure.name != "added":
                plots.append(_plot(_heading(here, axes), axis, figure, lines, unit))
    return plots


def _heading(rows: list[tuple[Point, Row]], axes: list[Axis]) -> tuple[str, str]:
    """A workload, and those of its parameters that are the same everywhere."""
    _, row = rows[0]
    swept = {axis.name for axis in axes}
    return row.workload, " ".join(word for word in row.params.split() if word.partition("=")[0] not in swept)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _lines(rows: list[tuple[Point, Row]], axis: Axis, figure: Figure) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """Places by mode and by the words of the other axes; lines of one place say nothing, and are left out."""
    lines: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for point, row in rows:
        value = figure.get(row)
        if value is None or (figure.name == "crossings" and row.mode == "native"):
            continue
        rest = " ".join(f"{name}={word}" for name, word in point.values if name != axis.name)
        lines.setdefault((row.mode, rest), []).append((int(dict(point.values)[axis.name]), value))
    return {key: sorted(places) for key, places in lines.items() if len(places) > 1}


def _plot(heading: tuple[str, str], axis: Axis, figure: Figure, lines: dict, unit: str) -> Plot:
    workload, fixed = heading
    name = plot_name(workload, figure.name)
    xs = [x for places in lines.values() for x, _ in places]
    ys = [y for places in lines.values() for _, y in places]
    logs = [letter for letter, values in (("x", xs), ("y", ys)) if min(values) > 0
            and max(values) / min(values) >= _LOG_SPAN]
    script = ["# SPDX-License-Identifier: GPL-2.0-or-later", "reset",
              f'set terminal svg size 760,{430 + 9 * len(lines)} fixed font "{_FONT},13" background "#ffffff" noenhanced',
              "set encoding utf8", f'set output "{name}.svg"', "set border 3", "set tics nomirror out",
              'set grid lc rgb "#cccccc" lt 1 lw 0.5', f"set title {_quoted(f'{workload}, {fixed}' if fixed else workload)}",
              f"set xlabel {_quoted(axis.name)}", f"set ylabel {_quoted(figure.heading.format(unit=unit))}",
              "set key outside right top samplen 2.5", f"set xrange [{min(xs)}:{max(xs)}]"]
    if logs:
        script.append("set logscale " + "".join(logs))
    script += [f"set ytics ({_powers(ys)})"] if "y" in logs else _linear(ys)
    script.append("set xtics (" + ", ".join(f'"{x:,}" {x}' for x in _places(sorted(set(xs)), "x" in logs)) + ")")
    data, drawn = [f"# {axis.name} and {figure.name}; a block a line"], []
    for index, ((mode, rest), places) in enumerate(lines.items()):
        title = f"{mode} {rest}".strip()
        colour = _line_colour(mode)
        data += ["", "", f"# {title}", *(f"{x} {y}" for x, y in places)]
        look = "lw 4.5 ps 1.3" if mode == "native" else "lw 1.8 ps 0.8"
        drawn.append(f'"{name}.dat" index {index} using 1:2 with linespoints {look} pt '
                     f'{_POINT_SHAPES[index % len(_POINT_SHAPES)]} dt {1 + index // 8} lc rgb "{colour}" title {_quoted(title)}')
    script.append("plot " + ", \\\n     ".join(drawn))
    about = f"{workload}, {figure.heading.format(unit=unit)} over {axis.name}: " + ", ".join(
        f"{mode} {rest}".strip() + f" from {amount(places[0][1])} to {amount(places[-1][1])}"
        for (mode, rest), places in lines.items())
    return Plot(name, about, "\n".join(script) + "\n", "\n".join(data) + "\n")


def _line_colour(mode: str) -> str:
    """A mode's colour in bars, but for yellow, which is no colour for a line on white."""
    colour = _MODE_FILLS.get(find_mode(mode).name, _UNNAMED_FILL)[0]
    return {"#F0E442": "#E69F00"}.get(colour, colour)


def _powers(ys: list[float]) -> str:
    """The powers of ten around the values, as people write them."""
    powers = [10.0 ** exponent for exponent in range(-6, 15) if min(ys) / 10 < 10.0 ** exponent < max(ys) * 10]
    words = {6: "million", 9: "billion", 12: "trillion"}
    texts = []
    for power in powers:
        size = max((size for size in words if power >= 10 ** size), default=0)
        texts.append(f"{power / 10 ** size:g} {words[size]}" if size else f"{power:,g}" if power >= 1 else f"{power:g}")
    return ", ".join(f"{_quoted(text)} {power:g}" for text, power in zip(texts, powers))


def _steps(ys: list[float]) -> list[float]:
    """Round numbers from 0 to one that is not below the greatest value, at most nine."""
    size = 10.0 ** math.floor(math.log10(max(ys))) if max(ys) > 0 else 1.0
    step = next(part * size for part in (0.2, 0.5, 1, 2) if max(ys) / (part * size) <= 7)
    return [step * number for number in range(max(1, math.ceil(max(ys) / step)) + 1)]


def _linear(ys: list[float]) -> list[str]:
    """The vertical axis from 0, its numbers as people write them."""
    steps = _steps(ys)
    texts = [f'"{step:,g}" {step:g}' if steps[-1] < 10 else f'"{step:,.0f}" {step:.0f}' for step in steps]
    return [f"set ytics ({', '.join(texts)})", f"set yrange [0:{steps[-1]:g}]"]


def _places(xs: list[int], is_log: bool) -> list[int]:
    """At most twelve of the swept values, on a linear axis those that do not stand upon one another."""
    if is_log:
        return xs[::max(1, (len(xs) + 11) // 12)]
    step, last = (xs[-1] - xs[0]) / 9, None
    places = []
    for x in xs:
        if last is None or x - last >= step:
            places.append(x)
            last = x
    return places
