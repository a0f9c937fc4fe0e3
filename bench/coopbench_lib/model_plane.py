# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of where each mode is the cheapest: over the costs of an exit and of a walk reference, and over the cost of
an exit and how often the TLB misses. Each has all modes beside those that a machine without nested paging has."""
from __future__ import annotations

from .model import MOST_EXIT_COST, Model
from .model_order import Line, Polygon, area, fields, lines_of
from .modes import find_mode
from .plot_style import fill_of, opening, quoted
from .plots import Plot, plot_name
from .results import Result

MOST_WALK_COST = 100
MISSING = "latency/page_chase"  # an operation of it is a TLB miss, and hardly anything else
_NICE = (1, 2, 5)
_LEAST_FIELD = 0.03  # of the plane: a smaller one has no room for its name


def plane_plots(result: Result, model: Model) -> list[Plot]:
    """Two pictures for each workload whose walks were counted; the second where the walks of a miss were counted
    too."""
    plots = []
    missing = {mode: line for line in lines_of(result, model, MISSING) for mode in line.modes}
    for workload in dict.fromkeys(row.workload for row in result.rows if row.walk_references_per_op is not None):
        lines = lines_of(result, model, workload)
        if len(lines) < 2:
            continue
        plots.append(_plane(plot_name(workload, "plane"), workload, "cycles that a walk reference costs", lines,
                            MOST_WALK_COST, model))
        behind = [_with_misses(line, missing, model) for line in lines if set(line.modes) <= set(missing)]
        if workload != MISSING and len(behind) > 1:
            plots.append(_plane(plot_name(workload, "misses"), f"{workload} with TLB misses",
                                f"TLB misses an operation, as of {MISSING}", behind, _reach(behind), model))
    return plots


def _with_misses(line: Line, missing: dict[str, Line], model: Model) -> Line:
    """The walks of the operation itself at their cost, and in their place on the second axis those of further
    misses."""
    per_miss = max(missing[mode].references for mode in line.modes) * model.walk.cycles
    return Line(line.modes, line.fixed + line.references * model.walk.cycles, line.exits, per_miss)


def _reach(lines: list[Line]) -> float:
    """A round number of misses, four times as many as take the first place from the cheapest mode while an exit costs
    1,000 cycles."""
    first = min(lines, key=lambda line: (line.cycles(1000, 0), line.references))
    equal = [(line.cycles(1000, 0) - first.cycles(1000, 0)) / (first.references - line.references)
             for line in lines if line.references < first.references]
    wanted, scale = 4 * min(equal, default=25), 1
    while not any(scale * step >= wanted for step in _NICE):
        scale *= 10
    return min(scale * step for step in _NICE if scale * step >= wanted)


def _plane(name: str, title: str, axis: str, lines: list[Line], most: float, model: Model) -> Plot:
    """Two panels, each a block a mode of the data file."""
    older = [line for line in lines if any(find_mode(mode).mmu != "nested" for mode in line.modes)]
    panels = [("all modes", fields(lines, most)), ("without nested paging", fields(older, most))]
    data = [f"# cost of an exit, {axis}: corners of the field in which a mode is the cheapest; a block a mode"]
    script = opening(name, 960, 440)
    script += ["set multiplot layout 1,2 title "
               f"{quoted(f'{title}: where each mode is the cheapest (MODEL, cpi {model.cpi:g})')}", "set border 3",
               "set tics nomirror out front", "unset key", f"set xrange [0:{MOST_EXIT_COST}]",
               f"set yrange [0:{most:g}]", "set xtics 1000", "set rmargin 3", "set tmargin 3",
               'set xlabel "cycles that an exit costs"', f"set ylabel {quoted(axis)}"]
    for head, found in panels:
        script += _panel(name, head, found, most, data)
    script.append("unset multiplot")
    about = f"{title}, over the cost of an exit and {axis}, the modes that are the cheapest: " + "; ".join(
        f"{head}: "
        + ", ".join(f"{line.name} in {100 * area(field) / MOST_EXIT_COST / most:.0f}%" for line, field in found)
        for head, found in panels)
    return Plot(name, about, "\n".join(script) + "\n", "\n".join(data) + "\n")


def _panel(name: str, head: str, found: list[tuple[Line, Polygon]], most: float, data: list[str]) -> list[str]:
    """One panel's part of the script; its blocks go to 'data'."""
    drawn, labels = [], []
    for line, field in found:
        index = sum(text.startswith("#") for text in data) - 1
        data += ["", "", f"# {head}, {line.name}: {line.fixed:g} + {line.exits:g} x + {line.references:g} y"]
        data += [f"{x:.6g} {y:.6g}" for x, y in field + field[:1]]
        colour = fill_of(line.modes[0])[0]
        drawn.append(f'"{name}.dat" index {index} using 1:2 with filledcurves closed fs transparent solid 0.35 '
                     f'noborder lc rgb "{colour}"')
        drawn.append(f'"{name}.dat" index {index} using 1:2 with lines lw 1.6 lc rgb "#000000"')
        if area(field) >= _LEAST_FIELD * MOST_EXIT_COST * most:
            x, y = (sum(corner[axis] for corner in field) / len(field) for axis in (0, 1))
            text = "\\n".join(line.modes)
            labels.append(f'set label "{text}" at {x:.6g},{y:.6g} center front')
    return ["unset label", *labels, f"set title {quoted(head)}", "plot " + ", \\\n     ".join(drawn)]
