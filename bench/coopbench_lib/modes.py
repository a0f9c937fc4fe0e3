# SPDX-License-Identifier: GPL-2.0-or-later
"""The modes: named points on the three axes cpu, mmu and io.

Adding a mode is one line in MODES. A point without a name is asked for by its triple, cpu/mmu/io. Whether a point can
run is hv-core's to say (ask.py): it depends on what the build has and on the machine.
"""
from __future__ import annotations

from dataclasses import dataclass

from .errors import UsageError

AXES = {
    "cpu": ("vt", "deprivileged"),
    "mmu": ("nested", "shadow", "direct"),
    "io": ("emulated", "queue"),
}


@dataclass(frozen=True)
class Mode:
    """One way of running the guest kernel. 'native' has no axes: nothing stands below the guest."""

    name: str
    cpu: str
    mmu: str
    io: str
    stands_for: str
    aliases: tuple[str, ...] = ()

    @property
    def native(self) -> bool:
        """Whether the guest kernel runs on the bare machine."""
        return not self.cpu

    @property
    def axes(self) -> str:
        """The triple as it is printed under the mode's name."""
        return "bare machine" if self.native else f"{self.cpu}/{self.mmu}/{self.io}"


MODES = (
    Mode("native", "", "", "", "the limit: the same guest kernel on the bare machine"),
    Mode("full-shadow", "vt", "shadow", "emulated", "pure full virtualization: Xen HVM and KVM of 2006-07",
         aliases=("full",)),
    Mode("full-nested", "vt", "nested", "emulated", "full virtualization on today's hardware"),
    Mode("paravirt", "deprivileged", "direct", "queue", "pure paravirtualization: Xen PV"),
    Mode("coop", "vt", "direct", "queue",
         "coopvirt: VT for privileged state, hypercalls for I/O and batched MMU work"),
    Mode("coop-nested", "vt", "nested", "queue",
         "coopvirt on today's hardware: Xen PVH, KVM with its paravirt features"),
    Mode("hybrid-shadow", "vt", "shadow", "queue",
         "full virtualization with paravirtual drivers: KVM 2008, Xen PV-on-HVM"),
    Mode("lguest", "deprivileged", "shadow", "queue", "lguest"),
)


# The columns of a run that asks for no others: those that run every default row.
DEFAULT_MODES = ("native", "full-shadow", "full-nested", "paravirt", "coop", "coop-nested")


def find_mode(text: str) -> Mode:
    """The mode called 'text', by name, alias or triple."""
    for mode in MODES:
        if text == mode.name or text in mode.aliases or (not mode.native and text == mode.axes):
            return mode
    if text.count("/") == 2:
        return _unnamed_point(text)
    names = ", ".join(mode.name for mode in MODES)
    raise UsageError(f"there is no mode '{text}' (modes: {names}; or a triple cpu/mmu/io)")


def _unnamed_point(text: str) -> Mode:
    """A valid triple that no row of MODES names; UsageError names the first part that is no choice."""
    parts = dict(zip(AXES, text.split("/")))
    for axis, choice in parts.items():
        if choice not in AXES[axis]:
            raise UsageError(f"'{choice}' in mode '{text}' is no choice of the {axis} axis ({', '.join(AXES[axis])})")
    return Mode(text, parts["cpu"], parts["mmu"], parts["io"], "a point without a name")


def choose_modes(text: str) -> list[Mode]:
    """The modes of a comma-separated list, each once, in the order of the list."""
    chosen: list[Mode] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        mode = find_mode(word)
        if mode not in chosen:
            chosen.append(mode)
    if not chosen:
        raise UsageError(f"--mode names no mode (modes: {', '.join(mode.name for mode in MODES)}; or a triple "
                         "cpu/mmu/io)")
    return chosen
