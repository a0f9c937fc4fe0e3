# SPDX-License-Identifier: GPL-2.0-or-later
"""The third measured column, beside instructions and exits: table entries read by page walks, mode beside mode."""
from __future__ import annotations

import textwrap

from .outcome import OK
from .results import Result
from .summary import Row
from .tables import WIDTH, amount, columns
from .walks import find_tlb


WALKS_TITLE = "Page walks: table entries read per operation (in parentheses: walks, that is TLB misses)"


def has_walks(result: Result) -> bool:
    """Whether the run counted them."""
    return any(row.walk_references_per_op is not None for row in result.rows)


def render_walks(result: Result) -> str:
    """For each workload a line, for each mode the entries read per operation and the walks that read them."""
    heads, lines = walks_lines(result)
    return (f"{WALKS_TITLE}\n" + columns(heads, lines, left=1)
            + "".join(f"{line}\n" for line in textwrap.wrap(about_walks(result), WIDTH)))


def walks_lines(result: Result) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The heads and cells of that table."""
    modes = list(dict.fromkeys(row.mode for row in result.rows))
    rows = {row.key: row for row in result.rows}
    lines = [(workload, *(_cell(rows.get((mode, workload))) for mode in modes))
             for workload in dict.fromkeys(row.workload for row in result.rows)]
    return ("workload", *modes), lines


def _cell(row: Row | None) -> str:
    if row is None or row.walk_references_per_op is None:
        return "-" if row is None or row.status == OK else row.status
    return f"{amount(round(row.walk_references_per_op, 2))} ({amount(round(row.walks_per_op, 2))})"


def about_walks(result: Result) -> str:
    """Which TLBs, and what they are a model of."""
    tlb = find_tlb(result.run["walks"]["tlb"])
    return (f"TLBs: {tlb.name} ({tlb.means}). Counted from outside over the tables that stood in memory, in two "
            "dimensions under nested paging; hypervisor and guest together. A count, not a time: what a reference "
            "costs depends on where it hits.")


def render_walks_markdown(result: Result) -> str:
    """The same for table.md; nothing where the run counted none."""
    if not has_walks(result):
        return ""
    heads, lines = walks_lines(result)
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    return (f"\n## {WALKS_TITLE}\n\n" + "".join("| " + " | ".join(cells) + " |\n" for cells in [heads, rule, *lines])
            + f"\n{about_walks(result)}\n")
