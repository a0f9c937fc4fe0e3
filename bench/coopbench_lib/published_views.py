# SPDX-License-Identifier: GPL-2.0-or-later
"""A publication and ours as text: the table, what agrees, every miss with its reason; and all publications in one
table."""
from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .published import Pair, agree, names, read_pairs
from .published_rule import Rule, read_rule
from .results import Result
from .tables import WIDTH, amount, columns, ratio

_COMMON = ("~ digitised from a figure. agrees: our ratio lies within a factor of two of the published one; entered: "
           "the hypervisor is entered in an operation where the paper says so.")

_COMMAND = "bench/coopbench run"
_APART = ("Some rows have nothing beside them that they may be divided by: a pair is of one result, or of two of the "
          "same machine and images that differ in switches alone.")


def render_published(folder: Path, results: Sequence[Result]) -> str:
    """The table, what agrees and what does not with the reason to look for, and what was held different."""
    citation = json.loads((folder / "citation.json").read_text(encoding="utf-8"))
    rule = read_rule(folder)
    pairs = read_pairs(folder, results, rule)
    head = [f"{citation['authors']}: {citation['title']}, {citation['venue']}.",
            "Re-examined with a different artefact: ratios on both sides, each in its own unit.", rule.why]
    text = _wrap(head) + "\n"
    if not pairs:
        return text + "None of its figures has another to be compared with and a workload and mode of ours.\n"
    lines = [(pair.workload, pair.mode, f"{amount(pair.value)}{'~' if pair.digitised else ''}", amount(pair.native),
              pair.unit, ratio(pair.published), ratio(pair.ours),
              amount(pair.row.exits_per_op if pair.row else None), _verdict(pair.within), _verdict(pair.crossing),
              textwrap.shorten(f"{pair.configuration}; {pair.setting}".rstrip("; "), 22, placeholder=".."))
             for pair in pairs]
    base = "base" if rule.base_configurations else "native"
    text += _narrow(("workload", "mode", "paper", base, "unit", "ratio", "ours", "exits/op", "agrees", "entered",
                     "of"), lines)
    return text + "\n" + _wrap(_findings(pairs, results, citation, rule))


def _narrow(heads: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """The table within the width: the unit gives way, and then what it was of."""
    text = ""
    for left_out in (None, heads.index("unit"), len(heads) - 2):
        heads, lines = (heads, lines) if left_out is None else (_without(heads, left_out),
                                                                [_without(line, left_out) for line in lines])
        text = columns(heads, lines, left=2)
        if max(map(len, text.splitlines())) <= WIDTH:
            break
    return text


def _without(cells: tuple[str, ...], place: int) -> tuple[str, ...]:
    return cells[:place] + cells[place + 1:]


def _wrap(lines: list[str]) -> str:
    return "".join(f"{part}\n" for line in lines for part in (
        _wrap_command(line) if line.startswith(_COMMAND) else textwrap.wrap(line, WIDTH, subsequent_indent="    ")))


def _wrap_command(line: str) -> list[str]:
    """A command that a shell takes as it is printed; no word of it is broken."""
    parts = textwrap.wrap(line, WIDTH - 2, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return [f"{part} \\" for part in parts[:-1]] + parts[-1:]


def _verdict(holds: bool | None) -> str:
    return "-" if holds is None else "yes" if holds else "no"


def _findings(pairs: list[Pair], results: Sequence[Result], citation: dict[str, Any], rule: Rule) -> list[str]:
    found, reasons = agree(pairs), citation.get("misses", {}) | rule.misses
    lines = [f"Units: {', '.join(dict.fromkeys(pair.unit for pair in pairs))}. {_COMMON}"]
    if not found.ratios[1] and not found.mechanism[1]:
        return lines + [_APART] * any(pair.row for pair in pairs) + ["Nothing of ours to compare:",
                                                                     *commands(pairs, rule)]
    lines.append(f"{found.ratios[0]} of {found.ratios[1]} ratios agree; order of the modes: {found.order[0]} of "
                 f"{found.order[1]} pairs as published, "
                 f"{'what they are compared with' if rule.base_configurations else 'native'} included; entered as "
                 f"published: {found.mechanism[0]} of {found.mechanism[1]}.")
    if rule.mechanism_from:
        lines.append(f"Where it is entered, by {rule.mechanism_from}.")
    for pair in pairs:
        if pair.within is False:
            setting = f", {pair.setting}" if pair.setting else ""
            lines.append(f"misses: {pair.workload} in {pair.mode}: {ratio(pair.published)} there ({pair.configuration}"
                         f"{setting}), {ratio(pair.ours)} here: {_why(pair, reasons)}")
        if pair.crossing is False:
            lines.append(f"misses: {pair.workload} in {pair.mode}: {rule.mechanism[pair.workload][pair.mode]} "
                         f"expected, {amount(pair.row.exits_per_op)} crossings an operation here: "
                         f"{reasons.get(pair.workload, 'see exits')}")
    lines += _unmeasured(pairs, rule)
    machines = dict.fromkeys(f"{result.run['machine']} ({result.run['cpu_model']}), unit {result.run['unit']}, run "
                             f"{result.run['run_id']}" for result in results if _gave(result, pairs))
    return lines + [f"Held different: theirs is {citation['hardware']}; ours is {'; '.join(machines)}; other kernels, "
                    "compilers and sizes; a count of instructions holds nothing of what an exit, a TLB miss or a ring "
                    "crossing costs in silicon."]


def _gave(result: Result, pairs: list[Pair]) -> bool:
    """Whether one of our rows is of this result."""
    return any(row is pair.row for pair in pairs for row in result.rows)


def _unmeasured(pairs: list[Pair], rule: Rule) -> list[str]:
    missing = [pair for pair in pairs if pair.ours is None and pair.crossing is None]
    absent = [pair for pair in missing if pair.row is None or pair.base is None]
    lines = [f"not compared: {pair.workload} in {pair.mode}: {_state(pair)}" for pair in missing if pair not in absent]
    if any(pair.row and not pair.base for pair in pairs):
        lines.append(_APART)
    return list(dict.fromkeys(lines)) + ([f"{len(absent)} figures have no row of ours in these results:",
                                          *commands(absent, rule)]
                                         if absent else [])


def _state(pair: Pair) -> str:
    """Why rows that are there give no ratio."""
    for row in (pair.row, pair.base):
        if row.status != "ok":
            return f"{row.mode} is {row.status}: {row.reason}"
    if pair.unit == "references":
        return "page walks were not counted in this result (coopbench run --walks)"
    return "the rows did other work, or a device outside the count takes part"


def commands(pairs: list[Pair], rule: Rule) -> list[str]:
    """What would measure these pairs, and what they are compared with: one command for each set of switches."""
    lines = []
    for switches in dict.fromkeys(words for pair in pairs for words in (pair.switches, pair.base_switches)):
        here = [pair for pair in pairs if switches in (pair.switches, pair.base_switches)]
        modes = ",".join(dict.fromkeys([*([] if rule.base_configurations else ["native"]),
                                        *([rule.base_mode] if rule.base_mode else []), *(pair.mode for pair in here)]))
        names_of = ",".join(dict.fromkeys(pair.workload for pair in here))
        machine = "" if rule.machine == "qemu-svm" else f" --machine {rule.machine}"
        lines.append(f"{_COMMAND}{machine} --mode {modes} --workload {names_of}"
                     + (f" --walks {rule.walks}" if rule.walks else "")
                     + "".join(f" --set {name}={value}" for name, value in switches))
    return lines


def _why(pair: Pair, reasons: dict[str, str]) -> str:
    """What the publication's map says about a miss, or else what the figures themselves do."""
    if pair.workload in reasons:
        return reasons[pair.workload]
    exits = pair.row.exits_per_op or 0
    if pair.ours < pair.published:
        return (f"{amount(exits)} crossings an operation, whose cost in silicon is not in our unit" if exits
                else "no crossing at all here")
    return f"{amount(exits)} crossings an operation beside a path of {amount(pair.base.value)} {pair.row.unit}"


def render_agreement(folder: Path, results: Sequence[Result]) -> str:
    """Every publication in a line."""
    lines = []
    for name in names(folder):
        found = agree(read_pairs(folder / name, results))
        lines.append((name, *map(_share, (found.ratios, found.order, found.mechanism)), str(found.unmeasured)))
    runs = ", ".join(result.run["run_id"] for result in results)
    return (columns(("publication", "within a factor of two", "order of modes", "entered as published",
                     "not measured"), lines, 1)
            + "\n" + _wrap([f"Of {runs}. Each part as so many of so many that can be judged; 'coopbench reproduce "
                            "NAME' prints every miss with its reason."]))


def _share(counts: tuple[int, int]) -> str:
    return f"{counts[0]} of {counts[1]}" if counts[1] else "-"

