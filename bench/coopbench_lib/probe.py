# SPDX-License-Identifier: GPL-2.0-or-later
"""Which machine a run gets: the one that it asks for, or, where trying shows that it is not there, the first."""
from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from . import kvm
from .errors import CoopbenchError
from .machines import MACHINES, Machine
from .modes import choose_modes
from .outcome import Outcome
from .paths import Paths
from .plan import Plan
from .run import run_cells
from .switches import defaults
from .workloads import Workload

_BOOT_SECONDS = 30
_BOOT_WORKLOAD = "nano/empty"


def settle(machine: Machine, paths: Paths, emulator: str, boot: bool = True) -> tuple[Machine, str]:
    """The machine to use, and why it is not the one that was asked for ('' when it is). 'boot': try one, too."""
    if not machine.probed:
        return machine, ""
    facts = kvm.gather()
    reason = kvm.why_not(facts)
    machine = replace(machine, tsc_khz=facts.tsc_khz)
    if not reason and boot:
        reason = _try_boot(machine, paths, emulator)
    return (MACHINES[0], reason) if reason else (machine, "")


def _try_boot(machine: Machine, paths: Paths, emulator: str) -> str:
    """Boots guest and hypervisor once: why that failed, '' when it did not."""
    outcomes: list[Outcome] = []
    plan = Plan(paths, machine, emulator, choose_modes("full-nested"), [Workload(_BOOT_WORKLOAD, _BOOT_WORKLOAD, 1)],
                defaults(), runs=1, warmup=0, timeout_seconds=_BOOT_SECONDS)
    try:
        plan.check_present()
        with tempfile.TemporaryDirectory(prefix="coopbench-") as folder:
            run_cells(plan, plan.cells(), Path(folder), outcomes.append, lambda cell: None)
    except CoopbenchError as error:
        return str(error)
    bad = [outcome.reason for outcome in outcomes if outcome.bad]
    return f"/dev/kvm offers nested virtualization, but a boot under it failed: {bad[0]}" if bad else ""
