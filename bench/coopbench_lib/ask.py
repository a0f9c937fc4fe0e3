# SPDX-License-Identifier: GPL-2.0-or-later
"""Which modes a machine can run: hv-core itself is asked, by booting it with the mode and without a guest.

It checks the mode first. What it then misses is the guest; any other complaint is its reason for refusing the mode.
"""
from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from .errors import CoopbenchError, UsageError
from .launch import GUEST_MEMORY_MIB, Launch
from .machines import MACHINES, Machine
from .modes import Mode
from .paths import Paths
from .plan import Plan, find_emulator
from .process import Processes
from .records import parse

_ASK_SECONDS = 60
_GUEST_IS_MISSING = "role=kernel"


def ask(paths: Paths, machine: Machine, emulator: str, modes: list[Mode], jobs: int) -> dict[str, str]:
    """For each mode '' when it can run, otherwise hv-core's reason. Native needs no hypervisor."""
    find_emulator(machine, emulator)
    image = paths.images()["hv-core"]
    if not image.is_file():
        raise CoopbenchError(f"the image hv-core is not built ({paths.shown(image)} is missing): say 'make'")
    processes = Processes()
    try:
        with ThreadPoolExecutor(jobs) as pool:
            answers = pool.map(lambda mode: "" if mode.native else _ask(paths, machine, emulator, mode, processes),
                               modes)
            return dict(zip((mode.name for mode in modes), answers))
    finally:
        processes.stop_all()


def _ask(paths: Paths, machine: Machine, emulator: str, mode: Mode, processes: Processes) -> str:
    """One boot without a guest, and what hv-core complains of."""
    with tempfile.TemporaryDirectory(prefix="coopbench-") as name:
        folder = Path(name)
        words = " ".join([f"mode={mode.name}", f"mem={GUEST_MEMORY_MIB}", *machine.frequency_words])
        launch = Launch(emulator=emulator, mode=mode, hv_core=paths.shown(paths.images()["hv-core"]), guest="",
                        initramfs=None, guest_words="", hypervisor_words=words, disk=None,
                        console=folder / "console.txt", records=folder / "records.txt")
        if machine.prepare:
            machine.prepare(launch, paths.root)
        ended = processes.run(machine.command(launch), paths.root, folder / "emulator.txt", _ASK_SECONDS)
        if ended.stopped:
            raise KeyboardInterrupt
        records = folder / "records.txt"
        text = records.read_text(encoding="utf-8", errors="backslashreplace") if records.exists() else ""
    errors = [str(line.get("reason", "")) for line in parse(text.replace("\r\n", "\n")).all("error")]
    if not errors:
        return "hv-core did not answer" + (f" within {_ASK_SECONDS} s" if ended.timed_out else "")
    return "" if _GUEST_IS_MISSING in errors[0] else errors[0]


def _is_oldest(mode: Mode) -> bool:
    return (mode.cpu, mode.io) == ("vt", "emulated") and mode.mmu != "direct"


def check_modes(plan: Plan) -> None:
    """Refuses in one line what hv-core would refuse at each boot."""
    for name, reason in _refused(plan).items():
        raise UsageError(f"mode {name} cannot run on {plan.machine.name}: {reason}")


def settle_modes(plan: Plan, are_asked_for: bool) -> Plan:
    """The plan, whose modes can all run. Where nobody asked for them by name, those that cannot are left out, with a
    line
    on standard error for each; otherwise they are refused."""
    if are_asked_for:
        check_modes(plan)
        return plan
    refused = _refused(plan)
    for name, reason in refused.items():
        print(f"coopbench: without mode {name}, which cannot run on {plan.machine.name}: {reason}", file=sys.stderr)
    return replace(plan, modes=[mode for mode in plan.modes if mode.name not in refused])


def _refused(plan: Plan) -> dict[str, str]:
    """Reasons by mode. What every hv-core runs on the first machine is not asked for."""
    is_first = plan.machine.name == MACHINES[0].name
    unknown = [mode for mode in plan.modes if not mode.native and not (is_first and _is_oldest(mode))]
    answers = ask(plan.paths, plan.machine, plan.emulator, unknown, plan.jobs) if unknown else {}
    return {name: reason for name, reason in answers.items() if reason}
