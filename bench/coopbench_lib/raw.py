# SPDX-License-Identifier: GPL-2.0-or-later
"""records.jsonl read back: the repetitions behind each row and where they stand, so that every printed figure can name
its raw lines; and what of it is damaged, so that what is whole can be shown with what is lost beside it."""
from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from .errors import RecordError
from .records import Repetition, check_repetition, read_count, read_region, read_repetition, read_traces

NAME = "records.jsonl"
_MOST_TOLD = 8


@dataclass
class RawRecords:
    """The lines of records.jsonl; by mode and workload the numbers (from 1) of those that a row was made of, and all
    repetitions, warm-ups included; and what is damaged, in clauses."""

    is_there: bool = True
    lines: list[str] = field(default_factory=list)
    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    repetitions: dict[tuple[str, str], list[Repetition]] = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)

    def numbers(self, mode: str, workload: str) -> list[int]:
        """The line numbers of the measured repetitions; none where a result came without its records."""
        return self.rows.get((mode, workload), [])

    def span(self, mode: str, workload: str) -> str:
        """The same as text: '14-16', or '14 17' where they are not neighbours; '' where there are none."""
        numbers = self.numbers(mode, workload)
        if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"{numbers[0]}-{numbers[-1]}"
        return " ".join(map(str, numbers))

    def told(self, most: int = _MOST_TOLD) -> list[str]:
        """The damage, not more of it than somebody reads."""
        more = len(self.damage) - most
        return self.damage[:most] + ([f"and {more} more like these"] if more > 0 else [])


def read_raw(folder: Path, run: dict[str, Any]) -> RawRecords:
    """The records of a result, as far as they are whole; none for a reference, which has no such file."""
    raw = RawRecords()
    try:
        texts = (folder / NAME).read_bytes().split(b"\n")
    except FileNotFoundError:
        return RawRecords(is_there=False)
    except OSError as error:
        raw.damage.append(f"{NAME} cannot be read: {error.strerror}")
        return raw
    if not texts[-1]:
        texts.pop()
    raw.lines = [text.decode(errors="replace") for text in texts]
    has_regions, seen, wrong = run.get("kind") != "peers", set(), []
    for number, text in enumerate(texts, 1):
        try:
            mode, repetition = _read_line(text, has_regions)
            key = (mode, repetition.workload, repetition.start, repetition.region_number, repetition.index,
                   repetition.warmup)
            if key in seen:
                raise RecordError("a repetition that an earlier line has already")
        except RecordError as error:
            wrong.append((number, str(error)))
            continue
        seen.add(key)
        raw.repetitions.setdefault(key[:2], []).append(repetition)
        if not repetition.warmup:
            raw.rows.setdefault(key[:2], []).append(number)
    raw.damage = [f"{NAME}: {text}" for text in _fold(wrong)]
    return raw


def _read_line(text: bytes, has_regions: bool) -> tuple[str, Repetition]:
    """The mode and the repetition of a line; RecordError says what is wrong with it."""
    try:
        line = json.loads(text.decode())
    except UnicodeDecodeError as error:
        raise RecordError("bytes that are no text") from error
    except (ValueError, RecursionError) as error:
        raise RecordError("cut off, or no JSON") from error
    if not isinstance(line, dict) or not isinstance(line.get("mode"), str) or "region" not in line:
        raise RecordError("no record of a repetition")
    if not isinstance(line.get("repetition"), dict) or not isinstance(line["region"], dict | None):
        raise RecordError("no record of a repetition")
    region = read_region(line["region"]) if line["region"] else None
    crossings = read_traces([{"region": 0, "crossings": line["trace"]}])[0] if "trace" in line else None
    start = read_count(line, "start") if "start" in line else 0
    repetition = read_repetition(line["repetition"], region, crossings, start)
    check_repetition(repetition, repetition.workload, has_regions and line["mode"] != "native")
    return line["mode"], repetition


def _fold(wrong: list[tuple[int, str]]) -> list[str]:
    """Lines behind one another that have the same fault as one clause."""
    runs: list[list] = []
    for number, text in wrong:
        if runs and runs[-1][1:] == [number - 1, text]:
            runs[-1][1] = number
        else:
            runs.append([number, number, text])
    return [f"line {first}: {text}" if first == last else f"lines {first}-{last}: {text}" for first, last, text in runs]


def is_whole(raw: RawRecords, outcome: dict[str, Any]) -> bool:
    """Whether all records of an outcome of run.json are there. One of before they were counted there is, if no line is
    damaged."""
    found = len(raw.repetitions.get((outcome["mode"], outcome["workload"]), ()))
    return found >= outcome["records"] if "records" in outcome else not raw.damage


def complain_about_rows(raw: RawRecords, run: dict[str, Any], rows: Iterable) -> list[str]:
    """What rows of table.csv, all of them ok, lack in their records, or say otherwise; none where there is no such
    file. Of a run that was cut off there may be more records than the table knows of."""
    written = {(outcome["mode"], outcome["workload"]): outcome["records"] for outcome in run.get("outcomes", [])
               if "records" in outcome}
    complaints = []
    for row in rows if raw.is_there else ():
        repetitions = raw.repetitions.get(row.key, [])
        measured = [repetition for repetition in repetitions if not repetition.warmup]
        found, wanted = ((len(repetitions), written[row.key]) if row.key in written
                         else (len(measured), row.repetitions))
        if found < wanted:
            complaints.append(f"{row.mode} {row.workload}: {found} of its {wanted} records are whole")
        elif len(measured) == row.repetitions:
            value = round(median(repetition.busy / repetition.ops for repetition in measured), 6)
            if value != row.value:
                complaints.append(f"{row.mode} {row.workload}: table.csv has {row.value:g}, its records {value:g}")
    return complaints
