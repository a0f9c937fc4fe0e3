# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as one self-contained page: style, pictures and raw records are inside, no script, nothing from a network.

Every figure is a link to the line of records.jsonl that it was made of, which stands at the end of its section.
"""
from __future__ import annotations

import shlex
from html import escape
from typing import TYPE_CHECKING

from .extras import Extra, render_extra_html
from .machines import unit_means
from .modes import Mode
from .outcome import OK
from .plots import inline, plot_name
from .report_glance import anchor, glance
from .report_peers import PeerSection, render_peers_html
from .report_style import STYLE
from .summary import ExitRow, Row
from .tables import Grid, added, amount, crossings, loss_lines, make_grid, mark, ratio, share, switch_lines
from .walks_table import WALKS_TITLE, about_walks, has_walks, walks_lines
from .workloads import Workload

if TYPE_CHECKING:
    from .report import Section

_MODES_BESIDE = 3
_MOST_RAW_BYTES = 4_000_000


def render_html(sections: list[Section], peers: list[PeerSection], about: dict[str, Workload], note: str,
                extras: list[Extra]) -> str:
    """The whole page."""
    contents = "".join(f'<li><a href="#s{section.number}">{escape(_title(section))}</a></li>' for section in sections)
    contents += "".join(f'<li><a href="#p{section.number}">{escape(section.title)}</a></li>' for section in peers)
    contents += "".join(f'<li><a href="#x{extra.number}">{escape(extra.title)}</a></li>' for extra in extras)
    parts = ['<!DOCTYPE html>', '<html lang="en"><head><meta charset="utf-8">',
             '<meta name="viewport" content="width=device-width, initial-scale=1">',
             '<title>What each way of virtualizing costs</title>', f'<style>{STYLE}</style></head><body>',
             '<h1>What each way of virtualizing costs</h1>']
    if len(sections) + len(peers) + len(extras) > 1:
        parts.append(f"<nav><ol>{contents}</ol></nav>")
    if note:
        parts.append(f'<p class="note">{escape(note)}</p>')
    parts += [_section(section, about) for section in sections]
    parts += [render_peers_html(section) for section in peers]
    parts += [render_extra_html(extra) for extra in extras]
    return "\n".join(parts) + "\n</body></html>\n"


def _title(section: Section) -> str:
    run = section.result.run
    return f"{run['machine']}, {run['cpu_model']}, unit {run['unit']}"


def _section(section: Section, about: dict[str, Workload]) -> str:
    """One result from its facts to its raw records."""
    grid = make_grid(section.result.rows)
    number = section.number
    parts = [f'<section id="s{number}"><h2>{escape(_title(section))}</h2>', _unit_line(section),
             glance(section, grid), "<h3>The table</h3>", _headline(section, grid), _legend(section), _walks(section),
             *(_picture(section, plot.name, "Beside native; the table has the numbers.")
               for plot in section.plots if plot.name.startswith("overview-")),
             '<h3>What was run, and on what</h3>', _facts(section), '<h3>Workload by workload</h3>',
             '<div class="workloads">']
    parts += [_workload(section, grid, workload, about.get(workload)) for workload in grid.workloads]
    return "\n".join([*parts, "</div>", _raw(section), "</section>"])


def _unit_line(section: Section) -> str:
    unit = section.result.run["unit"]
    means = unit_means(unit)
    return f'<p class="unit">Unit <b>{escape(unit)}</b>: {escape(means)}.</p>' if means else ""


def _headline(section: Section, grid: Grid) -> str:
    """The comparison table; its workloads lead to their plots, its figures to their records. Modes that do not fit
    beside one another on a page stand below one another."""
    blocks = [grid.modes[start:start + _MODES_BESIDE] for start in range(0, len(grid.modes), _MODES_BESIDE)] or [[]]
    return "\n".join(_headline_block(section, grid, modes) for modes in blocks)


def _headline_block(section: Section, grid: Grid, modes: list[Mode]) -> str:
    unit = escape(section.result.run["unit"])
    first = f'<th rowspan="2" class="name">workload</th><th rowspan="2">native<br><small>{unit}/op</small></th>'
    heads = "".join(f'<th colspan="3" class="mode">{escape(mode.name)}<br><small>{escape(mode.axes)}</small></th>'
                    for mode in modes)
    below = f'<th class="first">ratio</th><th>+{unit}/op</th><th>crossings</th>' * len(modes)
    lines = []
    for workload in grid.workloads:
        cells = f'<td>{_link(section, grid.row("native", workload), _native(grid.row("native", workload)))}</td>'
        for mode in modes:
            cells += _mode_cells(section, grid.row(mode.name, workload))
        lines.append(f'<tr><th class="name" scope="row"><a href="#{anchor(section, workload)}">{escape(workload)}</a>'
                     f'</th>{cells}</tr>')
    return (f'<div class="wide"><table class="headline"><thead><tr>{first}{heads}</tr><tr>{below}</tr></thead><tbody>'
            + "".join(lines) + "</tbody></table></div>")


def _native(row: Row | None) -> str:
    return "–" if row is None else amount(row.value) + mark(row) if row.status == OK else row.status


def _mode_cells(section: Section, row: Row | None) -> str:
    if row is None or row.status != OK:
        reason = f' title="{escape(row.reason)}"' if row else ""
        return f'<td colspan="3" class="first none"{reason}>{"–" if row is None else escape(row.status)}</td>'
    middle = f"({amount(row.value)})" if row.added_per_op is None else added(row.added_per_op)
    dear = " dear" if (row.ratio_to_native or 1) >= 1.05 else ""
    return (f'<td class="first{dear}">{ratio(row.ratio_to_native)}</td>'
            f'<td>{_link(section, row, middle + mark(row))}</td><td>{escape(crossings(row))}</td>')


def _link(section: Section, row: Row | None, text: str) -> str:
    """A figure as a link to the first of its raw lines; plain where the result has no records."""
    span = section.result.raw.span(row.mode, row.workload) if row else ""
    if not span:
        return escape(text)
    first = section.result.raw.numbers(row.mode, row.workload)[0]
    return f'<a href="#r{section.number}-{first}" title="records.jsonl: {span}">{escape(text)}</a>'


def _legend(section: Section) -> str:
    """How the table is read, and every row that has no plain number."""
    unit = escape(section.result.run["unit"])
    text = (f"<p><b>native</b>: busy {unit} per operation on the bare machine. <b>ratio</b>: to native. "
            f"<b>+{unit}/op</b>: "
            "added to native's, hypervisor and guest together. <b>crossings</b> per operation: how often the "
            "hypervisor was entered, by exits, hypercalls (h) and bounces (b: system calls and faults that it hands on "
            "to a kernel in ring 3). A figure links to the first of its raw records. * repetitions differ. ? a device "
            "outside the count takes part. (in parentheses) the cost itself, where there is no native row.</p>")
    bad = [row for row in section.result.rows if row.status != OK]
    if bad:
        text += "<ul>" + "".join(f"<li>{escape(f'{row.status}: {row.workload} in {row.mode}: {row.reason}')}</li>"
                                 for row in bad) + "</ul>"
    lost = loss_lines(section.result)
    if lost:
        text += "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lost) + "</ul>"
    did = switch_lines(section.result)
    if did:
        text += ("<p>What switches and features did, by count:</p><ul>"
                 + "".join(f"<li>{escape(line)}</li>" for line in did) + "</ul>")
    return text


def _picture(section: Section, name: str, caption: str, link: str = "") -> str:
    """A figure with its files' names below it, or nothing where it was not drawn."""
    plot = next((plot for plot in section.plots if plot.name == name), None)
    if plot is None or name not in section.pictures:
        return ""
    files = f"{section.folder_name}/{name}"
    picture = inline(section.pictures[name], f"s{section.number}-{name}", plot.about)
    return (f'<figure>{picture}<figcaption>{escape(caption)} <span class="files">{link}<a href="{files}.svg">svg</a> '
            f'<a href="{files}.gp">gp</a> <a href="{files}.dat">dat</a></span></figcaption></figure>')


def _facts(section: Section) -> str:
    """run.json in the order in which a reader asks."""
    from .report import facts
    result = section.result
    lines = [f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts(result)]
    lines += [f"<dt>image {escape(name)}</dt><dd><code>{escape(image['path'])}</code><br>SHA-256 "
              f"<code>{image['sha256']}</code></dd>" for name, image in result.run.get("images", {}).items()]
    programs = "".join(f"<tr><td>{escape(name)}</td><td><code>{digest}</code></td></tr>"
                       for name, digest in result.run.get("programs", {}).items())
    commands = "".join(f"<p><b>{escape(mode)}</b><br><code>{escape(command)}</code></p>"
                       for mode, command in _commands(section).items())
    return (f"<dl>{''.join(lines)}</dl><details><summary>The emulator's command line, one boot of each mode</summary>"
            f"{commands}</details><details><summary>SHA-256 of every program</summary>"
            f"<table>{programs}</table></details>")


def _commands(section: Section) -> dict[str, str]:
    """The first command line of each mode."""
    commands: dict[str, str] = {}
    for outcome in section.result.run.get("outcomes", []):
        command = outcome.get("command") or ""
        commands.setdefault(outcome["mode"], command if isinstance(command, str) else shlex.join(command))
    return commands


def _workload(section: Section, grid: Grid, workload: str, about: Workload | None) -> str:
    """One workload: what it does, its cost in every mode, its exits."""
    unit = section.result.run["unit"]
    rows = [row for row in section.result.rows if row.workload == workload]
    records = section.result.raw
    raw = " ".join(f"{escape(row.mode)} {_link(section, row, records.span(row.mode, workload))}" for row in rows
                   if records.numbers(row.mode, workload))
    parts = [f'<article id="{anchor(section, workload)}"><h4>{escape(workload)}</h4>']
    if about and about.does:
        aka = f" <i>Known as: {escape(about.aka)}.</i>" if about.aka else ""
        parts.append(f"<p>{escape(about.does)}{aka}</p>")
    parts.append(_picture(section, plot_name(workload, "cost"), f"Cost; unit {unit} per operation."))
    exits = [row for row in section.result.exits if row.workload == workload]
    parts.append(_picture(section, plot_name(workload, "exits"), "Exits per operation, by reason."))
    parts.append(_picture(section, plot_name(workload, "repetitions"), "Repetitions, where they differ, beside the "
                                                                       "median "
                          "of their own mode; a grey band is its 95% interval."))
    parts.append(_exits(exits, unit) if exits else '<p class="small">No VM exit in the region.</p>'
                 if any(row.exits_per_op is not None for row in rows) else "")
    parts.append(f'<p class="small">records.jsonl: {raw}</p>' if raw else "")
    return "".join(parts) + "</article>"


def _exits(exits: list[ExitRow], unit: str) -> str:
    heads = "".join(f"<th>{text}</th>" for text in ("per op", "min", "p50", "p99", "max", "share"))
    lines = "".join(
        f'<tr><td class="name">{escape(row.mode)}</td><td class="name">{escape(row.reason)}</td>'
        + "".join(f"<td>{text}</td>" for text in (amount(row.count_per_op), amount(row.min), amount(row.p50),
                                                  amount(row.p99), amount(row.max), share(row.time_share)))
        + "</tr>" for row in exits)
    return (f'<table class="exits"><thead><tr><th class="name">mode</th><th class="name">reason</th>{heads}</tr>'
            f'</thead><tbody>{lines}</tbody></table><p class="small">min to max: {escape(unit)} '
            'from an exit to the next entry; '
            "share: of the workload's busy units.</p>")


def _walks(section: Section) -> str:
    """Table entries that page walks read, where the run counted them."""
    if not has_walks(section.result):
        return ""
    heads, lines = walks_lines(section.result)
    head = "".join(f'<th>{escape(text)}</th>' for text in heads)
    body = "".join(f'<tr><th class="name" scope="row">{escape(line[0])}</th>'
                   + "".join(f"<td>{escape(cell)}</td>" for cell in line[1:]) + "</tr>" for line in lines)
    return (f'<h3>{escape(WALKS_TITLE)}</h3><div class="wide"><table '
            f'class="headline"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div><p '
            f'class="small">{escape(about_walks(section.result))}</p>')


def _raw(section: Section) -> str:
    """records.jsonl line by line, so that the page can be checked without its folder."""
    lines = section.result.raw.lines
    if not lines:
        return '<p class="small">This result came without its records: a reference keeps the tables only.</p>'
    head = f'<h3>Raw records</h3><p class="small">records.jsonl, {len(lines)} lines, one a repetition.</p>'
    if sum(map(len, lines)) > _MOST_RAW_BYTES:
        return head + '<p class="small">Too long for a page: the figures name their lines in the file.</p>'
    text = "".join(f'<div id="r{section.number}-{number}"><b>{number}</b> {escape(line, quote=False)}</div>'
                   for number, line in enumerate(lines, 1))
    return f'{head}<div class="raw">{text}</div>'
