# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a result comes from: commit, images, programs, compiler, emulator. All of it goes into run.json."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from .machines import version_line
from .paths import Paths, sha256
from .plan import Plan, find_emulator
from .switches import recorded

_COMPILER = re.compile(rb"(GCC: \([^\0\n]*|(?:Debian |Ubuntu )?clang version [^\0\n]*)")


def describe(plan: Plan) -> dict[str, Any]:
    """The part of run.json that says what was measured; two results with the same one must have the same counts."""
    images = plan.needed_images()
    if plan.packed:
        images["initramfs"] = plan.packed.path
    return {
        "machine": plan.machine.name,
        "guest": plan.guest.name,
        "cpu_model": plan.machine.cpu_model,
        "unit": plan.machine.unit,
        "emulator": {"name": Path(plan.emulator).name, "version": emulator_version(plan)},
        "images": {name: {"path": plan.paths.shown(path), "sha256": sha256(path)} for name, path in images.items()},
        "switches": recorded(plan.switches),
        "params": plan.parameters,
        "runs": plan.runs,
        "warmup": plan.warmup,
        "program": plan.program,
        **plan.given,
        "walks": {"tlb": plan.tlb.name, "words": plan.tlb.words} if plan.tlb else {},
    }


def describe_tree(plan: Plan) -> dict[str, Any]:
    """The rest of run.json: what a reader wants to know, and what changes no count."""
    programs = {plan.program[0]: Path(plan.program[0])} if plan.program else \
        {workload.program: plan.paths.program(workload.program) for workload in plan.workloads}
    commit = git(plan.paths, "rev-parse", "--short=10", "HEAD")
    return {
        "commit": commit,
        "tree_clean": bool(commit) and git(plan.paths, "status", "--porcelain") == "",
        "compiler": compiler(plan.needed_images().values()),
        "fallback": plan.fallback,
        "programs": {name: sha256(path) for name, path in programs.items() if path.is_file()},
    }


def git(paths: Paths, *words: str) -> str | None:
    """What git prints, stripped; None without git or outside a repository."""
    try:
        done = subprocess.run(["git", "-C", str(paths.root), *words], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def emulator_version(plan: Plan) -> str:
    """The first line of what the emulator says about itself, '' when it says nothing."""
    return version_line(find_emulator(plan.machine, plan.emulator))


def compiler(images) -> str:
    """The compiler that the images name in their .comment section; several are joined."""
    found = {match.decode("ascii", "replace") for path in images if path.suffix != ".cpio"
             for match in _COMPILER.findall(path.read_bytes())}
    return "; ".join(sorted(found))
