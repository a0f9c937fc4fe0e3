# SPDX-License-Identifier: GPL-2.0-or-later
"""Which modes a machine can run: hv-core itself is asked, by booting it with the mode and without a guest.

It checks the mode first. What it then misses is the guest; any other complaint is its reason for refusing the mode.
"""
from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .errors import CoopbenchError, UsageError
from .launch import GUEST_MEMORY_MIB, Launch
from .machines import Machine
from .modes import DEFAULT_MODES, Mode
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
            answers = pool.map(lambda mode: "" if mode.native else _ask(paths, machine, emulator, mode, processes), modes)
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


def check_modes(plan: Plan) -> None:
    """Refuses in one line what hv-core would refuse at each boot. The default columns run everywhere: nobody is asked."""
    unknown = [mode for mode in plan.modes if mode.name not in DEFAULT_MODES]
    if not unknown:
        return
    answers = ask(plan.paths, plan.machine, plan.emulator, unknown, plan.jobs)
    for mode in unknown:
        if answers[mode.name]:
            raise UsageError(f"mode {mode.name} cannot run on {plan.machine.name}: {answers[mode.name]}")
