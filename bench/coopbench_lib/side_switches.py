# SPDX-License-Identifier: GPL-2.0-or-later
"""Several results of one machine side by side that differ in their switches: a column for each mode and setting."""
from __future__ import annotations

import textwrap

from .errors import UsageError
from .results import Result
from .side import side_by_side_table
from .summary import Row
from .tables import WIDTH, mark


def differ_in_switches(results: list[Result]) -> bool:
    """Whether these are of one machine, under several settings of its switches."""
    return (len({result.run["machine"] for result in results}) == 1
            and any(result.run.get("switches") != results[0].run.get("switches") for result in results))


def render_switches(results: list[Result]) -> str:
    """The table as text: every mode of every result, the bare machine once. UsageError when the results are not of the
    same work or of other images."""
    first = results[0]
    for other in results[1:]:
        if other.run.get("params") != first.run.get("params") or other.images != first.images:
            raise UsageError("these results cannot stand side by side: parameters or images differ between "
                             f"{first.folder} and {other.folder}")
    titles, columns = [], []
    for result in results:
        for mode in dict.fromkeys(row.mode for row in result.rows):
            if mode == "native" and "native" in titles:
                continue
            titles.append(" ".join([mode, *_settings(result, results)]) if mode != "native" else mode)
            columns.append({row.workload: row for row in result.rows if row.mode == mode})
    workloads = list(dict.fromkeys(name for column in columns for name in column))
    head = f"{first.run['machine']} ({first.run['cpu_model']}), unit {first.run['unit']}"
    return "\n".join([head, "", *side_by_side_table(titles, columns, workloads), "", *_legend(columns)]) + "\n"


def _settings(result: Result, results: list[Result]) -> list[str]:
    """The switches in which results differ, as this one has them; those that it leaves alone are not named."""
    names = sorted({name for other in results for name in other.run.get("switches", {})})
    values = {name: [other.run.get("switches", {}).get(name) for other in results] for name in names}
    mine = result.run.get("switches", {})
    return [f"{name}={mine[name]}" for name in names if name in mine and len(set(values[name])) > 1]


def _legend(columns: list[dict[str, Row]]) -> list[str]:
    text = ("per op: busy units per operation. added: to native's in the same result. exits: VM exits per operation."
            + (" * repetitions differ."
               if any(mark(row) == "*" for column in columns for row in column.values()) else ""))
    return textwrap.wrap(text, WIDTH, subsequent_indent="    ")
