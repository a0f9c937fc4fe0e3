# SPDX-License-Identifier: GPL-2.0-or-later
"""A result's rows for other programs and for papers: CSV, JSON, Markdown, LaTeX."""
from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict

from .modes import Mode
from .outcome import OK
from .result_shape import has_changed_tree
from .results import Result
from .summary import COLUMNS, Row
from .tables import Grid, added, amount, crossings, make_grid, mark, ratio, render_markdown
from .walks_table import render_walks_markdown

FORMATS = ("csv", "json", "md", "latex")
_MOST_ROWS = 55  # of a table in LaTeX: what is longer would be cut off at the foot of its page
LATEX_CLOSING = [r"\hline", r"\end{tabular}", r"\end{table}"]
_MODES_BESIDE = 2
_LATEX_SPECIAL = {"\\": r"\textbackslash{}", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "{": r"\{",
                  "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def export(result: Result, kind: str) -> str:
    """The rows of a result in one of FORMATS."""
    if kind == "csv":
        return render_csv([result])
    if kind == "json":
        return render_json(result)
    return render_markdown(result) + render_walks_markdown(result) if kind == "md" else render_latex(result)


def render_csv(results: list[Result]) -> str:
    """The columns of table.csv, and one more: the lines of records.jsonl that the row was made of."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, "records"], lineterminator="\n")
    writer.writeheader()
    for result in results:
        for row in result.rows:
            cells = {name: "" if value is None else value for name, value in asdict(row).items()}
            writer.writerow(cells | {"records": result.raw.span(row.mode, row.workload)})
    return text.getvalue()


def render_json(result: Result) -> str:
    """run.json without the boots, the rows with their record lines, the exits and the hypercalls."""
    run = {name: value for name, value in result.run.items() if name != "outcomes"}
    rows = [asdict(row) | {"records": result.raw.numbers(row.mode, row.workload)} for row in result.rows]
    whole = {"run": run, "rows": rows, "exits": [asdict(row) for row in result.exits],
             "hypercalls": [asdict(row) for row in result.hypercalls]}
    return json.dumps(whole, indent=1) + "\n"


def latex(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(_LATEX_SPECIAL.get(letter, letter) for letter in text)


def render_latex(result: Result) -> str:
    """The comparison table as tables to be read in by \\input: two modes beside each other, no more rows than a page
    has room for, no package needed."""
    grid, run = make_grid(result.rows), result.run
    blocks = [grid.modes[start:start + _MODES_BESIDE] for start in range(0, len(grid.modes), _MODES_BESIDE)] or [[]]
    tree = "" if not has_changed_tree(run) else ", tree not clean"
    caption = (f"{run['machine']} ({run['cpu_model']}), unit {run['unit']}, run {run['run_id']}{tree}. Native: busy "
               f"{run['unit']} per operation; ratio: to native; +: added per operation; crossings per operation: "
               "VM exits, hypercalls (h), bounces (b).")
    lines = []
    for modes in blocks:
        for workloads in pages_of(grid.workloads):
            lines += latex_opening(caption, 1 + 3 * len(modes)) + _latex_heads(modes) + [r"\hline"]
            lines += [_latex_line(grid, modes, workload) for workload in workloads] + LATEX_CLOSING
    return "\n".join(lines) + "\n"


def pages_of(workloads: list[str]) -> list[list[str]]:
    """The workloads in parts of equal length that a page has room for."""
    pages = max(1, math.ceil(len(workloads) / _MOST_ROWS))
    return [workloads[len(workloads) * page // pages:len(workloads) * (page + 1) // pages] for page in range(pages)]


def latex_opening(caption: str, columns: int) -> list[str]:
    """What a table of names and so many columns of numbers begins with. It is narrow: a column of text has little
    room."""
    return [r"\begin{table}", r"\centering", r"\scriptsize", r"\setlength{\tabcolsep}{3pt}",
            rf"\caption{{{latex(caption)}}}", rf"\begin{{tabular}}{{l{'r' * columns}}}", r"\hline"]


def _latex_heads(modes: list[Mode]) -> list[str]:
    names = "".join(rf" & \multicolumn{{3}}{{c}}{{{latex(mode.name)}}}" for mode in modes)
    axes = "".join(rf" & \multicolumn{{3}}{{c}}{{{latex(mode.axes)}}}" for mode in modes)
    heads = [rf" & native{names} \\"]
    heads += [rf" & {axes} \\"] if modes else []
    return heads + ["workload & per op" + " & ratio & + & crossings" * len(modes) + r" \\"]


def _latex_line(grid: Grid, modes: list[Mode], workload: str) -> str:
    native = grid.row("native", workload)
    cells = [workload, _value(native)]
    for mode in modes:
        cells += _three(grid.row(mode.name, workload))
    return " & ".join(latex(cell) for cell in cells) + r" \\"


def _value(row: Row | None) -> str:
    return "-" if row is None else amount(row.value) + mark(row) if row.status == OK else row.status


def _three(row: Row | None) -> list[str]:
    """Ratio, added units and exits; the value itself in parentheses where there is no native row."""
    if row is None or row.status != OK:
        return ["-" if row is None else row.status, "", ""]
    middle = f"({amount(row.value)})" if row.added_per_op is None else added(row.added_per_op)
    return [ratio(row.ratio_to_native), middle + mark(row), crossings(row)]
