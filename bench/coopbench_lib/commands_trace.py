# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench trace' and 'coopbench demo': what happens in one operation, mode beside mode, as numbers and as a
picture."""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .ask import check_modes, settle_modes
from .cost_plot import cost_plot
from .errors import CoopbenchError, UsageError
from .outcome import OK
from .parts import check_parts, outcomes_of, run_part
from .plan import Plan
from .plots import draw, gnuplot
from .timeline import timeline_plot
from .trace import ENTRIES, Lane, guest_symbols, make_lane, render_lanes, write_csv

DEFAULT_WORKLOAD = "latency/fork"
DEMO_MODES = ("full-shadow", "paravirt", "coop")
DEMO_STANDINS = ("full-shadow", "full-nested")
_OPEN_SECONDS = 10


def trace_plans(plan: Plan) -> tuple[Plan, Plan]:
    """The plan for one operation of one workload without the trace, and the same with it."""
    if len(plan.workloads) != 1:
        raise UsageError("a trace is of one workload")
    workload = plan.workloads[0]
    parameters = dict(plan.parameters)
    if "iterations" in workload.parameters:
        parameters.setdefault("iterations", "1")
    plain = replace(plan, runs=1, parameters=parameters, switches=plan.switches | {"trace": "0"})
    entries = plan.switches["trace"] if plan.switches["trace"] != "0" else str(ENTRIES)
    traced = replace(plain, switches=plan.switches | {"trace": entries})
    for each in (plain, traced):
        each.check()
    return plain, traced


def make_trace(plan: Plan, folder: Path, arguments: list[str], title: str) -> tuple[list[Lane], list[Path]]:
    """Runs both, and leaves a CSV for each mode and the timeline in 'folder'. The lanes, and the files that were
    made."""
    plain, traced = trace_plans(plan)
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = [outcomes_of(run_part(part, folder / name, arguments)) for part, name in ((plain, "plain"),
                                                                                        (traced, "traced"))]
    skipped = [outcome for outcome in outcomes[0].values() if outcome.status != OK]
    for outcome in skipped:
        print(f"coopbench: {outcome.workload} in {outcome.mode}: {outcome.status}: {outcome.reason}", file=sys.stderr)
    lanes = [make_lane(outcomes[0][mode.name], outcomes[1][mode.name]) for mode in plan.modes
             if outcomes[0][mode.name].status == OK]
    if not lanes:
        raise CoopbenchError("no mode has anything to show")
    (folder / "trace.txt").write_text(f"{title}\n\n{render_lanes(lanes, plan.machine.unit)}", encoding="utf-8")
    symbols, made = guest_symbols(plan.paths), []
    for lane in lanes:
        if not lane.mode.native:
            made.append(folder / f"trace-{lane.mode.name.replace('/', '-')}.csv")
            write_csv(lane, made[-1], symbols)
    return lanes, made + _draw(lanes, folder, title, plan.machine.unit)


def _draw(lanes: list[Lane], folder: Path, title: str, unit: str) -> list[Path]:
    """timeline.svg and costs.svg, and timeline.png where gnuplot can make one."""
    if not gnuplot():
        print("coopbench: no picture: gnuplot is not installed (say 'make deps')", file=sys.stderr)
        return []
    costs = cost_plot(lanes, title, unit)
    drawn = draw([timeline_plot(lanes, title, unit), *([costs] if costs else [])], folder)
    script = timeline_plot(lanes, title, unit, terminal="pngcairo").script
    done = subprocess.run([gnuplot(), "-"], cwd=folder, input=script, capture_output=True, text=True, timeout=120)
    return [folder / f"{name}.svg" for name in drawn] + ([folder / "timeline.png"] if done.returncode == 0 else [])


def trace_title(plan: Plan) -> str:
    """What the picture is of."""
    words = " ".join(f"{name}={value}" for name, value in sorted(plan.parameters.items()))
    return f"One repetition of {plan.workloads[0].name}{' ' + words if words else ''} on {plan.machine.name}"


def command_trace(options: argparse.Namespace, make_plan: Callable, new_folder: Callable) -> int:
    options.workload = options.workload or DEFAULT_WORKLOAD
    plan = make_plan(options, {})
    trace_plans(plan)
    check_parts(plan)
    plan = settle_modes(plan, bool(options.mode))
    lanes, made = make_trace(plan, new_folder(options, plan), options.arguments, trace_title(plan))
    print(render_lanes(lanes, plan.machine.unit))
    for path in made:
        print(plan.paths.shown(path))
    return 0


def command_demo(options: argparse.Namespace, make_plan: Callable, new_folder: Callable) -> int:
    """One fork, natively and in three modes. Where the machine cannot run some, in the others, and it says so."""
    options.workload = DEFAULT_WORKLOAD
    is_asked_for = bool(options.mode)
    options.mode = options.mode or ",".join(("native", *DEMO_MODES))
    plan = make_plan(options, {})
    check_parts(plan)
    try:
        check_modes(plan)
    except UsageError as error:
        if is_asked_for:
            raise
        print(f"coopbench: {error}", file=sys.stderr)
        options.mode = ",".join(("native", *DEMO_STANDINS))
        plan = make_plan(options, {})
    lanes, made = make_trace(plan, new_folder(options, plan), options.arguments, "What happens in one fork")
    print(f"One fork on {plan.machine.name}: the child ends at once, the parent waits for it.\n")
    print(render_lanes(lanes, plan.machine.unit))
    picture = next((path for path in made if path.suffix == ".svg"), None)
    if picture:
        print(f"The timeline: {plan.paths.shown(picture)}")
        show(picture)
    return 0


def show(picture: Path) -> None:
    """Opens a picture where there is a display and a program for it."""
    program = shutil.which("xdg-open")
    if program and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        try:
            subprocess.run([program, str(picture)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=_OPEN_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            pass
