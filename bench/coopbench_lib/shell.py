# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench shell': the guest's console on this terminal. Nothing is measured, so virtual time keeps to real time."""
from __future__ import annotations

import signal
import subprocess
import sys

from .errors import CoopbenchError
from .plan import Plan

GDB_PORT = 1234


def run_shell(plan: Plan, debug: bool) -> int:
    """Boots the guest without a workload, so that init starts a shell. 0 when it was left or switched off."""
    plan.check_present()
    folder = plan.paths.build / "shell"
    folder.mkdir(parents=True, exist_ok=True)
    command = plan.shell_command(folder, GDB_PORT if debug else None)
    print(f"{plan.modes[0].name} on {plan.machine.name}; Ctrl-A X leaves; "
          f"log and records: {plan.paths.shown(folder / 'records.txt')}", file=sys.stderr)
    if debug:
        _say_how_to_attach(plan)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        status = subprocess.run(command, cwd=plan.paths.root).returncode
    except OSError as error:
        raise CoopbenchError(f"cannot start {command[0]}: {error.strerror}") from error
    finally:
        signal.signal(signal.SIGINT, before)
    reason = plan.machine.explain_status(status)
    if reason is None or status == 0:
        return 0
    raise CoopbenchError(f"{reason}; see {plan.paths.shown(folder / 'records.txt')}")


def _say_how_to_attach(plan: Plan) -> None:
    """The gdb command line; a guest's breakpoints must be hardware ones, since its memory is not there yet."""
    images = plan.needed_images()
    first, *others = [plan.paths.shown(images[name].with_suffix(".elf")) for name in ("hv-core", "guest-coop")
                      if name in images]
    more = "".join(f" -ex 'add-symbol-file {path}'" for path in others)
    print(f"waiting for: gdb {first}{more} -ex 'target remote :{GDB_PORT}'\n"
          "set breakpoints with hbreak, then say continue", file=sys.stderr)
