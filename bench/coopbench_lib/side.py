# SPDX-License-Identifier: GPL-2.0-or-later
"""Several machines side by side in one mode: cost, added units and exits per operation, and the exits that differ.

There are no ratios between machines: their units count differently (Bochs counts an instruction that exits, QEMU
does not), and an emulator's count is no time.
"""
from __future__ import annotations

import textwrap

from .errors import UsageError
from .modes import Mode
from .outcome import OK
from .results import Result
from .summary import Row
from .tables import WIDTH, added, amount, columns, mark

_HEADS = ("per op", "added", "exits")
_GAP = "   "

# Why machines differ in an exit reason though the guest does the same.
_EXPLANATIONS = {
    "cpuid": "a C library that starts asks CPUs of different makers and models about their caches by different leaves",
    "external_interrupt": "whether a tick falls into a region depends on all that was executed before it",
    "interrupt_window": "follows a tick that finds the guest with interrupts disabled",
    "nested_fault": "the guest's accesses to its local APIC, which follow a tick",
}


def render_side_by_side(results: list[Result], mode: Mode) -> str:
    """The tables as text. UsageError when the results are not of the same work."""
    _refuse_other_work(results)
    rows = [{row.workload: row for row in result.rows if row.mode == mode.name} for result in results]
    workloads = [workload for workload in dict.fromkeys(name for table in rows for name in table)]
    if not workloads:
        raise UsageError(f"none of these results has a row of {mode.name}")
    lines = [f"{mode.name} ({mode.axes}) on {len(results)} machines", ""]
    lines += side_by_side_table([result.run["machine"] for result in results], rows,
                                workloads) + [""] + _legend(results) + _not_measured(results, rows)
    return "\n".join(lines) + "\n" + _render_differences(results, mode)


def _refuse_other_work(results: list[Result]) -> None:
    first = results[0]
    for other in results[1:]:
        for name in ("switches", "params"):
            if first.run.get(name) != other.run.get(name):
                raise UsageError(f"these results cannot stand side by side: {name} differ between {first.folder} and "
                                 f"{other.folder}")
    operations: dict[str, tuple[int | None, str]] = {}
    for row in (row for result in results for row in result.rows if row.status == OK):
        if operations.setdefault(row.workload, (row.ops, row.params)) != (row.ops, row.params):
            raise UsageError(f"these results cannot stand side by side: {row.workload} is not the same work in all")


def side_by_side_table(titles: list[str], rows: list[dict[str, Row]], workloads: list[str]) -> list[str]:
    """A column for each title and its rows by workload; those that do not fit into the width stand below."""
    cells = [[_cells(table.get(workload)) for workload in workloads] for table in rows]
    widths = [[max(len(line[column]) for line in [_HEADS, *part]) for column in range(len(_HEADS))] for part in cells]
    for title, width in zip(titles, widths):
        width[0] = max(width[0], len(title) - sum(width[1:]) - len(width) + 1)
    name_width = max(map(len, [*workloads, "workload"]))
    lines: list[str] = []
    for block in _blocks([sum(part) + len(_HEADS) - 1 for part in widths], WIDTH - name_width):
        parts = [(titles[index], widths[index], cells[index]) for index in block]
        lines += [""] if lines else []
        lines.append("workload".ljust(name_width) + "".join(
            _GAP + title.center(sum(width) + len(width) - 1) for title, width, _ in parts).rstrip())
        lines.append((" " * name_width + "".join(_GAP + _line(_HEADS, width) for _, width, _ in parts)).rstrip())
        lines.append("-" * max(map(len, lines[-2:])))
        for index, workload in enumerate(workloads):
            lines.append((workload.ljust(name_width) + "".join(
                _GAP + _line(part[index], width) for _, width, part in parts)).rstrip())
    return lines


def _blocks(widths: list[int], room: int) -> list[list[int]]:
    """Which machines stand beside one another."""
    blocks: list[list[int]] = [[]]
    for index, width in enumerate(widths):
        used = sum(widths[other] + len(_GAP) for other in blocks[-1])
        if blocks[-1] and used + len(_GAP) + width > room:
            blocks.append([])
        blocks[-1].append(index)
    return blocks


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return " ".join(cell.rjust(width) for cell, width in zip(cells, widths))


def _cells(row: Row | None) -> tuple[str, str, str]:
    if row is None:
        return "-", "-", "-"
    if row.status != OK:
        return row.status, "-", "-"
    return amount(row.value) + mark(row), added(row.added_per_op), amount(row.exits_per_op)


def _legend(results: list[Result]) -> list[str]:
    lines = []
    for run in (result.run for result in results):
        lines.append(f"{run['machine']}: {run['cpu_model']}, {run['emulator'].get('version') or 'unknown'}, "
                     f"unit {run['unit']}, run {run['run_id']}")
    lines.append("per op: busy units per operation in this mode. added: to native's of the same machine. "
                 "exits: VM exits per operation. * repetitions differ. No ratio between machines: each counts in its "
                 "own way.")
    common = set.intersection(*(set(result.images) for result in results))  # some programs are an image of their own
    if len({tuple(result.images[name] for name in sorted(common)) for result in results}) > 1:
        lines.append("These results are of different images.")
    return [part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="    ")]


def _not_measured(results: list[Result], rows: list[dict[str, Row]]) -> list[str]:
    return [part for result, table in zip(results, rows) for row in table.values() if row.status != OK
            for part in textwrap.wrap(f"{row.status}: {row.workload} on {result.run['machine']}: {row.reason}", WIDTH,
                                      subsequent_indent="    ")]


def _render_differences(results: list[Result], mode: Mode) -> str:
    """The exits by reason in which the machines differ, among the workloads that all have measured."""
    lines, reasons = [], []
    for workload, reason, counts in differing_exits(results, mode):
        lines.append((workload, reason, *map(amount, counts)))
        reasons.append(reason)
    if not lines:
        return "\nEvery machine has the same exits, reason by reason.\n"
    heads = ("workload", "reason", *(result.run["machine"] for result in results))
    text = "\nExits per operation in which the machines differ\n" + columns(heads, lines, left=2)
    for reason, explanation in _EXPLANATIONS.items():
        if reason in reasons:
            text += "\n".join(textwrap.wrap(f"{reason}: {explanation}.", WIDTH, subsequent_indent="    ")) + "\n"
    return text


def unexplained(results: list[Result], mode: Mode) -> list[str]:
    """The exits in which the machines differ for no reason that is known: 'workload reason'."""
    return [f"{workload} {reason}" for workload, reason, _ in differing_exits(results, mode)
            if reason not in _EXPLANATIONS]


def differing_exits(results: list[Result], mode: Mode) -> list[tuple[str, str, list[float]]]:
    """(workload, reason, exits per operation on each machine), where these are not all equal."""
    measured = [{row.workload for row in result.rows if row.mode == mode.name and row.status == OK}
                for result in results]
    counts = [{(row.workload, row.reason): row.count_per_op for row in result.exits if row.mode == mode.name}
              for result in results]
    differing = []
    for workload, reason in dict.fromkeys(key for table in counts for key in table):
        found = [table.get((workload, reason), 0) for table in counts]
        if all(workload in names for names in measured) and len(set(found)) > 1:
            differing.append((workload, reason, found))
    return differing
