# SPDX-License-Identifier: GPL-2.0-or-later
"""The publications in papers/: their figures with provenance, listed and checked.

papers/NAME/citation.json says what it is and on which hardware its figures were measured; figures.csv has one figure a
line: where it stands, what it was measured on, its unit, how it was read, and the workload and mode of ours that it
maps to, if any.
"""
from __future__ import annotations

import json
import math
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from . import technology
from .errors import CoopbenchError, UsageError
from .modes import find_mode
from .tables import columns
from .technology import read_table

COLUMNS = ("where", "configuration", "operation", "value", "unit", "status", "setting", "workload", "mode", "printed")
CITATION_FIELDS = ("key", "title", "authors", "venue", "year", "read_at", "hardware")
# How a figure was read: in the text; there, and checked against the rendered page; from the bars of a figure.
STATUSES = ("read", "read+img", "digitised")
UNITS = ("cycles", "us", "s", "%", "% of native", "ratio", "op/s", "exits", "exits/s", "exits/op", "us/s", "Mb/s",
         "score", "tuples/s", "instructions", "references", "misses/100k instructions", "updates", "transitions")
_MUST_BE_SAID = ("where", "configuration", "operation", "value", "unit", "status")


@dataclass(frozen=True)
class Paper:
    """One publication. 'wrong' has a line for each thing that is wrong with it."""

    name: str
    title: str
    figures: int
    mapped: int
    wrong: tuple[str, ...]


def read_papers(folder: Path, workloads: set[str]) -> list[Paper]:
    """Every publication below 'folder', in the order of names; UsageError when there is none."""
    folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    papers = [read_paper(path, workloads) for path in folders]
    if not papers:
        raise UsageError(f"there is no publication in {folder}")
    return papers


def read_paper(folder: Path, workloads: set[str]) -> Paper:
    """One publication, checked."""
    if folder.name == technology.NAME:
        return _comparison_table(folder)
    title, wrong = _check_citation(folder / "citation.json")
    try:
        rows = read_table(folder / "figures.csv", COLUMNS)
    except CoopbenchError as error:
        return Paper(folder.name, title, 0, 0, (*wrong, str(error)))
    seen: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(rows, 2):
        wrong += [f"figures.csv: line {number}: {text}" for text in _check_figure(row, workloads)]
        key = tuple(row[name] for name in ("where", "configuration", "operation", "setting", "unit"))
        if key in seen:
            wrong.append(f"figures.csv: line {number}: the same figure as in line {seen[key]}")
        seen.setdefault(key, number)
    if not rows:
        wrong.append("figures.csv has no figure")
    mapped = sum(bool(row["workload"] and row["mode"]) for row in rows)
    return Paper(folder.name, title, len(rows), mapped, tuple(wrong))


def _comparison_table(folder: Path) -> Paper:
    """The table of systems holds classes instead of figures, and has checks of its own."""
    try:
        lines, wrong = technology.make_lines(folder, None), []
    except (CoopbenchError, OSError, ValueError, KeyError) as error:
        lines, wrong = [], [str(error)]
    systems = {line.system["system"] for line in lines}
    return Paper(folder.name, f"Comparison of {len(systems)} virtualization technologies, 2006-2009", len(systems),
                 len({line.system["system"] for line in lines if line.mode}), tuple(wrong))


def _check_citation(path: Path) -> tuple[str, list[str]]:
    try:
        citation = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return "", [f"cannot read citation.json: {error.strerror}"]
    except ValueError as error:
        return "", [f"citation.json is not valid JSON: {error}"]
    if not isinstance(citation, dict):
        return "", ["citation.json is no object"]
    wrong = [f"citation.json: {name} is missing" for name in CITATION_FIELDS if not citation.get(name)]
    if not isinstance(citation.get("year", 0), int):
        wrong.append("citation.json: year is no number")
    return str(citation.get("title", "")), wrong


def _check_figure(row: dict[str, str], workloads: set[str]) -> list[str]:
    """What is wrong with one line."""
    wrong = [f"{name} is empty" for name in _MUST_BE_SAID if not row[name]]
    try:
        if not math.isfinite(float(row["value"])):
            raise ValueError
    except ValueError:
        wrong.append(f"value '{row['value']}' is no number")
    if row["unit"] and row["unit"] not in UNITS:
        wrong.append(f"there is no unit '{row['unit']}' (units: {', '.join(UNITS)})")
    if row["status"] and row["status"] not in STATUSES:
        wrong.append(f"status '{row['status']}' is none of {', '.join(STATUSES)}")
    if row["workload"] and row["workload"] not in workloads:
        wrong.append(f"there is no workload '{row['workload']}'")
    try:
        find_mode(row["mode"] or "native")
    except UsageError as error:
        wrong.append(str(error))
    return wrong


def new_paper(folder: Path, name: str) -> Path:
    """The skeleton of a publication: its citation with every field empty, and the heads of its figures."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
        raise UsageError(f"'{name}' is no name for a folder: small letters, digits and dashes")
    place = folder / name
    if place.exists():
        raise UsageError(f"{name} is there already")
    place.mkdir(parents=True)
    citation = dict.fromkeys(CITATION_FIELDS, "") | {"year": 0, "notes": ""}
    (place / "citation.json").write_text(json.dumps(citation, indent=1) + "\n", encoding="utf-8")
    (place / "figures.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    return place


def render_papers(papers: list[Paper]) -> str:
    """The list: how many figures, and how many of them map to a workload and a mode."""
    lines = [(paper.name, str(paper.figures).rjust(7), str(paper.mapped).rjust(6),
              textwrap.shorten(paper.title, 52, placeholder=" ...")) for paper in papers]
    return columns(("name", "figures", "mapped", "title"), lines, left=4)
