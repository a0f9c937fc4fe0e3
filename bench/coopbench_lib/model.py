# SPDX-License-Identifier: GPL-2.0-or-later
"""A model, not a measurement: cycles = cycles per instruction x instructions + crossings x what one costs in silicon.

What an exit and a ring crossing cost is taken from publications in papers/, with provenance. Free parameters: cycles
per instruction, the same everywhere; a crossing's cost, the same for every reason; a walk reference's, the same
whatever it hits, where the run counted them. Left out: caches, what native itself pays for its system calls and faults.
So it is judged:
predicted ratios stand beside published ones, which were not used to make it, and beside those of a naive model (exits
x constant). No modelled number enters any other table.
"""
from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import geometric_mean, median

from .errors import UsageError
from .outcome import OK
from .papers import COLUMNS
from .plot_style import line_colour, line_opening, point_shape, quoted
from .plots import Plot, plot_name
from .published import Pair, read_pairs
from .results import Result
from .summary import Row
from .tables import WIDTH, amount, columns, ratio
from .technology import NAME, read_table

MOST_EXIT_COST, _STEP = 5000, 250
CALIBRATED_ON = "asplos2006"
_JUDGED_ON = ("asplos2006", "sosp2003")
_XEON_BESIDE = "prescott"  # sosp2003's CPU is a Xeon of the same architecture


@dataclass(frozen=True)
class Cost:
    """A published cost in cycles, and where it stands."""

    cycles: float
    source: str


@dataclass(frozen=True)
class Cpu:
    """A CPU model: which lines of papers/ say what crossings cost on it, and in which settings others measured on
    it."""

    name: str
    exit: tuple[str, str, str]
    ring: tuple[str, str, str]
    ring_is_its_own: bool = False
    settings: tuple[str, ...] = ()


_ROUND_TRIP = "hardware round trip of an exit"
_P4_RING = ("asplos2006", "native", "syscall/sysret")
WALK = ("asplos2008", "all", "a walk's reference that misses the walk cache and hits the L2 cache")
_SKYLAKE_RING = ("vee2020", "native", "null system call")
CPUS = (
    Cpu("prescott", ("atc2012", "Prescott (Pentium 4)", _ROUND_TRIP), _P4_RING, True, ("P4 672", "3.8 GHz P4 672")),
    Cpu("merom", ("atc2012", "Merom", _ROUND_TRIP), _P4_RING, False, ("Core 2 Duo",)),
    Cpu("penryn", ("atc2012", "Penryn", _ROUND_TRIP), _SKYLAKE_RING),
    Cpu("nehalem", ("atc2012", "Nehalem", _ROUND_TRIP), _SKYLAKE_RING),
    Cpu("westmere", ("atc2012", "Westmere", _ROUND_TRIP), _SKYLAKE_RING),
    Cpu("sandybridge", ("atc2012", "Sandy Bridge", _ROUND_TRIP), _SKYLAKE_RING),
    Cpu("skylake", ("vee2020", "virtualized", "cost of an exit on average, most"), _SKYLAKE_RING, True),
)


def find_cpu(name: str) -> Cpu:
    """The CPU of a name; UsageError tells which there are."""
    for cpu in CPUS:
        if cpu.name == name:
            return cpu
    raise UsageError(f"there is no CPU '{name}' (CPUs: {', '.join(cpu.name for cpu in CPUS)})")


def read_cost(papers: Path, line: tuple[str, str, str]) -> Cost:
    """A published figure by its paper, configuration and operation."""
    paper, configuration, operation = line
    for row in read_table(papers / paper / "figures.csv", COLUMNS):
        if (row["configuration"], row["operation"], row["unit"]) == (configuration, operation, "cycles"):
            return Cost(float(row["value"]), f"{paper}, {row['where']}: {operation} ({configuration}), {row['status']}")
    raise UsageError(f"papers/{paper} has no figure '{operation}' of '{configuration}' in cycles")


@dataclass(frozen=True)
class Model:
    """One CPU's costs and the free parameter."""

    cpu: Cpu
    exit: Cost
    ring: Cost
    cpi: float
    walk: Cost = Cost(0, "")

    def cycles(self, row: Row) -> float:
        """An operation in cycles, modelled. Every crossing of a kernel in ring 3 is one of rings, of others a VM
        exit."""
        unit = self.ring.cycles if row.cpu == "deprivileged" else self.exit.cycles
        return (self.cpi * row.value + (row.exits_per_op or 0) * unit
                + (row.walk_references_per_op or 0) * self.walk.cycles)

    def naive(self, row: Row, native: Row) -> float:
        """Native's path, and the exits at a constant cost: what a count of exits alone would say."""
        unit = self.ring.cycles if row.cpu == "deprivileged" else self.exit.cycles
        return self.cpi * native.value + (row.exits_per_op or 0) * unit


def explainer(papers: Path, result: Result | None) -> Callable[[str], float | None]:
    """Gives a mode's mean modelled ratio over the workloads of the table of twenty systems, on the oldest CPU, at one
    cycle an instruction; None without counts of instructions, or without that CPU's costs."""
    rule = papers / NAME / "thresholds.json"
    cpu = CPUS[0]
    if result is None or result.run["unit"] != "instr" or not (papers / cpu.exit[0] / "figures.csv").is_file():
        return lambda mode: None
    model = Model(cpu, read_cost(papers, cpu.exit), read_cost(papers, cpu.ring), 1.0)
    rows = {row.key: row for row in result.rows if row.status == OK}
    names = json.loads(rule.read_text(encoding="utf-8"))["workloads"]

    def explain(mode: str) -> float | None:
        ratios = [model.cycles(rows[mode, name]) / model.cycles(rows["native", name]) for name in names
                  if (mode, name) in rows and ("native", name) in rows]
        return geometric_mean(ratios) if ratios else None
    return explain


def calibrate(papers: Path, result: Result) -> tuple[float, int]:
    """Cycles per instruction as the median over the nanobenchmarks that were published natively in cycles; and their
    number."""
    ours = {row.workload: row.value for row in result.rows if row.mode == "native" and row.status == OK}
    values = [float(row["value"]) / ours[row["workload"]] for row in read_table(papers / CALIBRATED_ON / "figures.csv",
                                                                                COLUMNS)
              if row["mode"] == "native" and row["unit"] == "cycles" and row["workload"].startswith("nano/")
              and ours.get(row["workload"])]
    return (median(values), len(values)) if values else (1.0, 0)


def render_model(result: Result, model: Model, papers: Path, calibrated: tuple[float, int]) -> str:
    """Modelled cycles and ratios, with sources and assumptions; then what publications say."""
    modes = [name for name in dict.fromkeys(row.mode for row in result.rows)]
    rows = {row.key: row for row in result.rows if row.status == OK}
    lines = []
    for workload in dict.fromkeys(row.workload for row in result.rows):
        native = rows.get(("native", workload))
        cells = [amount(round(model.cycles(native))) if native else "-"]
        for mode in modes:
            row = rows.get((mode, workload))
            if mode != "native":
                cells.append("-" if not row or not native else ratio(model.cycles(row) / model.cycles(native)))
        lines.append((workload, *cells))
    text = (f"MODEL of {model.cpu.name}, not measured: cycles an operation natively, and the modelled ratio to it\n\n"
            + columns(("workload", "native", *(mode for mode in modes if mode != "native")), lines, left=1) + "\n")
    return text + _wrap(_assumptions(result, model)) + "\n" + _judgement(result, model, papers, calibrated)


def _wrap(lines: list[str]) -> str:
    return "".join(f"{wrapped}\n" for line in lines for wrapped in textwrap.wrap(line, WIDTH, subsequent_indent="    "))


def _assumptions(result: Result, model: Model) -> list[str]:
    own = "" if model.cpu.ring_is_its_own else "; another CPU's, since none is published for this one"
    return [f"cycles = {model.cpi:g} x instructions ({result.run['machine']}, run {result.run['run_id']}) + crossings "
            "x cost.", f"A VM exit: {amount(model.exit.cycles)} cycles ({model.exit.source}).",
            f"A ring crossing and back: {amount(model.ring.cycles)} cycles ({model.ring.source}{own}).",
            (f"A table entry that a page walk reads: {amount(model.walk.cycles)} cycles ({model.walk.source}); counted "
             f"behind the TLBs '{result.run['walks']['tlb']}'." if model.walk.cycles else
             "Page walks: left out, TLB misses and two dimensions with them ('run --walks' counts them)."),
            "Assumed: cycles per instruction is the same everywhere (--cpi), each crossing costs the same. Left out: "
            "caches, what native pays for its own system calls and faults."]


def judged_pairs(papers: Path, result: Result, cpu: Cpu) -> list[Pair]:
    """Published ratios of that CPU's settings, those that calibrated it left out."""
    return [pair for paper in _JUDGED_ON if (papers / paper / "figures.csv").is_file()
            for pair in read_pairs(papers / paper, result)
            if pair.ours and (pair.setting in cpu.settings or (paper == "sosp2003" and cpu.name == _XEON_BESIDE))
            and not (paper == CALIBRATED_ON and pair.workload.startswith("nano/"))]


def _judgement(result: Result, model: Model, papers: Path, calibrated: tuple[float, int]) -> str:
    """Predicted beside published ratios, with the error; with the calibrated parameter too, and the naive model."""
    rows = {row.key: row for row in result.rows}
    other = replace(model, cpi=calibrated[0])
    lines, off = [], []
    for pair in judged_pairs(papers, result, model.cpu):
        native = rows["native", pair.workload]
        predicted = [each.cycles(pair.row) / each.cycles(native) for each in (model, other)]
        predicted.append(model.naive(pair.row, native) / model.naive(native, native))
        lines.append((pair.workload, pair.mode, ratio(pair.published),
                      *(f"{ratio(value)} ({100 * value / pair.published - 100:+.0f}%)" for value in predicted)))
        off.append([max(value / pair.published, pair.published / value) for value in predicted])
    if not lines:
        return _wrap([f"No published ratio of {model.cpu.name} to judge it by, among the workloads and modes of this "
                      "result."])
    lines.append(("mean factor off", "", "", *(f"{geometric_mean(column):.2f}" for column in zip(*off))))
    heads = ("workload", "mode", "published", f"cpi {model.cpi:g}", f"cpi {calibrated[0]:.3g}", "naive")
    return ("Judged by published ratios to native, with the model's error\n"
            + columns(heads, lines, left=2)
            + _wrap([f"cpi {calibrated[0]:.3g}: calibrated as the median over {calibrated[1]} native nanobenchmarks of "
                     f"{CALIBRATED_ON}, none of which is judged. naive: native's path + exits x a constant."
                     + (" Those of sosp2003 are of a 2.4 GHz Xeon, the same architecture before Prescott."
                        if model.cpu.name == _XEON_BESIDE else "")]))


def exit_cost_plots(result: Result, model: Model) -> list[Plot]:
    """For each workload with crossings, the ratio to native over the cost of an exit: where the order of modes
    changes."""
    plots = []
    rows = [row for row in result.rows if row.status == OK]
    for workload in dict.fromkeys(row.workload for row in rows):
        here = {row.mode: row for row in rows if row.workload == workload}
        native = here.pop("native", None)
        if native and len(here) > 1 and any(row.exits_per_op for row in here.values()):
            plots.append(_exit_cost_plot(workload, native, here, model))
    return plots


def _exit_cost_plot(workload: str, native: Row, rows: dict[str, Row], model: Model) -> Plot:
    name = plot_name(workload, "model")
    data, drawn, costs = (["# cost of an exit, modelled ratio to native; a block a mode"], [],
                          range(0, MOST_EXIT_COST + 1, _STEP))
    for index, (mode, row) in enumerate(rows.items()):
        data += ["", "", f"# {mode}"]
        for cost in costs:
            here = replace(model, exit=Cost(cost, ""))
            data.append(f"{cost} {here.cycles(row) / here.cycles(native):.6g}")
        drawn.append(f'"{name}.dat" index {index} using 1:2 with linespoints lw 1.8 ps 0.7 pt {point_shape(index)} pi '
                     f'4 lc rgb "{line_colour(mode)}" title {quoted(mode)}')
    script = line_opening(name, 760, 440)
    title = f"{workload}: MODEL, cpi {model.cpi:g}, ring crossing {model.ring.cycles:g} cycles"
    script += [f"set title {quoted(title)}",
               'set xlabel "cycles that an exit costs"', 'set ylabel "modelled cost relative to native"',
               "set yrange [0:*]",
               "set key outside right top samplen 2.5", "plot " + ", \\\n     ".join(drawn)]
    return Plot(name, f"{workload}: modelled ratio to native over the cost of an exit", "\n".join(script) + "\n",
                "\n".join(data) + "\n")
