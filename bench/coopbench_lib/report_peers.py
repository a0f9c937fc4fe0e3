# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers in a report: beside our modes where both were counted in one unit on one emulated machine, in a section of
their own where not. A cell has the figure, and below it the ratio to the same column's own native one.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape

from .export import LATEX_CLOSING, latex, latex_opening, pages_of
from .outcome import OK
from .peer_tables import Column, below, columns, comparable, is_of_peers, leave_out_other_work, workloads_of
from .plots import EVERYTHING, Plot, inline, overview_plots
from .plots_samples import distribution_plots
from .results import Result
from .tables import amount, ratio

# The picture holds these of a unit: each peer beside the mode that stands for its technique.
_DRAWN = ("full-shadow", "kvm-shadow", "full-nested", "kvm-nested", "paravirt", "xen-pv", "coop", "bubblewrap", "lxc",
          "uml", "qemu")
_BESIDE, _LATEX_BESIDE = 8, 5


@dataclass
class PeerSection:
    """Results that may stand in one table, some of them of peers."""

    number: int
    results: list[Result]
    systems: list[Column]
    workloads: list[str]
    remarks: list[str]
    plots: list[Plot]
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def folder_name(self) -> str:
        return f"plots/peers-{self.number}"

    @property
    def title(self) -> str:
        run = self.results[0].run
        ours = "Our modes and other people's systems" if any(not is_of_peers(result) for result in self.results) \
            else "Other people's systems"
        return f"{ours} on {run['machine']}, unit {run['unit']}"


def peer_sections(results: list[Result]) -> list[PeerSection]:
    """A section for each unit, machine and CPU that peers were measured in."""
    found = [group for group in comparable(results) if any(map(is_of_peers, group))]
    return [_section(number, group) for number, group in enumerate(found, 1)]


def _section(number: int, results: list[Result]) -> PeerSection:
    systems = columns(results)
    workloads = workloads_of(results, systems)
    remarks = leave_out_other_work(systems, workloads) + below(results)
    return PeerSection(number, results, systems, workloads, remarks, _plots(results, systems, workloads))


def _plots(results: list[Result], systems: list[Column], workloads: list[str]) -> list[Plot]:
    """One picture of all workloads, and how the repetitions of a computer's clock lie."""
    known = {system.name: system for system in systems}
    drawn = [known[name] for name in _DRAWN if name in known]
    rows = [row for name in workloads for system in drawn if (row := system.rows.get(name))]
    whole = overview_plots(replace(results[0], rows=rows), EVERYTHING, [system.name for system in drawn])
    varied = [plot for result in results if is_of_peers(result) and result.run["unit"] != "instr"
              for plot in distribution_plots(result)]
    return [plot for plot in (*whole, *varied) if plot]


def _cell(system: Column, workload: str) -> tuple[str, str]:
    """The figure and the ratio below it."""
    row = system.rows.get(workload)
    if row is None or row.status != OK:
        return "–" if row is None else row.status, ""
    return amount(row.value), "" if system.base == system.name else ratio(row.ratio_to_native)


def _blocks(section: PeerSection, beside: int) -> list[list[Column]]:
    """Ours first, then the peers, so many beside one another."""
    blocks = []
    for peers in (False, True):
        chosen = [system for system in section.systems if system.is_peer == peers]
        blocks += [chosen[start:start + beside] for start in range(0, len(chosen), beside)]
    return blocks


def render_peers_html(section: PeerSection) -> str:
    """A section of the page."""
    unit = section.results[0].run["unit"]
    parts = [f'<section id="p{section.number}"><h2>{escape(section.title)}</h2>',
             f'<p>Each figure is in {escape(unit)} per operation of the same static programs; below it stands the '
             'ratio to '
             "that kernel on the bare machine (or, on a computer's own clock, to a process of it).</p>"]
    for block in _blocks(section, _BESIDE):
        heads = "".join(f'<th class="first">{escape(system.name)}</th>' for system in block)
        lines = "".join(f'<tr><th class="name" scope="row">{escape(workload)}</th>' + "".join(
            f'<td class="first">{escape(value)}<br><b>{escape(below_it)}</b></td>'
            for value, below_it in (_cell(system, workload) for system in block)) + "</tr>"
            for workload in section.workloads)
        parts.append(f'<div class="wide"><table class="headline peers"><thead><tr><th class="name">workload</th>{heads}'
                     f"</tr></thead><tbody>{lines}</tbody></table></div>")
    parts += [_figure(section, plot) for plot in section.plots if plot.name.startswith("overview")]
    parts.append("<h3>What each of them does besides</h3><ul>")
    parts += [f"<li>{escape(remark)}</li>" for remark in section.remarks]
    parts.append('</ul><div class="workloads">')
    parts += [f"<article>{_figure(section, plot)}</article>" for plot in section.plots
              if not plot.name.startswith("overview")]
    return "\n".join([*parts, "</div></section>"])


def _figure(section: PeerSection, plot: Plot) -> str:
    if plot.name not in section.pictures:
        return ""
    files = f"{section.folder_name}/{plot.name}"
    links = " ".join(f'<a href="{files}.{kind}">{kind}</a>' for kind in ("svg", "gp", "dat"))
    return (f'<figure>{inline(section.pictures[plot.name], f"p{section.number}-{plot.name}", plot.about)}<figcaption>'
            f'{escape(caption(plot))} <span class="files">{links}</span></figcaption></figure>')


def caption(plot: Plot) -> str:
    if plot.name.startswith("overview"):
        return "Beside native: ours to our kernel on the bare machine, a peer to its own."
    workload = plot.about.partition(",")[0]
    return f"{workload}: repetitions beside the median of their own system; a grey band is its 95% interval."


def render_peers_markdown(section: PeerSection) -> list[str]:
    lines = [f"## {section.title}", "", "Figure, and behind it the ratio to the same kernel on the bare machine (or to "
                                        "a "
             "process of this computer).", ""]
    for block in _blocks(section, _BESIDE):
        lines += ["| workload | " + " | ".join(system.name for system in block) + " |",
                  "| --- |" + " ---: |" * len(block)]
        lines += [f"| {workload} | " + " | ".join(_one_line(system, workload) for system in block) + " |"
                  for workload in section.workloads]
        lines.append("")
    lines += [f"- {remark}" for remark in section.remarks] + [""]
    return lines + [f"![{plot.about}]({section.folder_name}/{plot.name}.svg)  " for plot in section.plots
                    if plot.name in section.pictures] + [""]


def _one_line(system: Column, workload: str) -> str:
    value, below_it = _cell(system, workload)
    return f"{value} ({below_it})" if below_it else value


def render_peers_latex(section: PeerSection) -> str:
    """A table for each block."""
    lines: list[str] = []
    caption = f"{section.title}. Per operation; in parentheses: to the same kernel on the bare machine."
    for block in _blocks(section, _LATEX_BESIDE):
        for workloads in pages_of(section.workloads):
            lines += latex_opening(caption, len(block)) + [
                "workload & " + " & ".join(latex(system.name) for system in block) + r" \\", r"\hline"]
            lines += [" & ".join(latex(text.replace("–", "-")) for text in
                                 [workload, *(_one_line(system, workload) for system in block)]) + r" \\"
                      for workload in workloads] + LATEX_CLOSING
    return "\n".join(lines) + "\n"
