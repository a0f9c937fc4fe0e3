# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reader sees of a result: the comparison table, the dearest exits, the exits by reason; as text and Markdown.

A default table fits 100 columns: modes that do not fit beside one another stand below one another.
"""
from __future__ import annotations

import textwrap
from dataclasses import dataclass

from . import tables_wide
from .guests import GUESTS
from .machines import unit_means
from .modes import Mode, find_mode
from .outcome import OK
from .result_shape import has_changed_tree
from .results import Result
from .sample_views import remarks
from .summary import ExitRow, Row

WIDTH = 100
_NATIVE_WIDTH = 14
_COLUMN_WIDTHS = (9, 11, 9)
_MODE_WIDTH = sum(_COLUMN_WIDTHS) + len(_COLUMN_WIDTHS) - 1
_GAP = "  "
DEAREST = 8
# So many modes stand beside native in full; more than these share parts of one figure each (tables_wide.py).
_PAIR = 2
# Fewer crossings than this are a timer's, not the operation's.
_LEAST_CROSSING = 0.01
_CROSSINGS_WIDTH = 12
# Up to this part of the value a spread is only counted: warm caches of the guest kernel, an allocator's state.
SMALL_SPREAD = 0.001


def amount(value: float | None) -> str:
    """A cost or a count: whole numbers as they are, others with as many digits as say something."""
    if value is None:
        return "-"
    if value == int(value):
        return f"{int(value):,}"
    size = abs(value)
    for least, digits in ((10000, ",.0f"), (100, ",.1f"), (0.1, ".2f")):
        if size >= least:
            return format(value, digits)
    return format(value, ".2g")


def added(value: float | None) -> str:
    """A difference, with its sign."""
    return "-" if value is None else "0" if value == 0 else f"{'+' if value > 0 else ''}{amount(value)}"


def spread(low: float, high: float) -> str:
    """Two costs with as many digits as tell them apart."""
    if amount(low) != amount(high):
        return f"{amount(low)} to {amount(high)}"
    return f"{low:,.4f}".rstrip("0").rstrip(".") + " to " + f"{high:,.4f}".rstrip("0").rstrip(".")


def ratio(value: float | None) -> str:
    """A ratio with three digits that count."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def share(value: float) -> str:
    """A part of the whole, in percent."""
    return f"{100 * value:.1f}%"


@dataclass(frozen=True)
class Grid:
    """The rows of a result by workload and mode."""

    workloads: list[str]
    modes: list[Mode]
    rows: dict[tuple[str, str], Row]

    def row(self, mode: str, workload: str) -> Row | None:
        return self.rows.get((mode, workload))


def make_grid(rows: list[Row]) -> Grid:
    """Workloads and modes in the order in which the rows name them, native apart."""
    workloads = list(dict.fromkeys(row.workload for row in rows))
    modes = [find_mode(name) for name in dict.fromkeys(row.mode for row in rows) if name != "native"]
    return Grid(workloads, modes, {row.key: row for row in rows})


def render_table(result: Result) -> str:
    """The comparison table as text, with what a reader must know to read it."""
    grid = make_grid(result.rows)
    name_width = max([len(workload) for workload in grid.workloads] + [len("workload")])
    lines = [_title(result), ""]
    if len(grid.modes) <= _PAIR:
        lines += _block(grid, grid.modes, name_width, _unit(result)) + [""]
    else:
        beside = tables_wide.beside(WIDTH, tables_wide.name_width(grid.workloads), grid.modes)
        for start in range(0, len(grid.modes), beside):
            lines += tables_wide.wide_block(grid.modes[start:start + beside], grid.workloads, grid.row, _unit(result),
                                            _WIDE) + [""]
    below = _legend(result) + _remarks(grid) + switch_lines(result) + remarks(result) + loss_lines(result)
    return "\n".join(lines + [wrapped for line in below for wrapped in _wrap(line)]) + "\n"


def _wide_added(row: Row) -> str:
    return f"({amount(row.value)}){mark(row)}" if row.added_per_op is None else added(row.added_per_op) + mark(row)


def crossings(row: Row) -> str:
    """Crossings by class: exits, hypercalls (h), bounces (b); '0' where there is none at all."""
    if row.exits_per_op is None:
        return "-"
    calls, bounces = row.hypercalls_per_op or 0, row.bounces_per_op or 0
    parts = [(number, letter) for number, letter in ((row.exits_per_op - calls - bounces, ""), (calls, "h"), (bounces,
                                                                                                              "b"))
             if number >= _LEAST_CROSSING]
    if len(parts) == 1 and not parts[0][1]:
        return amount(round(parts[0][0], 6))
    for digits in (3, 2, 1):
        text = "+".join(_short(number, digits) + letter for number, letter in parts)
        if len(text) <= _CROSSINGS_WIDTH:
            break
    return text or "0"


def _short(value: float, digits: int) -> str:
    """A count that shares its cell with others: only digits that count."""
    return amount(round(value)) if value >= 10 ** (digits - 1) or value == round(value) else format(value,
                                                                                                    f".{digits}g")


_WIDE = {"native": lambda row: amount(row.value) + mark(row), "ratio": lambda row: ratio(row.ratio_to_native),
         "added": _wide_added, "crossings": crossings}


def _wrap(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent="    ")


def _unit(result: Result) -> str:
    return result.run["unit"]


def _title(result: Result) -> str:
    run = result.run
    tree = "" if not has_changed_tree(run) else ", tree not clean"
    other = "" if run.get("guest", GUESTS[0].name) == GUESTS[0].name else f", guest {run['guest']}"
    return f"{run['machine']} ({run['cpu_model']}), unit {run['unit']}{other}, run {run['run_id']}{tree}"


def _block(grid: Grid, modes: list[Mode], name_width: int, unit: str) -> list[str]:
    """One table: native, then the given modes beside one another."""
    heads = ["workload".ljust(name_width) + "native".rjust(_NATIVE_WIDTH),
             " " * name_width + f"{unit}/op".rjust(_NATIVE_WIDTH),
             " " * (name_width + _NATIVE_WIDTH)]
    for mode in modes:
        heads[0] += _GAP + mode.name.center(_MODE_WIDTH)
        heads[1] += _GAP + mode.axes.center(_MODE_WIDTH)
        heads[2] += _GAP + _cells("ratio", f"+{unit}/op", "exits/op")
    if not modes:
        heads.pop()
    lines = [head.rstrip() for head in heads]
    lines.append("-" * max(map(len, lines)))
    for workload in grid.workloads:
        line = workload.ljust(name_width) + _native_cell(grid.row("native", workload)).rjust(_NATIVE_WIDTH)
        for mode in modes:
            line += _GAP + _mode_cells(grid.row(mode.name, workload))
        lines.append(line.rstrip())
    return lines


def _cells(*texts: str) -> str:
    return " ".join(text.rjust(width) for text, width in zip(texts, _COLUMN_WIDTHS))


def _native_cell(row: Row | None) -> str:
    if row is None:
        return "-"
    return amount(row.value) + mark(row) if row.status == OK else row.status


def _mode_cells(row: Row | None) -> str:
    """Ratio, added units and exits of one row. Without a native row the value itself stands in the middle."""
    if row is None:
        return _cells("-", "-", "-")
    if row.status != OK:
        return row.status.rjust(_MODE_WIDTH)
    if row.added_per_op is None:
        return _cells("-", f"({amount(row.value)}){mark(row)}", amount(row.exits_per_op))
    return _cells(ratio(row.ratio_to_native), added(row.added_per_op) + mark(row), amount(row.exits_per_op))


def mark(row: Row) -> str:
    """What stands behind a number that is not exact."""
    if row.repeatable != "yes":
        return "?"
    return "*" if row.interval == "min-max" and row.repetitions > 1 else ""


def _legend(result: Result, is_markdown: bool = False) -> list[str]:
    unit = _unit(result)
    means = unit_means(unit)
    lines = [f"{unit} = {means}."] if means else []
    has_classes = is_markdown or len({row.mode for row in result.rows} - {"native"}) > _PAIR
    lines += [f"native: busy {unit} per operation. ratio: to native. +{unit}/op: added to native's. "
              + ("crossings: VM exits of other kinds, h: hypercalls, b: bounces (system calls and faults of a kernel "
                 "in ring 3 that the hypervisor hands on to it)."
                 if has_classes else "exits/op: VM exits per operation.")]
    if any(row.added_per_op is None and row.status == OK and row.mode != "native" for row in result.rows):
        lines.append(f"(in parentheses: {unit} per operation, where there is no native row to compare with)")
    return lines


def switch_lines(result: Result) -> list[str]:
    """What the switches that are not at their defaults did; and what the cooperative features did, by their counts."""
    return ([f"{switch}: {where}: {text}" for switch, places in (result.run.get("shown_active") or {}).items()
             for where, text in places.items()]
            + [f"{mode}, all rows: " + "; ".join(f"{switch}: {text}" for switch, text in features.items())
               for mode, features in (result.run.get("features") or {}).items()])


def loss_lines(result: Result) -> list[str]:
    """What of the records behind the figures is damaged: these have no line, or too few, that could prove them."""
    return [f"Damaged: {line}." for line in result.raw.told()]


def _remarks(grid: Grid) -> list[str]:
    """Rows that are no exact number, rows that the tick touched, and rows without a number."""
    rows = list(grid.rows.values())
    inexact = [row for row in rows if row.status == OK and mark(row) and row.repeatable == "yes"
               and row.interval != "ci95"]
    return _spreads(inexact) + _ticks(rows) + _outside(rows) + _not_measured(rows)


def _spreads(rows: list[Row]) -> list[str]:
    """Small spreads are counted, great ones shown; table.csv has all."""
    great = [row for row in rows if row.high - row.low > SMALL_SPREAD * row.value]
    lines = [f"* {row.mode} {row.workload}: {spread(row.low, row.high)} in {row.repetitions} repetitions"
             for row in great]
    if len(great) < len(rows):
        lines.insert(0, f"* repetitions differ, by less than {100 * SMALL_SPREAD:g}% in {len(rows) - len(great)} rows"
                     + (" and more in:" if great else ""))
    return lines


def _ticks(rows: list[Row]) -> list[str]:
    touched = [f"{row.mode} {row.workload} ({row.ticks} of {row.repetitions})" for row in rows if row.ticks]
    return [f"repetitions with a timer interrupt in them: {', '.join(touched)}"] if touched else []


def _outside(rows: list[Row]) -> list[str]:
    names = [f"{row.mode} {row.workload}" for row in rows if row.status == OK and row.repeatable != "yes"]
    return [f"? {', '.join(names)}: the emulator's own device works outside the count and in its own time: another run "
            "gives another number, and nothing is compared with it"] if names else []


def _not_measured(rows: list[Row]) -> list[str]:
    """Why there is no number: one line where several modes have the same reason."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row.status != OK:
            reasons.setdefault((row.status, row.workload, row.reason), []).append(row.mode)
    return [f"{status}: {workload} in {', '.join(modes)}: {reason}"
            for (status, workload, reason), modes in reasons.items()]


def render_dearest(result: Result) -> str:
    """The exit reasons that take the greatest part of a workload."""
    dearest = sorted(result.exits, key=lambda row: -row.time_share)[:DEAREST]
    if not dearest:
        return ""
    return "Dearest exits, by their part of the workload's busy units\n" + render_exits(dearest, result.run["unit"])


def render_exits(exits: list[ExitRow], unit: str) -> str:
    """Exits by reason as text."""
    heads = ("mode", "workload", "reason", "per op", "min", "p50", "p99", "max", "share")
    lines = [(row.mode, row.workload, row.reason, amount(row.count_per_op), amount(row.min), amount(row.p50),
              amount(row.p99), amount(row.max), share(row.time_share)) for row in exits]
    return columns(heads, lines, left=3) + f"min, p50, p99, max: {unit} from an exit to the next entry.\n"


def columns(heads: tuple[str, ...], lines: list[tuple[str, ...]], left: int) -> str:
    """A plain table: the first 'left' columns flush left, the others flush right."""
    widths = [max(len(line[index]) for line in [heads, *lines]) for index in range(len(heads))]
    text = []
    for line in [heads, *lines]:
        cells = [cell.ljust(width) if index < left else cell.rjust(width)
                 for index, (cell, width) in enumerate(zip(line, widths))]
        text.append("  ".join(cells).rstrip())
    text.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(text) + "\n"


def render_markdown(result: Result) -> str:
    """table.md: the comparison table, every mode beside the other, and the exits behind it."""
    grid, unit = make_grid(result.rows), _unit(result)
    heads = ["workload", f"native {unit}/op"]
    for mode in grid.modes:
        heads += [f"{mode.name} ({mode.axes}) ratio", f"+{unit}/op", "crossings/op"]
    lines = [f"# {_title(result)}", "", _markdown_row(heads), _markdown_row(["---"] + ["---:"] * (len(heads) - 1))]
    for workload in grid.workloads:
        cells = [workload, _native_cell(grid.row("native", workload))]
        for mode in grid.modes:
            cells += _markdown_cells(grid.row(mode.name, workload))
        lines.append(_markdown_row(cells))
    lines += ["", *(f"{line}  " for line in _legend(result, is_markdown=True)), ""]
    lines += [f"- {line.removeprefix('* ')}" for line in _remarks(grid) + switch_lines(result) + remarks(result)
              + loss_lines(result)]
    return "\n".join(lines).rstrip() + "\n"


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cells).replace("*", "\\*") + " |"


def _markdown_cells(row: Row | None) -> list[str]:
    if row is None or row.status != OK:
        return ["-" if row is None else row.status, "", ""]
    if row.added_per_op is None:
        return ["-", f"({amount(row.value)}){mark(row)}", crossings(row)]
    return [ratio(row.ratio_to_native), added(row.added_per_op) + mark(row), crossings(row)]
