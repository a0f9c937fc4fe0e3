# SPDX-License-Identifier: GPL-2.0-or-later
"""Workloads of the user's own ('run --workload-dir DIR'): DIR/manifest.json lists them as bench/workloads does, and
beside it lies a C file for each. They are built as ours are, and put into a copy of the initramfs.
"""
from __future__ import annotations

import subprocess
from pathlib import Path

from .errors import CoopbenchError, UsageError
from .paths import Paths
from .program import Entry
from .workloads import Workload, read_manifest

# What compiler and linker say of a fault, in words that their last line ("ld returned 1 exit status") has not.
COMPLAINTS = ("error:", "undefined reference", "multiple definition")


def read_own(folder: Path, taken: list[Workload]) -> list[Workload]:
    """The workloads of a folder. UsageError: it has no list, or a broken one; a workload has the name of another, or no
    C file."""
    if not (folder / "manifest.json").is_file():
        raise UsageError(f"{folder} has no manifest.json")
    try:
        own = read_manifest(folder / "manifest.json")
    except CoopbenchError as error:
        raise UsageError(str(error)) from error
    names = {workload.name for workload in taken}
    for workload in own:
        if workload.name in names:
            raise UsageError(f"{folder / 'manifest.json'}: there is a workload {workload.name} already")
        _source(folder, workload)
    return own


def _source(folder: Path, workload: Workload) -> Path:
    """DIR/GROUP/NAME.c or DIR/NAME.c."""
    for name in (workload.name, workload.name.partition("/")[2]):
        if (folder / f"{name}.c").is_file():
            return folder / f"{name}.c"
    raise UsageError(f"{folder} has no {workload.name.partition('/')[2]}.c for workload {workload.name}")


def build_own(paths: Paths, folder: Path, workloads: list[Workload]) -> list[Entry]:
    """Builds them by the tree's own rule, and returns what is to be packed. CoopbenchError says what make says."""
    sources = [_source(folder, workload) for workload in workloads]
    built = [paths.build / "bench/own" / source.relative_to(folder).with_suffix("") for source in sources]
    words = ["make", "--no-print-directory", "-C", str(paths.root), f"BUILD={paths.shown(paths.build)}",
             f"WORKLOAD_DIR={folder}", *(paths.shown(path) for path in built)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode:
        lines = done.stderr.splitlines()
        complaints = [line for line in lines if any(word in line for word in COMPLAINTS)] or lines
        raise CoopbenchError(f"{folder}: {complaints[0] if complaints else 'make failed'}")
    return [Entry(f"bench/{workload.program}", 0o100755, path.read_bytes()) for workload, path in zip(workloads, built)]
