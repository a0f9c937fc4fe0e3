# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench sweep': options, presets, and what is printed and drawn when it ends or is stopped."""
from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from .ask import settle_modes
from .errors import UsageError
from .parts import check_parts
from .plan import Plan
from .plots import draw
from .sweep import Axis, Preset, Sweep, plan_of, points_of, split_axes
from .sweep_views import render_sweep, sweep_plots

# What the user said, kept in sweep.json: with it a sweep is gone on with by its folder alone.
_ASKED = ("machine", "guest", "mode", "workload", "preset", "runs", "warmup", "switches", "parameters")

PRESETS = (
    Preset("fork-size", "what fork costs as the address space grows, 16 to 65,536 pages, which the child reads",
           "latency/fork",
           sets=("memory=640",), params=("iterations=2", "touch=1", "pages=16,64,256,1024,4096,16384,65536"), runs=1,
           warmup=1),
    Preset("batch", "what a batch of page-table operations is worth, 1 to 2,048 in one hypercall", "latency/fork",
           sets=("batch=1,2,4,8,16,32,64,128,256,512,1024,2048",), params=("iterations=2", "pages=2048", "touch=1"),
           modes="native,paravirt,coop",
           runs=1, warmup=1),
    Preset("ring", "what a context switch costs as a token goes round among 2 to 64 processes", "latency/ring",
           params=("processes=2,4,8,16,32,64",)),
    Preset("cr3cache", "context switches between page tables that the CPU may change by itself, on a machine with VT-x",
           "latency/ring", sets=("cr3cache=0,2,4",), params=("processes=2,3,4,5,8",), modes="native,coop"),
    Preset("depth", "what a block read from the disk costs as more are asked for at a time", "macro/disk_read",
           params=("blocks=64", "depth=1,2,4,8,16,32,64")),
)


def find_preset(name: str) -> Preset:
    """The preset of a name; UsageError tells which there are."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise UsageError(f"there is no preset '{name}' (presets: {', '.join(preset.name for preset in PRESETS)})")


def apply_preset(options: argparse.Namespace) -> None:
    """Puts a preset's words where the user said nothing."""
    preset = find_preset(options.preset)
    options.workload = options.workload or preset.workload
    options.mode = options.mode or preset.modes or None
    options.runs = options.runs or preset.runs
    options.warmup = preset.warmup if options.warmup is None else options.warmup
    options.switches = _beside(preset.sets, options.switches)
    options.parameters = _beside(preset.params, options.parameters)


def _beside(preset: tuple[str, ...], own: list[str] | None) -> list[str]:
    named = {word.partition("=")[0] for word in own or []}
    return [word for word in preset if word.partition("=")[0] not in named] + (own or [])


def command_sweep(options: argparse.Namespace, make_plan: Callable, new_folder: Callable) -> int:
    """Runs all points, and shows them. Status 1 when a boot failed, 130 when the user stopped it."""
    if options.preset == "list":
        for preset in PRESETS:
            print(f"{preset.name:<12} {preset.workload:<18} {' '.join([*preset.sets, *preset.params])}\n{'':12} "
                  f"{preset.does}")
        return 0
    resumed = _resumed(options) if options.resume else None
    asked = {name: getattr(options, name) for name in _ASKED}
    if options.preset:
        apply_preset(options)
    options.switches, switches = split_axes(options.switches, "switch")
    options.parameters, parameters = split_axes(options.parameters, "parameter")
    axes = switches + parameters
    if not axes:
        raise UsageError("a sweep needs something with several values: --param NAME=V1,V2, --set NAME=V1,V2 or "
                         "--preset NAME")
    plan = _plan(options, make_plan, parameters)
    for point in points_of(axes):
        plan_of(plan, axes, point)
    if not options.dry_run:
        check_parts(plan)
        plan = settle_modes(plan, bool(options.mode))
    folder = resumed or (Path(os.path.abspath(options.out)) if options.out else new_folder(options, plan))
    sweep = Sweep(plan, axes, folder, options.arguments, asked)
    if options.dry_run:
        return _dry_run(sweep)
    sweep.begin(options.resume)
    return _execute(sweep, options)


def _resumed(options: argparse.Namespace) -> Path:
    """The sweep to go on with; what the command line leaves open is as it was there."""
    if not options.out:
        raise UsageError("which sweep is to be gone on with? give its folder by --out")
    path = options.out / "sweep.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"there is no sweep to go on with in {options.out}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not valid JSON: {error}") from error
    words = before.get("arguments", {})
    for name in _ASKED:
        if getattr(options, name) is None:
            setattr(options, name, words.get(name))
    return Path(os.path.abspath(options.out))


def _plan(options: argparse.Namespace, make_plan: Callable, parameters: list[Axis]) -> Plan:
    """The plan without what is swept: the plan of each point is checked with it."""
    plan = make_plan(options, {})
    for axis in parameters:
        if not any(axis.name in workload.parameters for workload in plan.workloads):
            known = sorted({name for workload in plan.workloads for name in workload.parameters})
            raise UsageError(f"none of the workloads chosen has a parameter '{axis.name}' (theirs: {', '.join(known)})")
    return plan


def _dry_run(sweep: Sweep) -> int:
    for point in sweep.points:
        plan = sweep.plans[point]
        for cell in plan.cells():
            print(f"# {point.words}: {cell.workload.name} in {cell.mode.name}")
            print(shlex.join(plan.command(cell, sweep.part(point) / "logs" / cell.folder_name)))
    print(f"{len(sweep.points)} points, {sum(len(plan.cells()) for plan in sweep.plans.values())} boots",
          file=sys.stderr)
    return 0


def _execute(sweep: Sweep, options: argparse.Namespace) -> int:
    shown = sweep.plan.paths.shown(sweep.folder)
    again = f"bench/coopbench sweep --resume --out {shlex.quote(shown)}"
    try:
        for number, point in enumerate(sweep.points, 1):
            print(f"point {number} of {len(sweep.points)}: {point.words}", file=sys.stderr)
            sweep.run_point(point)
    except KeyboardInterrupt:
        _show(sweep)
        print(f"coopbench: stopped; go on with: {again}", file=sys.stderr)
        return 130
    print(_show(sweep), end="")
    sys.stdout.flush()
    print(f"the sweep is in {shown}", file=sys.stderr)
    for failure in sweep.failures[:5]:
        print(f"coopbench: {failure}", file=sys.stderr)
    if sweep.failures:
        print(f"coopbench: {len(sweep.failures)} boots failed (try them again by: {again})", file=sys.stderr)
    return int(bool(sweep.failures))


def _show(sweep: Sweep) -> str:
    """Writes what there is so far: sweep.csv, sweep.md and the plots. The tables as text."""
    rows, unit = sweep.rows(), sweep.plan.machine.unit
    text = render_sweep(rows, sweep.axes, unit)
    sweep.write_csv(rows)
    (sweep.folder / "sweep.md").write_text(f"# Sweep on {sweep.plan.machine.name}\n\n```\n{text}```\n",
                                           encoding="utf-8")
    draw(sweep_plots(rows, sweep.axes, unit), sweep.folder)
    return text
