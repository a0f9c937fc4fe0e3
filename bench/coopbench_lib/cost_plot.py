# SPDX-License-Identifier: GPL-2.0-or-later
"""The distribution of what crossings cost, from a trace: for the dearest kinds of each mode, the part of them that
costs at most so much. A step is a path through the hypervisor; a slope is work that depends on what was asked for."""
from __future__ import annotations

from collections import Counter

from .plot_style import line_colour, line_opening, point_shape, quoted
from .plots import Plot
from .trace import Lane, kind

_MOST_LINES = 8
_MOST_PLACES = 400


def cost_plot(lanes: list[Lane], title: str, unit: str) -> Plot | None:
    """Cumulative distributions as gnuplot's data and script; None where nothing crossed."""
    totals: Counter[tuple[str, str]] = Counter()
    costs: dict[tuple[str, str], list[int]] = {}
    for lane in lanes:
        for crossing in lane.crossings:
            totals[lane.mode.name, kind(crossing)] += crossing.cost
            costs.setdefault((lane.mode.name, kind(crossing)), []).append(crossing.cost)
    shown = {key for key, _ in totals.most_common(_MOST_LINES)}
    lines = [key for key in costs if key in shown]
    if not lines:
        return None
    data, drawn = [f"# cost in {unit}, percent of the crossings that cost at most that; a block a line"], []
    for index, (mode, name) in enumerate(lines):
        values = sorted(costs[mode, name])
        step = max(1, len(values) // _MOST_PLACES)
        data += ["", "", f"# {mode} {name}", f"{max(1, values[0])} 0"]
        data += [f"{max(1, value)} {100 * (place + 1) / len(values):.4g}" for place, value in enumerate(values)
                 if (place + 1) % step == 0 or place == len(values) - 1]
        drawn.append(f'"costs.dat" index {index} using 1:2 with steps lw 1.5 lc rgb "{line_colour(mode)}" notitle')
        drawn.append(f'"costs.dat" index {index} using 1:2 every ::1 with points ps 0.9 '
                     f'pt {point_shape(index)} lc rgb "{line_colour(mode)}" '
                     f'title {quoted(f"{mode}: {name} ×{len(values):,}")}')
    script = line_opening("costs", 1000, 460, 12)
    script += [f"set label {quoted(title + ': what crossings cost')} at screen 0.5,0.96 center",
               "set tmargin 3",
               f"set xlabel {quoted(unit + ' from an exit to the next entry')}", "set logscale x",
               "set xtics format '%.0f'", 'set ylabel "% that cost at most that"', "set yrange [0:102]",
               "set key outside right top samplen 2", "plot " + ", \\\n     ".join(drawn)]
    about = f"{title}: distributions of the cost of crossings: " + ", ".join(
        f"{mode} {name} from {min(costs[mode, name])} to {max(costs[mode, name])}" for mode, name in lines)
    return Plot("costs", about, "\n".join(script) + "\n", "\n".join(data) + "\n")
