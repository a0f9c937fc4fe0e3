# SPDX-License-Identifier: GPL-2.0-or-later
"""The result folder: written while a run goes on, so that nothing finished is ever lost, and read back by every view.

    run.json        what was run, with what, and what became of each boot (schema in bench/RECORDS.md)
    records.jsonl   one line per repetition, as the machine wrote it, with its region
    table.csv exits.csv hypercalls.csv table.md
    samples.csv     the repetitions of the rows in which they differ
    logs/           console, records and emulator output of the boots that failed
"""
from __future__ import annotations

import csv
import json
import os
import types
import typing
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .complaints import complain
from .errors import RecordError, UsageError
from .outcome import OK, Outcome
from .raw import NAME, RawRecords, complain_about_rows, is_whole, read_raw
from .records import Repetition
from .result_shape import check_row, damaged_parts, lacking_names, to_number
from .summary import (COLUMNS, EXIT_COLUMNS, HYPERCALL_COLUMNS, SAMPLE_COLUMNS, ExitRow, HypercallRow, Row,
                      SampleRow)

SCHEMA = 1

_MOST_IN_A_LINE = 2  # of what is damaged; the rest stands below the table
_LEVELS = 3  # of run.json that are a line for each member: its own, the boots, and what is said of a boot


def json_lines(value: Any, levels: int = _LEVELS, indent: str = "") -> str:
    """JSON to read and to compare line by line: what lies deeper than so many levels, or has no levels, is one line."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not levels or not any(isinstance(member, (dict, list)) for member in members):
        return json.dumps(value)
    inner = indent + " "
    parts = [json_lines(member, levels - 1, inner) for member in members]
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {part}" for name, part in zip(value, parts)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"


@dataclass
class Result:
    """A result as its readers see it."""

    folder: Path
    run: dict[str, Any]
    rows: list[Row]
    exits: list[ExitRow]
    hypercalls: list[HypercallRow]
    samples: list[SampleRow] = field(default_factory=list)
    raw: RawRecords = field(default_factory=lambda: RawRecords(is_there=False))

    def groups(self, mode: str, workload: str) -> list[list[float]]:
        """A row's repetitions by their start; none where they were all equal."""
        starts: dict[int, list[float]] = {}
        for row in self.samples:
            if (row.mode, row.workload) == (mode, workload):
                starts.setdefault(row.start, []).append(row.value)
        return list(starts.values())

    @property
    def images(self) -> dict[str, str]:
        """SHA-256 of each image by name."""
        return {name: image["sha256"] for name, image in self.run.get("images", {}).items()}


class ResultFolder:
    """The writing side. Every method may raise OSError: the caller turns it into one line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"

    def create(self, can_go_on: bool = True) -> None:
        """Makes the folder; UsageError when something is in it already. 'can_go_on': its command has a --resume."""
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise UsageError(f"{self.folder} exists and is not empty: choose another --out"
                             + (", or go on with it by --resume" if can_go_on else ""))
        self.folder.mkdir(parents=True, exist_ok=True)

    def append(self, outcome: Outcome) -> None:
        """Adds the repetitions of one outcome to records.jsonl."""
        with (self.folder / NAME).open("a", encoding="utf-8") as file:
            file.writelines(map(_record_line, outcome.repetitions, [outcome.mode] * len(outcome.repetitions)))

    def keep_only(self, outcomes: list[Outcome]) -> None:
        """Takes out of records.jsonl what is of boots that were cut off, or damaged; whole or not at all."""
        self._write(NAME, "".join(_record_line(repetition, outcome.mode) for outcome in outcomes
                                  for repetition in outcome.repetitions))

    def write_run(self, run: dict[str, Any], outcomes: list[Outcome]) -> None:
        """Writes run.json, whole or not at all."""
        run = dict(run, schema=SCHEMA, outcomes=[_outcome_to_json(outcome) for outcome in outcomes])
        self._write("run.json", json_lines(run) + "\n")

    def write_tables(self, rows: list[Row], exits: list[ExitRow], hypercalls: list[HypercallRow],
                     markdown: str) -> None:
        self._write_csv("table.csv", COLUMNS, rows)
        self._write_csv("exits.csv", EXIT_COLUMNS, exits)
        self._write_csv("hypercalls.csv", HYPERCALL_COLUMNS, hypercalls)
        self._write("table.md", markdown)

    def write_samples(self, samples: list[SampleRow]) -> None:
        """The file is there only where something differs."""
        if samples or (self.folder / "samples.csv").exists():
            self._write_csv("samples.csv", SAMPLE_COLUMNS, samples)

    def _write_csv(self, name: str, columns: list[str], rows: list) -> None:
        unfinished = self.folder / (name + ".new")
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            for row in rows:
                writer.writerow({key: "" if value is None else value for key, value in asdict(row).items()})
        unfinished.replace(self.folder / name)

    def _write(self, name: str, text: str) -> None:
        unfinished = self.folder / (name + ".new")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(self.folder / name)

    def remove_empty_logs(self) -> None:
        """Removes the folders of logs that no failed boot left anything in."""
        for folder, _, _ in os.walk(self.logs, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass

    def point_latest(self, out: Path) -> None:
        """Lets out/latest name this folder."""
        out.mkdir(parents=True, exist_ok=True)
        unfinished = out / ".latest"
        unfinished.unlink(missing_ok=True)
        unfinished.symlink_to(os.path.relpath(self.folder, out))
        unfinished.replace(out / "latest")

    def read_finished(self) -> tuple[dict[str, Any], list[Outcome], list[str]]:
        """run.json, the outcomes that need not be run again (ok with all their records, or n/a), and what is damaged of
        records.jsonl. Nothing is changed: keep_only() does that."""
        run = read_run(self.folder)
        raw, finished = read_raw(self.folder, run), []
        for table in run.get("outcomes", []):
            outcome = _outcome_from_json(table)
            outcome.repetitions = raw.repetitions.get(outcome.key, [])
            if is_whole(raw, table) and outcome.repetitions if outcome.status == OK else not outcome.bad:
                finished.append(outcome)
        return run, finished, raw.damage


def _record_line(repetition: Repetition, mode: str) -> str:
    """A line of records.jsonl."""
    line = {"mode": mode, "repetition": repetition.raw,
            "region": repetition.region.raw if repetition.region else None}
    if repetition.trace:
        line["trace"] = repetition.trace
    if repetition.start:
        line["start"] = repetition.start
    return json.dumps(line, separators=(",", ":")) + "\n"


def _outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    table = {column.name: getattr(outcome, column.name) for column in fields(Outcome) if column.name != "repetitions"}
    return table | {"records": len(outcome.repetitions)}


def _outcome_from_json(table: dict[str, Any]) -> Outcome:
    return Outcome(**{column.name: table[column.name] for column in fields(Outcome) if column.name in table})


def read_run(folder: Path) -> dict[str, Any]:
    """run.json of a result; UsageError when the folder is no result, or one of another schema."""
    path = folder / "run.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{folder} is no result folder (cannot read run.json: {error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(run, dict) or run.get("schema") != SCHEMA:
        raise UsageError(f"{path} is of schema {run.get('schema') if isinstance(run, dict) else '?'}, "
                         f"this coopbench reads schema {SCHEMA}")
    lacking = lacking_names(run)
    if lacking:
        raise UsageError(f"{path} lacks {', '.join(lacking)}")
    damaged = damaged_parts(run)
    if damaged:
        raise UsageError(f"{path} is damaged: what it says of {', '.join(damaged)} cannot be read")
    return run


def read_result(folder: Path) -> Result:
    """A result folder, or a reference; UsageError says what is wrong with it. Where only its records are damaged, it is
    all the same a result, and a complaint."""
    run = read_run(folder)
    if not (folder / "table.csv").exists():
        raise UsageError(f"{folder} has no tables yet: its run goes on, or was cut off "
                         f"(go on with: bench/coopbench run --resume --out {folder})")
    raw = read_raw(folder, run)
    try:
        rows = _read_csv(folder / "table.csv", Row)
        for row in rows:
            check_row(row, run)
        raw.damage += complain_about_rows(raw, run, [row for row in rows if row.status == OK])
        result = Result(folder, run, rows, _read_csv(folder / "exits.csv", ExitRow),
                        _read_csv(folder / "hypercalls.csv", HypercallRow), _read_samples(folder / "samples.csv"), raw)
    except (OSError, ValueError, TypeError, KeyError, csv.Error, RecordError) as error:
        raise UsageError(f"the tables in {folder} cannot be read: {error}") from error
    if raw.damage:
        complain(f"{folder} is damaged: {'; '.join(raw.told(_MOST_IN_A_LINE))} (what is whole is shown)")
    return result


def _read_samples(path: Path) -> list[SampleRow]:
    """The repetitions; none of a result from before they were kept."""
    return _read_csv(path, SampleRow) if path.exists() else []


def _read_csv(path: Path, kind: type) -> list:
    """The rows of a CSV file as dataclasses; columns that 'kind' does not know are later ones, and are ignored."""
    types_of = typing.get_type_hints(kind)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        lines, heads = list(reader), reader.fieldnames or ()
    lacking = [column.name for column in fields(kind) if column.default is MISSING and column.name not in heads]
    if lacking:
        raise ValueError(f"{path.name} has no column {', '.join(lacking)}")
    for number, line in enumerate(lines, 2):
        if None in line or None in line.values():
            raise ValueError(f"{path.name}: line {number} is cut off or damaged")
    return [kind(**{name: _convert(text, types_of[name]) for name, text in line.items() if name in types_of})
            for line in lines]


def _convert(text: str, kind: Any) -> Any:
    """A cell as its column's type; the empty cell of a column that may lack a number is None."""
    optional = isinstance(kind, types.UnionType)
    if optional and text == "":
        return None
    base = typing.get_args(kind)[0] if optional else kind
    if base is float:
        return to_number(text)
    return base(text)
