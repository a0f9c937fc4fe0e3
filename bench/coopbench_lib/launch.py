# SPDX-License-Identifier: GPL-2.0-or-later
"""One boot as every machine is asked for it: images, words for their command lines, and where the serial lines go."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError
from .modes import Mode

GUEST_MEMORY_MIB = 256
HOST_MEMORY_MIB = 1024

# What every machine says of a boot in the same words.
FLOODED = "the machine flooded its serial lines and was stopped"
REPORTED_A_FAILURE = "the machine reported a failure"
WITHOUT_VERDICT = "the machine was reset or switched off without a verdict"


@dataclass(frozen=True)
class Launch:
    """All that the command line of one boot depends on. Paths are as the emulator is to see them; what a machine makes
    for itself goes beside the records."""

    emulator: str
    mode: Mode
    hv_core: str
    guest: str
    initramfs: str | None
    guest_words: str
    hypervisor_words: str
    disk: str | None
    console: Path
    records: Path
    interactive: bool = False
    gdb_port: int | None = None
    cpus: int = 1
    foreign: bool = False
    modules: tuple[str, ...] = ()  # further boot modules: a path, a blank, words
    guest_mib: int = GUEST_MEMORY_MIB
    feature_control: int | None = None  # what Bochs' firmware is to leave in that register in place of its own value
    plugin_words: tuple[str, ...] = ()  # what loads a plugin into an emulator that takes them

    @property
    def memory_mib(self) -> int:
        """The machine's memory: natively as much as the guest has under a hypervisor."""
        return self.guest_mib if self.mode.native else max(HOST_MEMORY_MIB, 2 * self.guest_mib)

    @property
    def folder(self) -> Path:
        return self.records.parent


def refuse_unsafe_path(path: str) -> None:
    """QEMU splits module strings at commas and blanks: a path with one cannot be passed on."""
    if re.search(r"[,\s]", path):
        raise UsageError(f"the path '{path}' has a comma or a blank in it, which an emulator cannot pass to a kernel")
