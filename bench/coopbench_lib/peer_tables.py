# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers in a table: beside our modes where both were counted in one unit on one emulated machine, and in a table of
their own where not. Wall clock and instructions never share one.
"""
from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .outcome import OK
from .results import Result
from .sample_views import remarks
from .summary import Row
from .tables import WIDTH, amount, loss_lines, mark, ratio

_GAP = 2
_RATIOS = "Ratios: of our modes to our own kernel on the bare machine, of peers to theirs"


@dataclass(frozen=True)
class Column:
    """One system: a mode of ours, or a peer."""

    name: str
    base: str
    rows: dict[str, Row]
    is_peer: bool


def is_of_peers(result: Result) -> bool:
    return result.run.get("kind") == "peers"


def processor_words(result: Result) -> tuple[str, ...]:
    """The emulated CPU and how it counts, as the command lines of a result say; none for this computer's own."""
    command = next((outcome["command"] for outcome in result.run.get("outcomes", []) if outcome.get("command")), [])
    words = zip(command, command[1:])
    return tuple(f"{word} {value}" for word, value in words if word in ("-cpu", "-icount", "-accel"))


def comparable(results: list[Result]) -> list[list[Result]]:
    """The results in groups of one unit, machine and emulated CPU: what may stand in one table."""
    groups: dict[tuple, list[Result]] = {}
    for result in results:
        unit, machine = result.run["unit"], result.run["machine"]
        version = result.run["emulator"].get("version")
        key = (unit, machine, version) + (processor_words(result) if unit == "instr" else ())
        groups.setdefault(key, []).append(result)
    return list(groups.values())


def render_peers(results: list[Result]) -> str:
    """One table for each unit, machine and emulated CPU among the results."""
    groups = comparable(results)
    text = "\n".join(map(_render, groups))
    if len(groups) > 1:
        text += "\n" + textwrap.fill("Tables of different units or machines: no figure of one is to be compared with a "
                                     "figure of another.", WIDTH) + "\n"
    return text


def _render(results: list[Result]) -> str:
    systems = columns(results)
    workloads = workloads_of(results, systems)
    left_out = leave_out_other_work(systems, workloads)
    run = results[0].run
    what = "Instructions" if run["unit"] == "instr" else "Steps of the time-stamp counter"
    lines = textwrap.wrap(f"{what} per operation on {run['machine']} ({run['cpu_model']}, "
                          f"{run['emulator'].get('version')})", WIDTH) + [""]
    lines += _blocks(systems, workloads, lambda row: amount(row.value) + (mark(row) if run["unit"] == "instr" else ""))
    lines += ["", _RATIOS, ""]
    lines += _blocks([column for column in systems if column.base != column.name], workloads,
                     lambda row: ratio(row.ratio_to_native))
    return "\n".join(lines + [""] + _wrapped(left_out + below(results))) + "\n"


def workloads_of(results: list[Result], systems: list[Column]) -> list[str]:
    """What is shown: all workloads, or those of the peers where there are some."""
    workloads = list(dict.fromkeys(name for column in systems for name in column.rows))
    measured = {row.workload for result in results if is_of_peers(result) for row in result.rows}
    return [name for name in workloads if name in measured] if measured else workloads


def columns(results: list[Result]) -> list[Column]:
    """A column for each mode and peer of the results."""
    systems = []
    for result in results:
        peers = result.run.get("peers", {})
        for mode in dict.fromkeys(row.mode for row in result.rows):
            systems.append(Column(mode, peers.get(mode, {}).get("base", "native"),
                                  {row.workload: row for row in result.rows if row.mode == mode}, is_of_peers(result)))
    return systems


def leave_out_other_work(columns: list[Column], chosen: list[str]) -> list[str]:
    """Takes rows out of our columns that did other work than the peers did, and says which."""
    work = {row.workload: (row.ops, row.params) for column in columns if column.is_peer for row in column.rows.values()
            if row.status == OK}
    lines = []
    for column in columns:
        for name in chosen:
            row = column.rows.get(name)
            if row and row.status == OK and work.get(name, (row.ops, row.params)) != (row.ops, row.params):
                del column.rows[name]
                lines.append(f"{name} of {column.name}: left out, since it is other work: {row.ops} operations, "
                             f"{row.params}.")
    return lines


def _blocks(columns: list[Column], workloads: list[str], cell) -> list[str]:
    """Columns beside one another; those that do not fit into the width stand below."""
    name_width = max(map(len, [*workloads, "workload"]))
    texts = [[_cell(column.rows.get(workload), cell) for workload in workloads] for column in columns]
    widths = [_GAP + max(map(len, [column.name, *text])) for column, text in zip(columns, texts)]
    lines: list[str] = []
    start = 0
    while start < len(columns):
        end = start + 1
        while end < len(columns) and name_width + sum(widths[start:end + 1]) <= WIDTH:
            end += 1
        lines += [""] if lines else []
        lines.append("workload".ljust(name_width) + "".join(column.name.rjust(width) for column, width in
                                                            zip(columns[start:end], widths[start:end])))
        lines.append("-" * len(lines[-1]))
        for index, workload in enumerate(workloads):
            lines.append(workload.ljust(name_width) + "".join(text[index].rjust(width) for text, width in
                                                              zip(texts[start:end], widths[start:end])))
        start = end
    return lines


def _cell(row: Row | None, cell) -> str:
    return "-" if row is None else cell(row) if row.status == OK else row.status


def below(results: list[Result]) -> list[str]:
    """What a reader has to know of each peer, and why some are not there."""
    lines = []
    for result in results:
        run = result.run
        here = {row.mode for result in results for row in result.rows}
        lines += [f"{name}: {peer['does']}; {peer['besides']}." for name, peer in run.get("peers", {}).items()
                  if name in here]
        lines += [f"{name}: not measured: {reason}." for name, reason in run.get("skipped", {}).items()]
        lines.append(f"Run {run['run_id']}, commit {run.get('commit')}.")
        lines += remarks(result) + loss_lines(result)
    wrong: dict[tuple[str, str, str], list[str]] = {}
    for row in (row for result in results for row in result.rows if is_of_peers(result) and row.status != OK):
        wrong.setdefault((row.status, row.mode, row.reason), []).append(row.workload)
    lines += [f"{status}: {', '.join(names)} of {mode}: {reason}" for (status, mode, reason), names in wrong.items()]
    if results[0].run["unit"] == "instr":
        lines.append("The median stands here, least and greatest in table.csv; * repetitions differ.")
        lines.append("Instructions are the length of the path through the software: what exits, world switches and "
                     "page walks cost in silicon is not in them.")
    return lines


def _wrapped(lines: list[str]) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="    ")]
