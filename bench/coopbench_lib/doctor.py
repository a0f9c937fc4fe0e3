# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench doctor': what a run needs, what of it is here, and what to do about the rest."""
from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass

from .errors import CoopbenchError
from .machines import MACHINES, Machine, version_line
from .paths import Paths
from .probe import settle
from .workloads import read_manifest


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for. 'needed' is False where a run works without it."""

    what: str
    here: bool
    detail: str
    needed: bool = True


def examine(paths: Paths) -> list[Finding]:
    """Everything that a run depends on."""
    findings = [Finding("python", True, platform.python_version())]
    rich = importlib.util.find_spec("rich") is not None
    findings.append(Finding("python3-rich", rich, "live progress" if rich else
                            "progress is plain lines (Debian package python3-rich)", needed=False))
    scipy = importlib.util.find_spec("scipy") is not None
    findings.append(Finding("python3-scipy", scipy, "statistics of figures that vary" if scipy else
                            "no figures of a computer's clock (Debian packages python3-numpy and python3-scipy)",
                            needed=False))
    findings += [_examine_machine(machine, paths) for machine in MACHINES]
    for name, path in paths.images().items():
        here = path.is_file()
        detail = paths.shown(path) + (f", {path.stat().st_size:,} bytes" if here else " is missing: say 'make'")
        findings.append(Finding(f"image {name}", here, detail))
    findings += [_examine_workloads(paths), _examine_out(paths)]
    return findings


def _examine_machine(machine: Machine, paths: Paths) -> Finding:
    """Only the first machine is needed; without another, its results cannot be had."""
    what, needed = f"machine {machine.name}", machine is MACHINES[0]
    found = shutil.which(machine.emulator)
    if not found:
        return Finding(what, False, f"{machine.emulator} is missing: say 'make deps' (Debian package "
                                    f"{machine.package})", needed)
    missing = machine.missing()
    if missing:
        return Finding(what, False, f"{', '.join(missing)} missing: say 'make deps'", needed)
    used, reason = settle(machine, paths, machine.emulator)
    if reason:
        return Finding(what, False, f"{reason}; runs fall back to {used.name}", needed)
    return Finding(what, True, f"{version_line(found)} ({found}), {machine.cpu_model}", needed)


def _examine_workloads(paths: Paths) -> Finding:
    try:
        workloads = read_manifest(paths.manifest)
    except CoopbenchError as error:
        return Finding("workloads", False, str(error))
    missing = [workload.program for workload in workloads if not paths.program(workload.program).is_file()]
    if missing:
        return Finding("workloads", False, f"{len(missing)} of {len(workloads)} programs are not built "
                                           f"({missing[0]}): say 'make'")
    return Finding("workloads", True, f"{len(workloads)} in {paths.shown(paths.manifest)}, all built")


def _examine_out(paths: Paths) -> Finding:
    """Room for results: a run writes a few MiB, a flooding guest up to 64 MiB for each of its serial lines."""
    folder = paths.out if paths.out.exists() else paths.root
    free = shutil.disk_usage(folder).free >> 20
    writable = os.access(folder, os.W_OK)
    detail = f"{free:,} MiB free" if writable else f"{folder} cannot be written to: choose another with --out"
    return Finding("results", writable and free >= 64, detail)


def render(findings: list[Finding]) -> str:
    """The findings as text, and the one sentence that matters at the end."""
    lines = []
    for finding in findings:
        word = "ok" if finding.here else "MISSING" if finding.needed else "absent"
        lines.append(f"{word:<8} {finding.what:<26} {finding.detail}")
    missing = [finding for finding in findings if finding.needed and not finding.here]
    lines.append(f"{len(missing)} of what a run needs is missing." if missing else
                 "Everything is here: measure by 'make bench' ('coopbench modes' says which modes can run).")
    return "\n".join(lines) + "\n"
