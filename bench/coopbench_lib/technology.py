# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison table of 2006-2009 printed again, with the point that stands for each system and what was measured.

The data lies in papers/kernelnewbies-techcomparison/: systems.csv (the table), points.csv (what stands for a
system, or why nothing can), thresholds.json (the bounds of the classes, fixed before any figure).
"""
from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from .errors import CoopbenchError
from .modes import find_mode
from .outcome import OK
from .results import Result
from .tables import WIDTH, amount, columns, ratio

NAME = "kernelnewbies-techcomparison"
_SCALES = (0.5, 1.0, 1.5)
_COLUMNS = ("system", "full_virt", "paravirt", "containers", "license", "architectures", "performance",
            "smp_guests", "hotplug", "standalone_host", "notes")
_POINT_COLUMNS = ("system", "part", "mode", "peer", "point", "reason", "why")
# In front of a peer that is another system of the same technique.
_LIKE = "~"
Explain = Callable[[str], float | None]
_MORE = ("point", "measured")


@dataclass(frozen=True)
class Measured:
    """What was found on one mode: the mean ratio, of how many workloads, the class at each scale of the bounds."""

    mean: float
    workloads: int
    exits: float | None
    classes: tuple[str, ...]

    @property
    def stable(self) -> bool:
        return len(set(self.classes)) == 1


@dataclass(frozen=True)
class Line:
    """One part of one system: the point that stands for it, and the figure or the reason why there is none."""

    system: dict[str, str]
    part: str
    mode: str
    point: str
    measured: str
    disagrees: str = ""


def read_table(path: Path, wanted: tuple[str, ...]) -> list[dict[str, str]]:
    """A CSV file with exactly these columns; CoopbenchError says what is wrong with it."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
    except (OSError, csv.Error) as error:
        raise CoopbenchError(f"cannot read {path}: {error}") from error
    if tuple(reader.fieldnames or ()) != wanted:
        raise CoopbenchError(f"{path}: its columns must be {','.join(wanted)}")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise CoopbenchError(f"{path}: line {number} has not {len(wanted)} cells")
    return rows


def classify(mean: float, thresholds: dict[str, Any], scale: float) -> str:
    """The first class whose bound is not exceeded, with the excess of the bounds over native scaled."""
    for entry in thresholds["classes"]:
        if entry["bound"] is None or mean <= 1 + (entry["bound"] - 1) * scale:
            return entry["name"]
    raise CoopbenchError("thresholds.json: its last class must have no bound")


def measure(result: Result, mode: str, thresholds: dict[str, Any]) -> Measured | None:
    """The mean of one mode over the workloads of the rule; None where the result has too few of them."""
    rows = [row for row in result.rows if row.mode == mode and row.workload in thresholds["workloads"]
            and row.status == OK and row.ratio_to_native]
    if len(rows) < thresholds["at_least"]:
        return None
    mean = geometric_mean(row.ratio_to_native for row in rows)
    counted = [row.exits_per_op for row in rows if row.exits_per_op is not None]
    exits = sum(counted) / len(rows) if counted else None
    return Measured(mean, len(rows), exits, tuple(classify(mean, thresholds, scale) for scale in _SCALES))


def make_lines(folder: Path, result: Result | None, peers: Sequence[Result] = (),
               explain: Explain = lambda mode: None) -> list[Line]:
    """Every part of every system, in the table's order; 'peers' are the results of live systems. 'explain' models a
    mode's mean ratio on a CPU of the table's years, or gives None."""
    thresholds = json.loads((folder / "thresholds.json").read_text(encoding="utf-8"))
    systems = {row["system"]: row for row in read_table(folder / "systems.csv", _COLUMNS)}
    points = read_table(folder / "points.csv", _POINT_COLUMNS)
    for name in {point["system"] for point in points} ^ set(systems):
        raise CoopbenchError(f"{folder}: {name} stands in only one of systems.csv and points.csv")
    lines = [_with_live(_line(systems[name], point, result, thresholds), point["peer"], peers, thresholds)
             for name in systems for point in points if point["system"] == name]
    reasons = {(point["system"], point["part"]): point["why"] for point in points}
    return [_with_reason(line, reasons[line.system["system"], line.part], explain, thresholds) for line in lines]


def _with_reason(line: Line, why: str, explain: Explain, thresholds: dict[str, Any]) -> Line:
    """A disagreement with what explains it, and with the class that the model gives when exits are charged for."""
    if not line.disagrees:
        return line
    modelled = explain(line.mode) if line.mode else None
    charged = "" if modelled is None else (f"; modelled with what an exit cost in 2005 it is {ratio(modelled)} times "
                                           f"native: {classify(modelled, thresholds, 1.0)}")
    return replace(line, disagrees=f"{line.disagrees}{': ' + why if why else ''}{charged}")


def _with_live(line: Line, peer: str, peers: Sequence[Result], thresholds: dict[str, Any]) -> Line:
    """The line with what was measured on the system itself, where that is there: in front of the figure of the point
    that stands for it, in place of the reason why there is none."""
    for result in peers if peer else ():
        found = measure(result, peer.removeprefix(_LIKE), thresholds)
        if found:
            like = "the same technique live" if peer.startswith(_LIKE) else "live"
            live = f"{like}, {peer.removeprefix(_LIKE)}: {_figure(found, result)}"
            if line.mode:
                return replace(line, measured=f"{live}; the point: {line.measured}")
            return replace(line, measured=live, disagrees=_disagreement(line.system, line.part, found))
    return line


def _line(system: dict[str, str], point: dict[str, str], result: Result | None, thresholds: dict[str, Any]) -> Line:
    if not point["mode"]:
        return Line(system, point["part"], "", point["point"], point["reason"])
    mode = find_mode(point["mode"])
    found = measure(result, mode.name, thresholds) if result else None
    text, disagrees = _why_not(mode, result, thresholds), ""
    if found:
        text, disagrees = _figure(found, result), _disagreement(system, point["part"], found)
    return Line(system, point["part"], mode.name, f"{mode.name}: {point['point']}", text, disagrees)


def _why_not(mode, result: Result | None, thresholds: dict[str, Any]) -> str:
    if result is None:
        return "not measured: no result yet (coopbench run --workload latency/)"
    if all(row.mode != mode.name for row in result.rows):
        return f"not measured: mode {mode.name} is not in this result (coopbench run --workload latency/)"
    return (f"not measured: fewer than {thresholds['at_least']} of the workloads in this result "
            "(coopbench run --workload latency/)")


def _figure(found: Measured, result: Result) -> str:
    changes = "" if found.stable else (f" ({found.classes[0]} to {found.classes[2]} with bounds half to one and a half "
                                       "as large)")
    exits = "" if found.exits is None else f"{amount(found.exits)} exits/op, "
    return (f"{found.classes[1]}: {ratio(found.mean)} times native in {result.run['unit']}, {exits}"
            f"{found.workloads} workloads{changes}")


def _disagreement(system: dict[str, str], part: str, found: Measured) -> str:
    """Where the class is none of those that the table names for this part."""
    said = system["performance"]
    for piece in said.split(","):
        if piece.strip().startswith(part.split(" with")[0].split(" today")[0]):
            said = piece.strip()[len(part.split(" with")[0].split(" today")[0]):]
    named = [word.strip() for word in said.replace(" with kQEMU", "").replace(",", "/").split("/")]
    return "" if found.classes[1] in named else (f"{system['system']}, {part}: the table says {said.strip()}, "
                                                 f"the figures {found.classes[1]}")


def render(lines: list[Line], result: Result | None, kind: str) -> str:
    """The table as text, Markdown or CSV."""
    return {"text": _text, "md": _markdown, "csv": _csv}[kind](lines, result)


def _csv(lines: list[Line], _: Result | None) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, "part", "mode", *_MORE])
    for line in lines:
        writer.writerow([*line.system.values(), line.part, line.mode, line.point, line.measured])
    return text.getvalue()


def _markdown(lines: list[Line], result: Result | None) -> str:
    heads = [*(name.replace("_", " ") for name in _COLUMNS), *_MORE]
    text = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for system in dict.fromkeys(line.system["system"] for line in lines):
        own = [line for line in lines if line.system["system"] == system]
        cells = [*own[0].system.values(), "<br>".join(f"{line.part}: {line.point}" for line in own),
                 "<br>".join(f"{line.part}: {line.measured}" for line in own)]
        text.append("| " + " | ".join(cells) + " |")
    return "\n".join(text + ["", *(f"{line}  " for line in _below(lines, result))]) + "\n"


def _text(lines: list[Line], result: Result | None) -> str:
    """The features as one table; then, system by system, what stands for it and what was measured."""
    text = "The table of 2006-2009, its 20 systems (a class behind a name is the table's own)\n\n"
    systems = list({line.system["system"]: line.system for line in lines}.values())
    short = ("full_virt", "paravirt", "containers", "smp_guests", "hotplug", "standalone_host")
    heads = ("system", "full", "para", "cont.", "SMP", "hotplug", "standalone", "license")
    rows = [(row["system"], *(row[name] or "-" for name in short), row["license"]) for row in systems]
    text += columns(heads, rows, left=len(heads)) + "\n"
    for system in systems:
        about = "; ".join(filter(None, (system["architectures"], system["notes"])))
        text += _wrapped(f"{system['system']}: {system['performance']} ({about})")
        for line in (line for line in lines if line.system is system):
            for head, words in ((line.part + ": ", line.point), ("  -> ", line.measured)):
                text += textwrap.fill(head + words, WIDTH, initial_indent="    ", subsequent_indent="        ") + "\n"
    return text + "\n" + "".join(map(_wrapped, _below(lines, result)))


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent="    ") + "\n"


def _below(lines: list[Line], result: Result | None) -> list[str]:
    """What a reader must know of the figures, and where they disagree with the table."""
    text = [f"Measured: {result.run['machine']}, run {result.run['run_id']}." if result
            else "No result was given, and there is none."]
    text.append("Classes by the bounds of thresholds.json, fixed before the figures: the geometric mean of the "
                "ratios to native of system-call-heavy workloads. A point is the technique, not the system: its age, "
                "its drivers and its hardware are not in it. A figure that begins with 'live' is of the system itself, "
                "in its Debian version and beside its own native (coopbench peers); in tsc it is of a computer's "
                "clock, in instr of the emulated machine.")
    disagreements = [line.disagrees for line in lines if line.disagrees]
    if disagreements and result and result.run["unit"] == "instr":
        text.append("In instr a class is the length of the path through the software: what exits, world switches and "
                    "page walks cost in silicon is not in it, and the table judged systems and hardware of its years. "
                    "Where the classes disagree, why, and what the model says (a model, not a measurement: coopbench "
                    "model --cpu prescott):")
    return text + disagreements
