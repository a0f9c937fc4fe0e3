# SPDX-License-Identifier: GPL-2.0-or-later
"""A publication's figures beside a result's rows: 're-examined with a different artefact'.

What is compared is the ratio to native on each side, the paper's in its own unit, ours in the machine's; the two units
never meet in one ratio. One rule for every paper says what agrees: the modes come in the same order, and our ratio
lies within a factor of two of the published one. Exits per operation stand beside, since they are the mechanism.
"""
from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

from .modes import find_mode
from .outcome import OK
from .papers import COLUMNS
from .results import Result
from .summary import Row
from .tables import WIDTH, amount, columns, ratio
from .technology import read_table

BAND = 2.0


@dataclass(frozen=True)
class Pair:
    """One published figure with a native one beside it, and our row of the same workload and mode, if it was
    measured."""

    operation: str
    setting: str
    configuration: str
    workload: str
    mode: str
    value: float
    native: float
    unit: str
    digitised: bool
    row: Row | None

    @property
    def published(self) -> float:
        """Cost relative to native: of a rate it is the other way round."""
        return self.native / self.value if self.unit.endswith(("/s", "% of native")) else self.value / self.native

    @property
    def ours(self) -> float | None:
        return self.row.ratio_to_native if self.row and self.row.status == OK else None

    @property
    def within(self) -> bool | None:
        """Whether our ratio lies in the band; None where there is none."""
        return None if not self.ours else max(self.ours / self.published, self.published / self.ours) <= BAND


def read_pairs(folder: Path, result: Result | None) -> list[Pair]:
    """Every mapped figure that has a native one for the same operation and setting."""
    rows = [row for row in read_table(folder / "figures.csv", COLUMNS) if row["workload"] and row["mode"]]
    natives = {(row["workload"], row["operation"], row["setting"], row["unit"]): float(row["value"]) for row in rows
               if row["mode"] == "native"}
    measured = {row.key: row for row in result.rows} if result else {}
    pairs = []
    for row in rows:
        native = natives.get((row["workload"], row["operation"], row["setting"], row["unit"]))
        mode = find_mode(row["mode"]).name
        if mode != "native" and native and float(row["value"]) > 0:
            pairs.append(Pair(row["operation"], row["setting"], row["configuration"], row["workload"], mode,
                              float(row["value"]), native, row["unit"], row["status"] == "digitised",
                              measured.get((mode, row["workload"]))))
    return pairs


def names(folder: Path) -> list[str]:
    """The publications that have figures."""
    return sorted(path.parent.name for path in folder.glob("*/figures.csv"))


def render_published(folder: Path, result: Result | None) -> str:
    """The table, what agrees and what does not with the reason to look for, and what was held different."""
    citation = json.loads((folder / "citation.json").read_text(encoding="utf-8"))
    pairs = read_pairs(folder, result)
    head = [f"{citation['authors']}: {citation['title']}, {citation['venue']}.",
            "Re-examined with a different artefact: ratios to native on both sides, each in its own unit."]
    text = "\n".join(line for part in head for line in textwrap.wrap(part, WIDTH)) + "\n\n"
    if not pairs:
        return text + "None of its figures has a native one beside it and a workload and mode of ours.\n"
    lines = [(pair.workload, pair.mode, f"{amount(pair.value)}{'~' if pair.digitised else ''}", amount(pair.native),
              pair.unit,
              ratio(pair.published), ratio(pair.ours), amount(pair.row.exits_per_op if pair.row else None),
              _verdict(pair),
              textwrap.shorten(pair.setting, 16, placeholder="..")) for pair in pairs]
    text += columns(("workload", "mode", "paper", "native", "unit", "ratio", "ours", "exits/op", "agrees", "setting"),
                    lines,
                    left=2)
    return text + "\n" + "\n".join(wrapped for line in _findings(pairs, result, citation)
                                   for wrapped in textwrap.wrap(line, WIDTH, subsequent_indent="    ")) + "\n"


def _verdict(pair: Pair) -> str:
    return "-" if pair.within is None else "yes" if pair.within else "no"


def _findings(pairs: list[Pair], result: Result | None, citation: dict) -> list[str]:
    judged, reasons = [pair for pair in pairs if pair.within is not None], citation.get("misses", {})
    lines = ["~ digitised from a figure. agrees: our ratio lies within a factor of two of the published one."]
    if not judged:
        wanted = ",".join(dict.fromkeys(pair.workload for pair in pairs))
        modes = ",".join(dict.fromkeys(["native", *(pair.mode for pair in pairs)]))
        return lines + [f"Nothing of ours to compare: bench/coopbench run --mode {modes} --workload {wanted}"]
    agreeing = sum(bool(pair.within) for pair in judged)
    lines.append(f"{agreeing} of {len(judged)} ratios agree; order of the modes: {_order(judged)}.")
    for pair in judged:
        if not pair.within:
            lines.append(f"misses: {pair.workload} in {pair.mode}: {ratio(pair.published)} there ({pair.configuration}"
                         f"{', ' + pair.setting if pair.setting else ''}), {ratio(pair.ours)} here: {_why(pair, reasons)}")
    machine = f"{result.run['machine']} ({result.run['cpu_model']}), unit {result.run['unit']}, run {result.run['run_id']}"
    lines.append(f"Held different: theirs is {citation['hardware']}; ours is {machine}; other kernels, compilers and sizes; a "
                 "count of instructions holds nothing of what an exit, a TLB miss or a ring crossing costs in silicon.")
    return lines


def _why(pair: Pair, reasons: dict[str, str]) -> str:
    """What the publication's map says about a miss, or else what the figures themselves do."""
    if pair.workload in reasons:
        return reasons[pair.workload]
    exits = pair.row.exits_per_op or 0
    if pair.ours < pair.published:
        return (f"{amount(exits)} crossings an operation, whose cost in silicon is not in our unit" if exits
                else "no crossing at all here")
    return f"{amount(exits)} crossings an operation beside a native path of {amount(pair.row.value / pair.ours)} {pair.row.unit}"


def _order(pairs: list[Pair]) -> str:
    """Whether modes that share an operation come in the published order."""
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.workload, pair.operation, pair.setting), []).append(pair)
    compared = same = 0
    for group in groups.values():
        for place, one in enumerate(group):
            for other in group[place + 1:]:
                compared += 1
                same += (one.published - other.published) * (one.ours - other.ours) >= 0
        for one in group:  # native is 1 on both sides
            compared += 1
            same += (one.published - 1) * (one.ours - 1) >= 0
    return f"{same} of {compared} pairs, native included, as published"
