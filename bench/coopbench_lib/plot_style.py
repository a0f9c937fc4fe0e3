# SPDX-License-Identifier: GPL-2.0-or-later
"""How every plot looks: font, colours, patterns, shapes of points, the lines that a gnuplot script begins with, and the
numbers on axes as people write them.

Colours are those of Okabe and Ito, which colour-blind readers tell apart; fill patterns, black borders, shapes of
points and names beside what is drawn let black-and-white print survive.
"""
from __future__ import annotations

import math

from .modes import find_mode

FONT = "DejaVu Sans,Helvetica,Arial"
# (colour, gnuplot fill pattern, whether black letters can be read on it); 3 is solid.
FILLS = (("#0072B2", 3, False), ("#F0E442", 3, True), ("#D55E00", 3, False), ("#56B4E9", 3, True),
         ("#000000", 3, False), ("#E69F00", 3, True), ("#009E73", 3, False), ("#CC79A7", 3, True))
_MODE_FILLS = {"native": ("#999999", 3), "full-nested": ("#0072B2", 3), "full-shadow": ("#F0E442", 3),
               "paravirt": ("#D55E00", 2), "coop": ("#56B4E9", 3), "coop-nested": ("#000000", 3),
               "hybrid-shadow": ("#009E73", 2), "lguest": ("#CC79A7", 3),
               "linux": ("#999999", 4), "xen-pv": ("#D55E00", 4), "kvm-nested": ("#0072B2", 4),
               "kvm-shadow": ("#F0E442", 4), "process": ("#999999", 3), "bubblewrap": ("#56B4E9", 3),
               "lxc": ("#009E73", 4), "uml": ("#D55E00", 3), "qemu": ("#000000", 3)}
_UNNAMED_FILL = ("#555555", 2)
_POINT_SHAPES = (7, 5, 9, 13, 11, 4, 6, 8, 10, 12)


def fill_of(mode: str) -> tuple[str, int]:
    """A mode's colour and gnuplot fill pattern; a peer has the colour of the mode that is nearest to it."""
    return _MODE_FILLS.get(mode.removesuffix("-off"), _UNNAMED_FILL)


def line_colour(mode: str) -> str:
    """A mode's colour in bars, but for yellow, which is no colour for a line on white."""
    colour = fill_of(find_mode(mode).name)[0]
    return {"#F0E442": "#E69F00"}.get(colour, colour)


def point_shape(index: int) -> int:
    """gnuplot's number of the shape of the points on a plot's line."""
    return _POINT_SHAPES[index % len(_POINT_SHAPES)]


def quoted(text: str) -> str:
    """A string as gnuplot reads it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def opening(name: str, width: int, height: int, font_size: int = 13) -> list[str]:
    """What every script begins with; it draws into name.svg."""
    return ["# SPDX-License-Identifier: GPL-2.0-or-later", "reset",
            f'set terminal svg size {width},{height} fixed font "{FONT},{font_size}" background "#ffffff" noenhanced',
            "set encoding utf8", f'set output "{name}.svg"']


def line_opening(name: str, width: int, height: int, font_size: int = 13) -> list[str]:
    """The same of a plot of lines: axes to the left and below, and a grid."""
    return opening(name, width, height, font_size) + ["set border 3", "set tics nomirror out",
                                                      'set grid lc rgb "#cccccc" lt 1 lw 0.5']


def powers(ys: list[float]) -> str:
    """The powers of ten around the values, as gnuplot's words for an axis."""
    found = [10.0 ** exponent for exponent in range(-6, 15) if min(ys) / 10 < 10.0 ** exponent < max(ys) * 10]
    words = {6: "million", 9: "billion", 12: "trillion"}
    texts = []
    for power in found:
        size = max((size for size in words if power >= 10 ** size), default=0)
        texts.append(f"{power / 10 ** size:g} {words[size]}" if size else f"{power:,g}" if power >= 1 else f"{power:g}")
    return ", ".join(f"{quoted(text)} {power:g}" for text, power in zip(texts, found))


def steps(ys: list[float]) -> list[float]:
    """Round numbers from 0 to one that is not below the greatest value, at most nine."""
    size = 10.0 ** math.floor(math.log10(max(ys))) if max(ys) > 0 else 1.0
    step = next(part * size for part in (0.2, 0.5, 1, 2) if max(ys) / (part * size) <= 7)
    return [step * number for number in range(max(1, math.ceil(max(ys) / step)) + 1)]


def linear(ys: list[float]) -> list[str]:
    """The vertical axis from 0."""
    found = steps(ys)
    texts = [f'"{step:,g}" {step:g}' if found[-1] < 10 else f'"{step:,.0f}" {step:.0f}' for step in found]
    return [f"set ytics ({', '.join(texts)})", f"set yrange [0:{found[-1]:g}]"]


def marks(xs: list[int], is_log: bool) -> list[int]:
    """At most twelve of sorted values, on a linear axis those that do not stand upon one another."""
    if is_log:
        return xs[::max(1, (len(xs) + 11) // 12)]
    step, last = (xs[-1] - xs[0]) / 9, None
    found = []
    for x in xs:
        if last is None or x - last >= step:
            found.append(x)
            last = x
    return found
