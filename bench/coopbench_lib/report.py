# SPDX-License-Identifier: GPL-2.0-or-later
"""One report of any set of results: a page (index.html), Markdown, CSV and LaTeX, with the plots beside them.

Nothing is measured or averaged here. Results are never mixed in one table: each has its own, in its own unit.
"""
from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UsageError
from .export import render_csv, render_latex
from .extras import Extra, render_extra_markdown, write_pictures
from .modes import find_mode
from .peer_tables import is_of_peers
from .plots import Plot, draw, gnuplot, plots_of
from .plots_samples import distribution_plots
from .report_html import render_html
from .report_peers import PeerSection, peer_sections, render_peers_latex, render_peers_markdown
from .result_shape import has_changed_tree
from .results import Result
from .tables import amount, make_grid, mark, render_markdown
from .walks_table import render_walks_markdown
from .workloads import Workload


@dataclass
class Section:
    """One result in a report: its number (from 1), its plots and their pictures by name."""

    number: int
    result: Result
    plots: list[Plot]
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def folder_name(self) -> str:
        """The folder of its plots within the report."""
        return f"plots/{self.number}-{self.result.run['machine']}"


def check_results(results: list[Result]) -> None:
    """UsageError names a result that is twice there, or whose tables are not in one unit."""
    seen: set[str] = set()
    for result in results:
        if result.run["run_id"] in seen:
            raise UsageError(f"{result.folder} is given twice (run {result.run['run_id']})")
        seen.add(result.run["run_id"])
        check_unit(result)
        if not result.rows:
            raise UsageError(f"{result.folder} holds no row")


def check_unit(result: Result) -> None:
    """UsageError: some row is in another unit than the run says, or of a mode that there is not."""
    for mode in dict.fromkeys(row.mode for row in result.rows if not is_of_peers(result)):
        try:
            find_mode(mode)
        except UsageError as error:
            raise UsageError(f"{result.folder} cannot be read: {error}") from error
    for row in result.rows:
        if row.unit != result.run["unit"]:
            raise UsageError(f"{result.folder} mixes units: {row.mode} {row.workload} is in {row.unit}, "
                             f"the run is in {result.run['unit']}")


def make_report(results: list[Result], workloads: list[Workload], folder: Path,
                extras: list[Extra] | None = None) -> str:
    """Writes the report into 'folder'. The text is '', or one line that says what could not be drawn."""
    check_results(results)
    ours = [result for result in results if not is_of_peers(result)]
    sections = [Section(number, result, plots_of(result) + distribution_plots(result))
                for number, result in enumerate(ours, 1)]
    peers = peer_sections(results)
    for section in (*sections, *peers):
        section.pictures = draw(section.plots, folder / section.folder_name)
    for extra in extras or []:
        write_pictures(extra, folder)
    about = {workload.name: workload for workload in workloads}
    note = "" if gnuplot() else "gnuplot is not installed: the report has no plots (Debian package gnuplot-nox)"
    _write(folder / "index.html", render_html(sections, peers, about, note, extras or []))
    _write(folder / "report.md", render_report_markdown(sections, peers, folder, note, extras or []))
    _write(folder / "report.csv", render_csv(results))
    _write(folder / "report.tex", "\n".join([render_latex(section.result) for section in sections]
                                            + [render_peers_latex(section) for section in peers]))
    return note


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def facts(result: Result) -> list[tuple[str, str]]:
    """What was run and on what, as name and text."""
    run = result.run
    tree = "" if not has_changed_tree(run) else " (with changes that are in no commit)"
    emulator = run.get("emulator", {})
    own = "each workload's own"
    warmup = own if run.get("warmup") is None else run["warmup"]
    found = [("run", run["run_id"]), ("machine", f"{run['machine']}: {run['cpu_model']}"), ("unit", run["unit"]),
             ("emulator", f"{emulator.get('name', '')}: {emulator.get('version') or 'version unknown'}"),
             ("commit", f"{run.get('commit')}{tree}"), ("compiler", run.get("compiler", "")),
             ("switches", _words(run.get("switches"))), ("parameters", _words(run.get("params")) or own),
             ("repetitions", f"measured: {run.get('runs') or own}; warm-up: {warmup}"),
             ("started", f"{run.get('started', '')}, {run.get('seconds', '?')} s"),
             ("command line", "coopbench " + " ".join(run.get("arguments", [])))]
    if run.get("fallback"):
        found.insert(2, ("asked for", f"{run['fallback']['asked']}, not used: {run['fallback']['reason']}"))
    return [(name, text) for name, text in found if text]


def _words(table: dict[str, object] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted((table or {}).items()))


def render_report_markdown(sections: list[Section], peers: list[PeerSection], folder: Path, note: str,
                           extras: list[Extra]) -> str:
    """report.md: facts, table, raw lines and plots of each result, then the peers."""
    lines = ["# What each way of virtualizing costs", ""] + ([note, ""] if note else [])
    for section in sections:
        lines += _markdown_section(section, os.path.relpath(section.result.folder, folder))
    for section in peers:
        lines += render_peers_markdown(section)
    for extra in extras:
        lines += render_extra_markdown(extra)
    return "\n".join(lines).rstrip() + "\n"


def _markdown_section(section: Section, place: str) -> list[str]:
    result = section.result
    table = render_markdown(result) + render_walks_markdown(result)
    lines = [f"## {result.run['machine']}, run {result.run['run_id']}", ""]
    lines += [f"- {name}: {text}" for name, text in facts(result)]
    lines += [f"- image {name}: SHA-256 `{digest}`" for name, digest in result.images.items()]
    lines += ["", *table.split("\n")[2:], "### Raw records", ""]
    if section.result.raw.lines:
        lines += [f"One line of [records.jsonl]({place}/records.jsonl) is one repetition. Measured in unit "
                  f"{result.run['unit']}:", ""] + _markdown_raw(section, place)
    else:
        lines += ["This result came without its records: a reference keeps the tables only."]
    lines += ["", "### Plots", ""]
    lines += [f"![{plot.about}]({section.folder_name}/{plot.name}.svg)  " for plot in section.plots
              if plot.name in section.pictures]
    return lines + [""]


def _markdown_raw(section: Section, place: str) -> list[str]:
    """Each figure with the lines that it was made of."""
    grid = make_grid(section.result.rows)
    modes = ["native"] + [mode.name for mode in grid.modes]
    lines = ["| workload | " + " | ".join(modes) + " |", "| --- |" + " --- |" * len(modes)]
    for workload in grid.workloads:
        cells = []
        for mode in modes:
            row, numbers = grid.row(mode, workload), section.result.raw.numbers(mode, workload)
            text = amount(row.value) + mark(row).replace("*", "\\*") if row else "-"
            cells.append(f"{text} [{section.result.raw.span(mode, workload)}]({place}/records.jsonl#L{numbers[0]})"
                         if numbers else row.status if row else "-")
        lines.append(f"| {workload} | " + " | ".join(cells) + " |")
    return lines
