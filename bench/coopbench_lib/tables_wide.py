# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison table of many modes, beside one another in 100 columns: one part for the ratio to native, one for the
added units, one for the crossings by class. Workloads stand below the names of their groups."""
from __future__ import annotations

from collections.abc import Callable

from .modes import Mode
from .outcome import OK
from .summary import Row

_LEAST_CELL = 13
_NATIVE = 11
_INDENT = "  "


def cell_width(modes: list[Mode]) -> int:
    """The column of a mode: room for every name, and a gap."""
    return max(_LEAST_CELL, *(len(_name(mode)) + 1 for mode in modes))


def beside(width: int, names: int, modes: list[Mode]) -> int:
    """How many modes fit into so many columns behind the names and native's column."""
    return max(1, (width - names - _NATIVE) // cell_width(modes))


def name_width(workloads: list[str]) -> int:
    """The column of the workloads' names, without their groups."""
    return max(len(_INDENT + workload.partition("/")[2]) for workload in workloads) + 1


def wide_block(modes: list[Mode], workloads: list[str], row_of: Callable[[str, str], Row | None], unit: str,
               write: dict[str, Callable[[Row], str]]) -> list[str]:
    """The lines of some modes. 'write' has the words of a part's cells: of native, ratio, added, crossings."""
    width, cell = name_width(workloads), cell_width(modes)
    lines = _heads(modes, width, cell)
    rule = "-" * max(map(len, lines))
    parts = (("ratio", f"{unit}/op natively, and the ratio to it"), ("added", f"{unit}/op added to native"),
             ("crossings", "crossings per operation"))
    for part, title in parts:
        lines += [rule, title]
        for place, workload in enumerate(workloads):
            group, _, name = workload.partition("/")
            if not place or workloads[place - 1].partition("/")[0] != group:
                lines.append(f"{group}/")
            native = row_of("native", workload)
            line = (_INDENT + name).ljust(width) + (_cell(native, write["native"]) if part == "ratio"
                                                    else "").rjust(_NATIVE)
            line += "".join(_cell(row_of(mode.name, workload), write[part]).rjust(cell) for mode in modes)
            lines.append(line.rstrip())
    return lines


def _heads(modes: list[Mode], width: int, cell: int) -> list[str]:
    """Names, and below each its choices on the three axes."""
    lines = [" " * width + "native".rjust(_NATIVE) + "".join(_name(mode).rjust(cell) for mode in modes)]
    for axis in ("cpu", "mmu", "io"):
        lines.append(" " * (width + _NATIVE) + "".join(getattr(mode, axis).rjust(cell) for mode in modes))
    return lines


def _name(mode: Mode) -> str:
    """A point without a name has only its axes."""
    return "" if mode.name == mode.axes else mode.name


def _cell(row: Row | None, write: Callable[[Row], str]) -> str:
    if row is None:
        return "-"
    return write(row) if row.status == OK else row.status
