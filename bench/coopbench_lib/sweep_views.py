# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reader sees of a sweep: a table for each workload and figure, and a plot of it with a line for each mode."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .outcome import OK
from .plot_style import line_colour, line_opening, linear, marks, point_shape, powers, quoted
from .plots import Plot, plot_name
from .summary import Row
from .sweep import Axis, Point
from .tables import WIDTH, added, amount, columns

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
    script = line_opening(name, 760, 430 + 9 * len(lines))
    script += [f"set title {quoted(f'{workload}, {fixed}' if fixed else workload)}",
               f"set xlabel {quoted(axis.name)}",
               f"set ylabel {quoted(figure.heading.format(unit=unit))}",
               "set key outside right top samplen 2.5", f"set xrange [{min(xs)}:{max(xs)}]"]
    if logs:
        script.append("set logscale " + "".join(logs))
    script += [f"set ytics ({powers(ys)})"] if "y" in logs else linear(ys)
    script.append("set xtics (" + ", ".join(f'"{x:,}" {x}' for x in marks(sorted(set(xs)), "x" in logs)) + ")")
    data, drawn = [f"# {axis.name} and {figure.name}; a block a line"], []
    for index, ((mode, rest), places) in enumerate(lines.items()):
        title = f"{mode} {rest}".strip()
        colour = line_colour(mode)
        data += ["", "", f"# {title}", *(f"{x} {y}" for x, y in places)]
        look = "lw 4.5 ps 1.3" if mode == "native" else "lw 1.8 ps 0.8"
        drawn.append(f'"{name}.dat" index {index} using 1:2 with linespoints {look} pt '
                     f'{point_shape(index)} dt {1 + index // 8} lc rgb "{colour}" title {quoted(title)}')
    script.append("plot " + ", \\\n     ".join(drawn))
    about = f"{workload}, {figure.heading.format(unit=unit)} over {axis.name}: " + ", ".join(
        f"{mode} {rest}".strip() + f" from {amount(places[0][1])} to {amount(places[-1][1])}"
        for (mode, rest), places in lines.items())
    return Plot(name, about, "\n".join(script) + "\n", "\n".join(data) + "\n")
