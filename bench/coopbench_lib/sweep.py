# SPDX-License-Identifier: GPL-2.0-or-later
"""A sweep: modes x values of switches x values of parameters, each point an ordinary result in a folder of its own.

    sweep.json      what is swept, and the points
    points/NAME/    a result each: run.json, records.jsonl, tables
    sweep.csv       the rows of all points: those of table.csv behind the swept values
    sweep.md        the tables; WORKLOAD-cost.svg, WORKLOAD-crossings.svg: the pictures, with the data they were made
    from
"""
from __future__ import annotations

import csv
import itertools
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .errors import UsageError
from .parts import run_part
from .plan import Plan
from .results import read_result
from .summary import COLUMNS, Row
from .switches import parse_parameters, parse_switches

SCHEMA = 1
_MOST_POINTS = 2000


@dataclass(frozen=True)
class Axis:
    """One name that takes several values: a switch or a parameter."""

    name: str
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One value of every axis."""

    values: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Also the name of its folder."""
        return "_".join(f"{name}={value}".replace("/", "-") for name, value in self.values) or "all"

    @property
    def words(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.values)


@dataclass(frozen=True)
class Preset:
    """A sweep that has a name. What the user says besides is added to it, or takes its place."""

    name: str
    does: str
    workload: str
    sets: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    modes: str = ""
    runs: int | None = None
    warmup: int | None = None


def split_axes(words: list[str] | None, kind: str) -> tuple[list[str], list[Axis]]:
    """Words NAME=VALUE as they are, and the axes of those with several values, NAME=V1,V2,... in order."""
    single, axes = [], []
    for word in words or []:
        name, equals, text = word.partition("=")
        values = tuple(dict.fromkeys(filter(None, text.split(","))))
        if not equals or not name or not values:
            raise UsageError(f"{'--set' if kind == 'switch' else '--param'} {word}: write it as NAME=VALUE or "
                             "NAME=V1,V2,...")
        if len(values) == 1:
            single.append(f"{name}={values[0]}")
        else:
            axes.append(Axis(name, kind, values))
    names = [word.partition("=")[0] for word in single] + [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is given twice")
    return single, axes


def points_of(axes: list[Axis]) -> list[Point]:
    """All combinations, the last axis fastest."""
    points = [Point(tuple(zip((axis.name for axis in axes), values)))
              for values in itertools.product(*(axis.values for axis in axes))]
    if len(points) > _MOST_POINTS:
        raise UsageError(f"these are {len(points)} points; at most {_MOST_POINTS}")
    return points


def plan_of(plan: Plan, axes: list[Axis], point: Point) -> Plan:
    """The plan of one point. A parameter that no workload has, or a value that is out of limits, is refused here."""
    kinds = {axis.name: axis.kind for axis in axes}
    sets = [f"{name}={value}" for name, value in point.values if kinds[name] == "switch"]
    params = [f"{name}={value}" for name, value in point.values if kinds[name] == "parameter"]
    switches = plan.switches | {word.partition("=")[0]: parse_switches(sets)[word.partition("=")[0]] for word in sets}
    of_point = replace(plan, switches=switches, parameters=plan.parameters | parse_parameters(params))
    of_point.check()
    return of_point


class Sweep:
    """One sweep and its folder."""

    def __init__(self, plan: Plan, axes: list[Axis], folder: Path, arguments: list[str], asked: dict[str, Any]) -> None:
        self.plan, self.axes, self.folder, self.arguments, self.asked = plan, axes, folder, arguments, asked
        self.points = points_of(axes)
        self.plans = {point: plan_of(plan, axes, point) for point in self.points}
        self.failures: list[str] = []

    def describe(self) -> dict[str, Any]:
        """sweep.json: two sweeps with the same one are the same."""
        return {"schema": SCHEMA, "machine": self.plan.machine.name, "unit": self.plan.machine.unit,
                "modes": [mode.name for mode in self.plan.modes],
                "workloads": [workload.name for workload in self.plan.workloads],
                "axes": [{"name": axis.name, "kind": axis.kind, "values": list(axis.values)} for axis in self.axes],
                "points": [point.name for point in self.points], "arguments": self.asked}

    def begin(self, resume: bool) -> None:
        """Makes the folder, or takes over one of the same sweep."""
        path = self.folder / "sweep.json"
        if resume and not path.is_file():
            raise UsageError(f"there is no sweep to go on with in {self.folder}")
        if resume:
            before = json.loads(path.read_text(encoding="utf-8"))
            if before != self.describe():
                raise UsageError(f"{self.folder} is of another sweep: modes, workloads or values are not the same")
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise UsageError(f"{self.folder} exists and is not empty: choose another --out, or go on with it by "
                             "--resume")
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.describe(), indent=1) + "\n", encoding="utf-8")

    def part(self, point: Point) -> Path:
        return self.folder / "points" / point.name

    def run_point(self, point: Point) -> None:
        """One point, or what is left of it; failed boots are kept in mind, and the sweep goes on."""
        session = run_part(self.plans[point], self.part(point), self.arguments)
        self.failures += [f"{point.words} {outcome.workload} in {outcome.mode}: {outcome.status}: {outcome.reason}"
                          for outcome in session.outcomes.values() if outcome.bad]

    def rows(self) -> list[tuple[Point, Row]]:
        """The rows of every point that has been run."""
        return [(point, row) for point in self.points if (self.part(point) / "table.csv").is_file()
                for row in read_result(self.part(point)).rows]

    def write_csv(self, rows: list[tuple[Point, Row]]) -> None:
        """sweep.csv."""
        names = [axis.name for axis in self.axes]
        with (self.folder / "sweep.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*(f"at_{name}" for name in names), *COLUMNS])
            for point, row in rows:
                cells = asdict(row)
                writer.writerow([*(value for _, value in point.values),
                                 *("" if cells[name] is None else cells[name] for name in COLUMNS)])
