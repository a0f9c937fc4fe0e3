# SPDX-License-Identifier: GPL-2.0-or-later
"""All modes of a result at a glance: one table of ratios to native, darker where a mode costs more."""
from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .outcome import OK
from .plots import plot_name
from .summary import Row
from .tables import Grid, ratio

if TYPE_CHECKING:
    from .report import Section

# The ratio from which on a cell is of a darker shade, which black-and-white print keeps.
_SHADES = (1.05, 1.5, 2.5, 5, 20)


def anchor(section: Section, workload: str) -> str:
    """Where a workload stands in the page."""
    return f"w{section.number}-{plot_name(workload, 'all')}"


def glance(section: Section, grid: Grid) -> str:
    """The table; nothing where there is no native row to compare with, or a single mode."""
    modes = [mode.name for mode in grid.modes]
    workloads = [name for name in grid.workloads if any(_ratio(grid.row(mode, name)) for mode in modes)]
    if not workloads or len(modes) < 2:
        return ""
    heads = "".join(f'<th class="first">{escape(mode)}</th>' for mode in modes)
    lines = "".join(
        f'<tr><th class="name" scope="row"><a href="#{anchor(section, name)}">{escape(name)}</a></th>'
        + "".join(_cell(grid.row(mode, name)) for mode in modes) + "</tr>" for name in workloads)
    shades = "".join(f'<td class="shade{place}">{bound:g} and more</td>' for place, bound in enumerate(_SHADES, 1))
    return ('<h3>At a glance: cost relative to native</h3><div class="wide"><table class="glance"><thead><tr>'
            f'<th class="name">workload</th>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'
            f'<table class="glance small"><tr><td>shades:</td>{shades}</tr></table>')


def _ratio(row: Row | None) -> float | None:
    return row.ratio_to_native if row and row.status == OK else None


def _shade(value: float) -> int:
    return sum(value >= bound for bound in _SHADES)


def _cell(row: Row | None) -> str:
    value = _ratio(row)
    if value is None:
        return f'<td class="none">{escape(row.status) if row and row.status != OK else "–"}</td>'
    return f'<td class="shade{_shade(value)}">{ratio(value)}</td>'
