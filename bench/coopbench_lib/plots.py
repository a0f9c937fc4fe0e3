# SPDX-License-Identifier: GPL-2.0-or-later
"""The plots of a report, each as data (.dat), the gnuplot script that draws it (.gp) and the picture (.svg)."""
from __future__ import annotations

import math
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import CoopbenchError
from .modes import MODES
from .outcome import OK
from .plot_style import FILLS, fill_of, opening, quoted
from .results import Result
from .summary import ExitRow, Row
from .tables import amount, ratio

_GNUPLOT_SECONDS = 120
LOG_FROM = 10
EVERYTHING = "all"
_KEY_COLUMNS = 3  # of an overview: gnuplot leaves out what does not fit, and says nothing
_MOST_REASONS = 7
_MOST_HEIGHT, _OVERVIEW_FRAME = 1250, 145  # what a printed page shows at its full width; key and axis of an overview
_MODE_ORDER = [mode.name for mode in MODES]


@dataclass(frozen=True)
class Plot:
    """One plot, not drawn yet. 'about' says in words what a reader sees, for those who do not."""

    name: str
    about: str
    script: str
    data: str


def plot_name(workload: str, kind: str) -> str:
    """The file name of a workload's plot."""
    return re.sub(r"[^A-Za-z0-9]+", "-", workload).strip("-") + "-" + kind


def plots_of(result: Result) -> list[Plot]:
    """Every plot of one result: an overview of each group, then cost and exits of each workload that has some."""
    groups = dict.fromkeys(row.workload.partition("/")[0] for row in result.rows)
    plots: list[Plot | None] = [plot for group in groups for plot in overview_plots(result, group)]
    for workload in dict.fromkeys(row.workload for row in result.rows):
        plots.append(cost_plot(result, workload))
        plots.append(exits_plot(result, workload))
    return [plot for plot in plots if plot]


def ordered(rows: list[Row]) -> list[Row]:
    """Rows in the order of the modes; modes without a name come last."""
    return sorted(rows, key=lambda row: _MODE_ORDER.index(row.mode) if row.mode in _MODE_ORDER else len(_MODE_ORDER))


def head(name: str, width: int, height: int) -> list[str]:
    """What every script of bars begins with."""
    return opening(name, width, height) + ["set border 1", "set tics nomirror out", "set ytics scale 0",
                                           "set tmargin 0.6", 'set grid xtics lc rgb "#cccccc" lt 1 lw 0.5',
                                           "unset key"]


def cost_plot(result: Result, workload: str) -> Plot | None:
    """Bars of the modes, relative to native; of the cost itself where there is no native row to compare with."""
    rows = ordered([row for row in result.rows if row.workload == workload and row.status == OK])
    relative = all(row.ratio_to_native for row in rows)
    values = [row.ratio_to_native if relative else row.value for row in rows]
    if not rows or max(values) <= 0 or (relative and len(rows) < 2):
        return None
    name, unit = plot_name(workload, "cost"), result.run["unit"]
    log = relative and max(values) / min(values) > LOG_FROM
    base = min(1, min(values)) if log else 0
    script = head(name, 560, 80 + 30 * len(rows))
    script += [f"set xlabel {quoted('cost relative to native' if relative else unit + ' per operation')}",
               f"set yrange [{len(rows) - 0.4}:-0.6]", f"set xrange [{base:g}:{_axis_end(max(values), base, log):g}]"]
    script += ["set logscale x", "set xtics format '%.0f'"] if log else ["set xtics autofreq", "set mxtics 1"]
    script += ["set arrow from 1,graph 0 to 1,graph 1 nohead lc rgb '#000000' lw 1 dt 2"] \
        if relative else []
    script.append("set ytics (" + ", ".join(f"{quoted(row.mode)} {index}" for index, row in enumerate(rows)) + ")")
    data, bars = ["# from to y label; modes: " + " ".join(row.mode for row in rows)], []
    for index, (row, value) in enumerate(zip(rows, values)):
        text = f"{ratio(value)} ({amount(row.value)} {unit})" if relative else amount(row.value)
        data += ["", "", f"{1 if log else 0} {value} {index} {quoted(text)}"]
        bars.append(_bar(name, index, *fill_of(row.mode)))
        bars.append(f'"{name}.dat" index {index} using (($1>$2?$1:$2)):3:4 with labels left offset 0.6,0')
    script.append("plot " + ", \\\n     ".join(bars))
    about = f"{workload}: " + ", ".join(f"{row.mode} {ratio(value) if relative else amount(value)}"
                                       for row, value in zip(rows, values))
    return Plot(name, about + (" times native" if relative else f" {unit} per operation"), "\n".join(script) + "\n",
                "\n".join(data) + "\n")


def _axis_end(largest: float, base: float, log: bool) -> float:
    """Where an axis ends, with room for the text behind the longest bar."""
    return base * (largest / base) ** 1.6 if log and largest > base else 1.7 * largest


def _bar(name: str, index: int, colour: str, pattern: int, title: str = "", half: float = 0.36) -> str:
    """A horizontal bar from columns 1 to 2 at height 3 of block 'index'."""
    fill = "solid 1.0" if pattern == 3 else f"pattern {pattern}"
    return (f'"{name}.dat" index {index} using 1:3:1:2:($3-{half}):($3+{half}) with boxxyerror '
            f'fs {fill} border lc rgb "#000000" fc rgb "{colour}" lw 0.8 '
            + (f"title {quoted(title)}" if title else "notitle"))


def exits_plot(result: Result, workload: str) -> Plot | None:
    """Stacked bars of the exits per operation by reason, one bar for each mode that has a hypervisor."""
    rows = ordered([row for row in result.rows
                     if row.workload == workload and row.status == OK and row.exits_per_op is not None])
    exits = [row for row in result.exits if row.workload == workload and row.mode in {mode.mode for mode in rows}]
    longest = max((row.exits_per_op for row in rows), default=0)
    if not exits or not longest:
        return None
    reasons, table = _stack(exits)
    everywhere = _stack(result.exits)[0]
    name = plot_name(workload, "exits")
    script = head(name, 560, 100 + 36 * len(rows) + 20 * ((len(reasons) + 2) // 3))
    script += ['set xlabel "exits per operation" offset 0,0.4', f"set yrange [{len(rows) - 0.4}:-0.6]",
               f"set xrange [0:{1.18 * longest:g}]", "set xtics format '%g'",
               'set tmargin', 'set key above left horizontal maxrows 4 width 1 samplen 2 font ",12"',
               "set ytics (" + ", ".join(f"{quoted(row.mode)} {index}" for index, row in enumerate(rows)) + ")"]
    data, bars = ["# from to y label; one block a reason: " + " ".join(reasons)], []
    start = {row.mode: 0.0 for row in rows}
    for index, reason in enumerate(reasons):
        data += ["", "", f"# {reason}"]
        colour, pattern, dark_letters = FILLS[(everywhere + reasons).index(reason) % len(FILLS)]
        for height, row in enumerate(rows):
            count = table.get((row.mode, reason), 0)
            shown = reason if count / longest > 0.012 * len(reason) + 0.06 else ""
            data.append(f"{start[row.mode]:g} {start[row.mode] + count:g} {height} {quoted(shown)}")
            start[row.mode] += count
        bars.append(_bar(name, index, colour, pattern, reason))
        bars.append(f'"{name}.dat" index {index} using (($1+$2)/2):3:4 with labels center '
                    f'font ",11" tc rgb "{"#000000" if dark_letters else "#ffffff"}" notitle')
    data += ["", "", "# whole"] + [f"{row.exits_per_op} {height} {quoted(amount(row.exits_per_op))}"
                                   for height, row in enumerate(rows)]
    bars.append(f'"{name}.dat" index {len(reasons)} using 1:2:3 with labels left offset 0.6,0 notitle')
    script.append("plot " + ", \\\n     ".join(bars))
    about = f"{workload}, exits per operation: " + "; ".join(
        f"{row.mode} {amount(row.exits_per_op)}" for row in rows) + f" ({', '.join(reasons)})"
    return Plot(name, about, "\n".join(script) + "\n", "\n".join(data) + "\n")


def _stack(exits: list[ExitRow]) -> tuple[list[str], dict[tuple[str, str], float]]:
    """The reasons, most frequent first, and the counts by mode and reason; the rare ones are one, 'others'."""
    whole: dict[str, float] = {}
    for row in exits:
        whole[row.reason] = whole.get(row.reason, 0) + row.count_per_op
    reasons = sorted(whole, key=lambda reason: (-whole[reason], reason))
    shown = reasons if len(reasons) <= _MOST_REASONS + 1 else reasons[:_MOST_REASONS]
    table: dict[tuple[str, str], float] = {}
    for row in exits:
        key = row.mode, row.reason if row.reason in shown else "others"
        table[key] = table.get(key, 0) + row.count_per_op
    return shown + (["others"] if len(shown) < len(reasons) else []), table


def overview_plots(result: Result, group: str, order: list[str] | None = None) -> list[Plot]:
    """A group's workloads: what each mode costs relative to native, on a logarithmic axis that is the same in every
    picture; so many of them to a picture as a page or a screen can show. 'order' is of the modes, where it is not the
    common one."""
    rows = [row for row in result.rows if row.ratio_to_native and row.mode != "native" and row.status == OK
            and group in (EVERYTHING, row.workload.partition("/")[0])]
    workloads = list(dict.fromkeys(row.workload for row in rows))
    modes = order or list(dict.fromkeys(row.mode for row in ordered(rows)))
    most = max(1, (_MOST_HEIGHT - _OVERVIEW_FRAME) // _height_of_group(modes))
    pictures = math.ceil(len(workloads) / most)
    cuts = [len(workloads) * number // pictures for number in range(pictures + 1)] if pictures else []
    parts = [workloads[start:end] for start, end in zip(cuts, cuts[1:])]
    return [_overview_plot(f"overview-{group}" + (f"-{number}" if pictures > 1 else ""), part, modes, rows)
            for number, part in enumerate(parts, 1)]


def _height_of_group(modes: list[str]) -> int:
    return max(20, 14 * len(modes) + 10)


def _overview_plot(name: str, workloads: list[str], modes: list[str], all_rows: list[Row]) -> Plot:
    """Of some of the workloads; the axis is that of all rows."""
    largest, least = (pick(row.ratio_to_native for row in all_rows) for pick in (max, min))
    rows, step = [row for row in all_rows if row.workload in workloads], 0.8 / len(modes)
    base = min(0.9, 0.9 * least)
    script = head(name, 960, _OVERVIEW_FRAME + _height_of_group(modes) * len(workloads))
    script += ['set xlabel "cost relative to native (logarithmic)"', f"set yrange [{len(workloads) - 0.4}:-0.6]",
               "set logscale x", f"set xrange [{base:g}:{max(2.0, largest * 1.6):g}]", "set xtics format '%g'",
               "set xtics (1,1.5,2,3,5,10,20,50,100,200,500,1000,2000,5000,10000)" if largest < 10000 else "",
               'set arrow from 1,graph 0 to 1,graph 1 nohead lc rgb "#000000" lw 1.2',
               f'set key above left horizontal maxcols {_KEY_COLUMNS} samplen 2 width 2',
               f'set tmargin {1 + 1.1 * math.ceil(len(modes) / _KEY_COLUMNS):.1f}',
               "set ytics (" + ", ".join(f"{quoted(workload)} {place}"
                                              for place, workload in enumerate(workloads)) + ")"]
    data, bars = ["# from to y label; one block a mode: " + " ".join(modes)], []
    for index, mode in enumerate(modes):
        data += ["", "", f"# {mode}"]
        here = [row for row in rows if row.mode == mode]
        for row in here:
            height_of = workloads.index(row.workload) - 0.4 + step * (index + 0.5)
            data.append(f"1 {row.ratio_to_native} {height_of:g} {quoted(ratio(row.ratio_to_native))}")
        data += [] if here else ['1 NaN 0 ""']
        bars.append(_bar(name, index, *fill_of(mode), title=mode, half=0.46 * step))
        bars.append(f'"{name}.dat" index {index} using (($1>$2?$1:$2)):3:4 with labels left '
                    'offset 0.4,0 font ",10" notitle')
    script.append("plot " + ", \\\n     ".join(bars))
    about = f"Cost relative to native of {len(workloads)} workloads in {', '.join(modes)}; the table has the numbers"
    return Plot(name, about, "\n".join(line for line in script if line) + "\n", "\n".join(data) + "\n")


def gnuplot() -> str | None:
    """The program that draws, or None where it is not installed."""
    return shutil.which("gnuplot")


def draw(plots: list[Plot], folder: Path) -> dict[str, str]:
    """Writes every plot's .dat and .gp into 'folder' and, where gnuplot is there, its .svg; the pictures by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for plot in plots:
        (folder / f"{plot.name}.dat").write_text(plot.data, encoding="utf-8")
        (folder / f"{plot.name}.gp").write_text(plot.script, encoding="utf-8")
    program = gnuplot()
    if not program or not plots:
        return {}
    try:
        done = subprocess.run([program, *(f"{plot.name}.gp" for plot in plots)], cwd=folder, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=_GNUPLOT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise CoopbenchError(f"gnuplot did not end within {_GNUPLOT_SECONDS} s in {folder}") from error
    if done.returncode:
        raise CoopbenchError(f"gnuplot failed in {folder}: "
                             + (done.stderr.strip()[:300] or f"it ended with status {done.returncode}"))
    return {plot.name: (folder / f"{plot.name}.svg").read_text(encoding="utf-8") for plot in plots}


def inline(svg: str, prefix: str, about: str) -> str:
    """A picture as it stands in a page: without prolog, labelled, its ids distinct from those of other pictures."""
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<title>.*?</title>|<desc>.*?</desc>", "", svg, flags=re.S)
    svg = re.sub(r"""(\bid=|href=)(["'])(#?)""", rf"\1\2\3{prefix}-", svg)
    svg = re.sub(r"url\((['\"]?)#", rf"url(\1#{prefix}-", svg)
    label = about.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).rstrip()
