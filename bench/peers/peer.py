# SPDX-License-Identifier: GPL-2.0-or-later
"""What a peer is, and what one start of it is given."""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

EMULATED_MACHINE, HOST = "qemu-svm", "host"
UNITS = {EMULATED_MACHINE: "instr", HOST: "tsc"}
FETCHED = "say 'make peers'"


@dataclass(frozen=True)
class Job:
    """One workload, and how often."""

    workload: str
    program: str
    runs: int
    warmup: int

    @property
    def words(self) -> str:
        return f"{self.program} --runs {self.runs} --warmup {self.warmup}"


@dataclass(frozen=True)
class Setup:
    """One start: the jobs, the tree's build folder, a folder of the start's own, and the processor that is to be used
    on the host. All paths are absolute."""

    build: Path
    folder: Path
    jobs: tuple[Job, ...]
    processor: int = 0
    initramfs_name: str = "initramfs"  # of the tree's: "programs" where a job runs other people's programs

    @property
    def fetched(self) -> Path:
        """What 'make peers' has unpacked."""
        return self.build / "peers"

    @property
    def programs(self) -> Path:
        return self.build / "bench/workloads"

    @property
    def base_initramfs(self) -> Path:
        return self.build / f"bench/{self.initramfs_name}.cpio"

    @property
    def initramfs(self) -> Path:
        return self.folder / "initramfs.cpio"

    @property
    def records(self) -> Path:
        """Where the machine's second serial line goes; a peer without one writes its records to what it prints."""
        return self.folder / "records.txt"

    @property
    def console(self) -> Path:
        return self.folder / "console.txt"


@dataclass(frozen=True)
class Peer:
    """One system of somebody else's.

    'base' is the peer that its ratios are to; 'besides' says what else is different from ours. 'needs' are files (of
    the fetched ones where they have no '/' in front) and programs; 'refuses' gives a further reason why it cannot run
    here, or ''. 'prepare' makes the files that the command names."""

    name: str
    machine: str
    base: str
    does: str
    besides: str
    command: Callable[[Setup], list[str]]
    needs: tuple[str, ...] = ()
    prepare: Callable[[Setup], None] = lambda setup: None
    refuses: Callable[[], str] = lambda: ""
    switches: str = ""

    @property
    def unit(self) -> str:
        return UNITS[self.machine]

    def missing(self, setup: Setup) -> str:
        """Why it cannot be started, in one line; '' when it can."""
        for need in self.needs:
            if need.startswith("fetched:") and not (setup.fetched / need[8:]).exists():
                return f"{need[8:]} is not in {setup.fetched}: {FETCHED}"
            if not need.startswith("fetched:") and not (os.path.exists(need) if "/" in need else shutil.which(need)):
                return f"{need} is not there: say 'make deps'"
        return self.refuses()


def job_script(setup: Setup, programs: str) -> str:
    """The lines of shell that write all records of a start: who the kernel is, each program's own, and the end."""
    lines = [
        'echo "@coop {\\"type\\":\\"guest\\",\\"kernel\\":\\"$(uname -sr)\\",\\"tick\\":0}"',
        "run()",
        "{",
        "    name=$1 program=$2",
        "    shift 2",
        f'    {programs}/"$program" "$@" || echo "@coop {{\\"type\\":\\"error\\",\\"who\\":\\"workload\\",'
        '\\"workload\\":\\"$name\\",\\"reason\\":\\"it ended with status $?\\"}"',
        "}",
        *(f"run {job.workload} {job.words}" for job in setup.jobs),
        'echo "@coop {\\"type\\":\\"end\\",\\"status\\":\\"ok\\",\\"reason\\":\\"\\"}"',
    ]
    return "\n".join(lines) + "\n"
