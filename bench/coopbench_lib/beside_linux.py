# SPDX-License-Identifier: GPL-2.0-or-later
"""Our kernel on the bare machine beside Linux on the same machine, row by row: ratios to native say something only when
native is not padded. As Markdown, to be kept with the results.
"""
from __future__ import annotations

import json
from pathlib import Path

from .errors import CoopbenchError, UsageError
from .outcome import OK
from .peer_tables import is_of_peers, processor_words
from .results import Result
from .summary import Row
from .tables import amount, mark, ratio

_OURS = "native"


def read_reasons(path: Path) -> dict[str, str]:
    """Why a row takes us longer: {"workload": "reason"}."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CoopbenchError(f"cannot read {path}: {error}") from error


def render_beside_linux(ours: Result, peers: Result, reasons: dict[str, str]) -> str:
    """The table. UsageError: other units, machines or emulated CPUs, or no row that both have."""
    _check(ours, peers)
    linux = list(dict.fromkeys(row.mode for row in peers.rows if row.mode.startswith("linux")))
    theirs = {(row.mode, row.workload): row for row in peers.rows if row.status == OK}
    rows = [row for row in ours.rows if row.mode == _OURS and row.status == OK and row.repeatable == "yes"
            and any(_same_work(row, theirs.get((mode, row.workload))) for mode in linux)]
    if not rows:
        raise UsageError(f"{ours.folder} and {peers.folder} have no native row in common")
    head = ["workload", "guest-coop"] + [part for mode in linux for part in (mode, "ratio")]
    lines = [f"Our kernel beside Debian's Linux, both on the bare {ours.run['machine']} "
             f"({ours.run['cpu_model']}): {ours.run['unit']} an operation, the same program; ratio: ours to theirs.",
             "", f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    slower = []
    for row in rows:
        cells = [row.workload, amount(row.value) + mark(row)]
        beside = [theirs.get((mode, row.workload)) for mode in linux]
        for other in beside:
            same = _same_work(row, other)
            cells += [amount(other.value) + mark(other) if same else "-", _ratio(row, other) if same else "-"]
        lines.append(f"| {' | '.join(cells)} |")
        first = next(other for other in beside if _same_work(row, other))
        if row.value > first.value:
            slower.append(f"- `{row.workload}` ({_ratio(row, first)}): "
                          f"{reasons.get(row.workload, 'not looked into yet')}")
    return "\n".join(lines + _below(ours, peers, linux, rows, slower)) + "\n"


def _check(ours: Result, peers: Result) -> None:
    if is_of_peers(ours) or not is_of_peers(peers):
        raise UsageError("a result of ours and one of peers are wanted, in this order")
    for name in ("unit", "machine"):
        if ours.run[name] != peers.run[name]:
            raise UsageError(f"another {name}: {ours.run[name]} and {peers.run[name]} have no ratio to one another")
    if processor_words(ours) != processor_words(peers):
        raise UsageError(f"another emulated CPU: {' '.join(processor_words(ours))} and "
                         f"{' '.join(processor_words(peers))}")


def _same_work(row: Row, other: Row | None) -> bool:
    return other is not None and (row.ops, row.params) == (other.ops, other.params)


def _ratio(row: Row, other: Row) -> str:
    return ratio(row.value / other.value) if other.value else "-"


def _below(ours: Result, peers: Result, linux: list[str], rows: list[Row], slower: list[str]) -> list[str]:
    lines = ["", f"Of {len(rows)} rows {len(rows) - len(slower)} are as short as Linux's or shorter."]
    if slower:
        lines += [f"Longer than in {linux[0]}:", "", *slower]
    lines += ["", *(f"{mode}: {peers.run['peers'][mode]['does']}; {peers.run['peers'][mode]['besides']}.  "
                    for mode in linux
                    if mode in peers.run.get("peers", {}))]
    lines += [f"Runs {ours.run['run_id']} (commit {ours.run.get('commit')}) and {peers.run['run_id']} (commit "
              f"{peers.run.get('commit')}). `*`: repetitions differ; the median stands here."]
    return lines
