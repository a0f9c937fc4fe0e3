# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench ablation': every point of the space that this machine can run, and which axis a saving comes from."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

from .ablation import FROM, TO, all_points, render_ablation
from .ask import ask
from .errors import Stopped, UsageError
from .modes import find_mode
from .parts import check_parts
from .results import ResultFolder
from .session import Session

DEFAULT_WORKLOADS = "latency/null_call,latency/page_fault,latency/pipe,latency/fork,latency/exec,macro/disk_read"


def command_ablation(options: argparse.Namespace, make_plan: Callable, new_folder: Callable) -> int:
    """Asks hv-core which points can run, measures those, and says what came from which axis."""
    start, end = find_mode(options.start or FROM), find_mode(options.end or TO)
    if start.native or end.native:
        raise UsageError("native has no axes: give points with a hypervisor to --from and --to")
    if start == end:
        raise UsageError(f"from {start.name} to {end.name} nothing is saved: give two points to --from and --to")
    options.workload = options.workload or DEFAULT_WORKLOADS
    options.mode = "native"
    plan = make_plan(options, {})
    check_parts(plan)
    points = all_points()
    refused = {name: reason for name, reason in ask(plan.paths, plan.machine, plan.emulator, points, plan.jobs).items()
               if reason}
    for point in (start, end):
        if point.name in refused:
            raise UsageError(f"mode {point.name} cannot run on {plan.machine.name}: {refused[point.name]}")
    plan = replace(plan, modes=[*plan.modes, *(point for point in points if point.name not in refused)])
    plan.check()
    check_parts(plan)
    folder = new_folder(options, plan)
    session = Session(plan, ResultFolder(folder), options.arguments, is_part=True)
    session.take_up(False)
    try:
        session.execute()
    except KeyboardInterrupt:
        shown = plan.paths.shown(folder)
        raise Stopped(f"stopped: {len(session.outcomes)} of {len(session.cells)} boots are in {shown} ('coopbench "
                      f"table {shown}' shows them)") from None
    text = render_ablation(session.result().rows, refused, plan.machine.unit, start, end)
    (folder / "ablation.txt").write_text(text, encoding="utf-8")
    print(text, end="")
    sys.stdout.flush()
    print(f"the result is in {plan.paths.shown(folder)}", file=sys.stderr)
    return int(any(outcome.bad for outcome in session.outcomes.values()))
