# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest kernels that run the measured programs: ours, and Debian's as it is."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError
from .machines import Machine
from .paths import Paths

# The same layout of memory in every boot, nothing on the console but errors, and an end after a panic. The programs
# write the marker to its port themselves, and the records come by the second serial line.
_LINUX_WORDS = ["console=ttyS0", "quiet", "nokaslr", "norandmaps", "panic=-1", "marker=port"]


@dataclass(frozen=True)
class Guest:
    """One kernel. 'made_by' is what puts its image there; 'memory' limits what it uses. One that is 'foreign' boots as
    any boot loader starts it: its initramfs has no words on QEMU's command line."""

    name: str
    does: str
    image: Callable[[Paths], Path]
    made_by: str
    memory: str
    words: tuple[str, ...]
    foreign: bool = False


GUESTS = [
    Guest("guest-coop", "Coopvirt's own guest kernel", lambda paths: paths.build / "guest-coop/guest-coop.elf32",
          "make", "mem={mib}", ("console=ttyS0", "init=/init")),
    Guest("linux", "Debian's stock kernel, unmodified", lambda paths: paths.build / "peers/vmlinuz", "make peers",
          "mem={mib}M", tuple(_LINUX_WORDS), foreign=True),
]


def find_guest(name: str) -> Guest:
    """The guest of a name; UsageError tells which there are."""
    for guest in GUESTS:
        if guest.name == name:
            return guest
    raise UsageError(f"there is no guest '{name}' (one of: {', '.join(guest.name for guest in GUESTS)})")


def check_guest(guest: Guest, machine: Machine) -> None:
    """Refuses a guest that a machine cannot start natively."""
    if guest.foreign and machine.prepare:
        raise UsageError(f"guest {guest.name} does not boot on {machine.name} yet: only QEMU's own loader starts it "
                         "natively")
