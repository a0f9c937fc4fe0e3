# SPDX-License-Identifier: GPL-2.0-or-later
"""The timeline: one lane a mode, from the region's begin; guest and hypervisor coloured, every crossing a mark in the
row of its kind. Where crossings stand closer than the picture can show, a column shows how much of its time is whose.
"""
from __future__ import annotations

from collections import Counter

from .plot_style import FONT, quoted
from .plots import Plot
from .tables import amount
from .trace import Lane, kind

_WIDTH, _ROW, _BAND, _GAP, _HEAD, _FOOT = 1100, 17, 30, 34, 64, 70
_COLUMNS = 800  # what is closer together than this part of the picture becomes one
_DENSE = 400    # crossings, from which on columns show parts instead of pieces
_MOST_ROWS = 8
_GUEST, _HYPERVISOR, _IDLE = "#B9DCF2", "#D55E00", "#DDDDDD"
_MARKS = ("#0072B2", "#CC79A7", "#009E73", "#000000", "#E69F00", "#56B4E9", "#7A4A00", "#555555")


def timeline_plot(lanes: list[Lane], title: str, unit: str, terminal: str = "svg") -> Plot:
    """The picture as gnuplot's data and script; 'terminal' is svg or pngcairo."""
    rows = {lane.mode.name: _rows(lane) for lane in lanes}
    height = _HEAD + _FOOT + sum(_BAND + _GAP + _ROW * len(rows[lane.mode.name]) for lane in lanes)
    width = max(lane.span for lane in lanes)
    data: list[str] = ["# blocks: x from to, y from to; three of each lane (guest, hypervisor, idle), then its rows"]
    script, drawn, top, index = _script(title, unit, terminal, height, width), [], float(height - _HEAD - _FOOT), 0
    colours = _colours(lanes)
    for lane in lanes:
        script.append(_text(_lane_title(lane, unit), top - 0.45 * _GAP, "graph 0", bold=True))
        top -= _GAP
        for colour, boxes in zip((_GUEST, _HYPERVISOR, _IDLE), _band(lane, top - _BAND, top, width)):
            data += ["", "", *(boxes or ["0 0 0 0"])]
            drawn.append(_boxes(index, colour))
            index += 1
        top -= _BAND
        for name, (places, count) in rows[lane.mode.name].items():
            middle = top - _ROW / 2
            script.append(_label(f"{name} ×{count:,}", middle))
            data += ["", "", *(f"{place} {top - _ROW + 3} 0 {_ROW - 5}" for place in places)]
            drawn.append(f'"timeline.dat" index {index} using 1:2:3:4 with vectors nohead lw 1.4 lc rgb '
                         f'"{colours[name]}"')
            index += 1
            top -= _ROW
    script.append("plot " + ", \\\n     ".join(drawn))
    about = f"{title}: " + "; ".join(_lane_title(lane, unit) for lane in lanes)
    return Plot("timeline", about, "\n".join(script) + "\n", "\n".join(data) + "\n")


def _script(title: str, unit: str, terminal: str, height: int, width: int) -> list[str]:
    size = f"set terminal svg size {_WIDTH},{height} fixed" if terminal == "svg" else \
        f"set terminal pngcairo size {_WIDTH},{height}"
    return ["# SPDX-License-Identifier: GPL-2.0-or-later", "reset",
            f'{size} font "{FONT},12" background "#ffffff" noenhanced', "set encoding utf8",
            f'set output "timeline.{"svg" if terminal == "svg" else "png"}"', "unset key", "set border 1",
            "set tics nomirror out", "unset ytics", f"set xtics ({_tics(width)})",
            f"set xrange [0:{width}]", f"set yrange [0:{height - _HEAD - _FOOT}]",
            f"set lmargin at screen {250 / _WIDTH:.4f}", f"set rmargin at screen {1 - 30 / _WIDTH:.4f}",
            f"set tmargin at screen {1 - _HEAD / height:.4f}", f"set bmargin at screen {_FOOT / height:.4f}",
            f"set xlabel {quoted(unit + ' since the region began')}",
            f'set label {quoted(title)} at screen 0.5,{1 - 20 / height:.4f} center font "{FONT},15"',
            *_legend(height)]


def _tics(width: int) -> str:
    """At most ten round places on the axis, written as people read them."""
    step = 10 ** max(0, len(str(width)) - 2)
    step *= next(factor for factor in (1, 2, 5, 10) if width / (step * factor) <= 10)
    return ", ".join(f"{quoted(f'{place:,}')} {place}" for place in range(0, width + 1, step))


def _legend(height: int) -> list[str]:
    """Which colour is whose, above the first lane."""
    lines, y = [], 1 - 46 / height
    for place, (colour, text) in enumerate(((_GUEST, "guest"), (_HYPERVISOR, "hypervisor"), (_IDLE, "idle"))):
        x = 0.36 + 0.11 * place
        lines.append(f'set object rectangle from screen {x:.3f},{y - 5 / height:.4f} to screen {x + 0.015:.3f},'
                     f'{y + 5 / height:.4f} fc rgb "{colour}" fs solid border lc rgb "#000000"')
        lines.append(f"set label {quoted(text)} at screen {x + 0.02:.3f},{y:.4f} left")
    return lines


def _text(text: str, y: float, x: str, bold: bool = False) -> str:
    font = f' font "{FONT},12:bold"' if bold else ""
    return f"set label {quoted(text)} at {x},first {y:.1f} left{font}"


def _label(text: str, y: float) -> str:
    """Left of a row of marks."""
    return f'set label {quoted(text)} at graph 0,first {y:.1f} right offset -0.8,0 font "{FONT},11"'


def _boxes(index: int, colour: str) -> str:
    return (f'"timeline.dat" index {index} using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror '
            f'fs solid 1.0 noborder fc rgb "{colour}"')


def _lane_title(lane: Lane, unit: str) -> str:
    axes = "the bare machine" if lane.mode.native else lane.mode.axes
    crossings = "" if lane.mode.native else f", {amount(lane.traced.region.exit_count)} crossings"
    return f"{lane.mode.name} ({axes}): {amount(lane.plain.busy)} {unit}{crossings}"


def _rows(lane: Lane) -> dict[str, tuple[list[int], int]]:
    """Places and number of the crossings of each kind, the most frequent first; the rarest kinds share a row."""
    counts = Counter(kind(crossing) for crossing in lane.crossings)
    names = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    shown = names if len(names) <= _MOST_ROWS else names[:_MOST_ROWS - 1]
    rows: dict[str, tuple[list[int], int]] = {name: ([], counts[name]) for name in shown}
    if len(shown) < len(names):
        rows["others"] = ([], sum(counts[name] for name in names[len(shown):]))
    last: dict[str, int] = {}
    for crossing in lane.crossings:
        name = kind(crossing) if kind(crossing) in shown else "others"
        column = crossing.at * _COLUMNS // max(1, lane.span)
        if last.get(name) != column:
            rows[name][0].append(crossing.at)
        last[name] = column
    return rows


def _colours(lanes: list[Lane]) -> dict[str, str]:
    """One colour a kind, the same in every lane."""
    names = list(dict.fromkeys(name for lane in lanes for name in _rows(lane)))
    return {name: _MARKS[place % len(_MARKS)] for place, name in enumerate(names)}


def _band(lane: Lane, bottom: float, top: float, width: int) -> tuple[list[str], list[str], list[str]]:
    """Boxes of guest, hypervisor and idle time. The guest's is the whole; the others lie on it."""
    guest = [f"0 {lane.span} {bottom} {top}"]
    if len(lane.crossings) <= _DENSE:
        hypervisor = [f"{crossing.at} {crossing.at + crossing.cost} {bottom} {top}" for crossing in lane.crossings]
        idle = [f"{crossing.at + crossing.cost} {crossing.end} {bottom} {top}" for crossing in lane.crossings
                if crossing.idle]
        return guest, hypervisor, idle
    step = max(1, width // _COLUMNS)
    hypervisor, idle = [], []
    for column, (busy, slept) in enumerate(_shares(lane, step)):
        left, right = column * step, min(lane.span, (column + 1) * step)
        middle = bottom + (top - bottom) * min(1.0, busy / step)
        if busy:
            hypervisor.append(f"{left} {right} {bottom} {middle:.2f}")
        if slept:
            idle.append(f"{left} {right} {middle:.2f} {min(top, middle + (top - bottom) * slept / step):.2f}")
    return guest, hypervisor, idle


def _shares(lane: Lane, step: int) -> list[tuple[int, int]]:
    """Hypervisor's and idle units in each column of 'step' units."""
    shares = [[0, 0] for _ in range(lane.span // step + 1)]
    for crossing in lane.crossings:
        for which, start, end in ((0, crossing.at, crossing.at + crossing.cost),
                                  (1, crossing.at + crossing.cost, crossing.end)):
            while start < end:
                column = start // step
                piece = min(end, (column + 1) * step) - start
                if column < len(shares):
                    shares[column][which] += piece
                start += piece
    return [(busy, slept) for busy, slept in shares]
