# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines: which emulator, with which command line, in which unit it counts, and how it says that all went well.

Adding a machine is one function that builds its command line (qemu.py, bochs.py), and one row in MACHINES.
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import bochs, qemu
from .errors import UsageError
from .launch import Launch

_VERSION_SECONDS = 30


@dataclass(frozen=True)
class Machine:
    """One kind of computer that coopbench can start.

    'unit' is what its time-stamp counter counts, tsc_khz and lapic_khz the frequencies that kernels are told.
    'prepare' makes the files that the command names, below the folder in which the emulator will run.
    explain_status gives None for the exit status of a good run, otherwise a reason; where status_decides is false, only
    the records tell a good run. read_talk finds the last words in what the emulator printed, explain_hang what may
    be the reason of a boot that came to no end, in its folder. With an outside_disk, the bare machine's disk answers in
    the host's time, outside the count. Only trying tells whether a 'probed' machine is there; runs then fall back to
    the first machine. It 'has_plugins' when its emulator loads those of bench/plugin."""

    name: str
    emulator: str
    package: str
    cpu_model: str
    unit: str
    unit_means: str
    does: str
    command: Callable[[Launch], list[str]]
    explain_status: Callable[[int], str | None]
    read_talk: Callable[[str], str]
    tsc_khz: int
    lapic_khz: int
    prepare: Callable[[Launch, Path], None] | None = None
    needs: tuple[tuple[str, str], ...] = ()
    status_decides: bool = True
    interactive: bool = True
    outside_disk: bool = True
    explain_hang: Callable[[Path], str] = lambda folder: ""
    probed: bool = False
    has_plugins: bool = False

    @property
    def frequency_words(self) -> list[str]:
        """What both kernels are told instead of measuring it."""
        return [f"tsc_khz={self.tsc_khz}", f"lapic_khz={self.lapic_khz}"]

    def made(self, launch: Launch) -> list[Path]:
        """The great files among those that prepare() makes: nobody wants them once the boot is over."""
        return [launch.folder / name for name in ("boot.iso", "disk.img", "disk.img.lock")] if self.prepare else []

    def missing(self) -> list[str]:
        """What is not here of all that its boots need besides the emulator, each with its package."""
        return [f"{name} (Debian package {package})" for name, package in self.needs
                if not (os.path.exists(name) if "/" in name else shutil.which(name))]


_INSTRUCTIONS = ("instructions retired: software path length, blind to what a world switch or a TLB miss costs in "
                 "silicon")
_QEMU_KHZ = 1_000_000


def _bochs(name: str, cpu_model: str, does: str) -> Machine:
    return Machine(name, "bochs-bin", "bochs", f"Bochs {cpu_model}", "instr", _INSTRUCTIONS, does,
                   bochs.command, bochs.explain_status, bochs.read_talk, bochs.FREQUENCY_KHZ, bochs.FREQUENCY_KHZ,
                   prepare=lambda launch, root: bochs.prepare(launch, cpu_model, root), needs=bochs.NEEDS,
                   status_decides=False, interactive=False, outside_disk=False,
                   explain_hang=bochs.explain_hang)


_qemu = partial(Machine, emulator="qemu-system-x86_64", package="qemu-system-x86",
                explain_status=qemu.explain_status, read_talk=qemu.read_talk, tsc_khz=_QEMU_KHZ, lapic_khz=_QEMU_KHZ)

MACHINES = (
    _qemu("qemu-svm", cpu_model="QEMU TCG EPYC", unit="instr", unit_means=_INSTRUCTIONS,
          does="QEMU's software emulation of an AMD CPU with SVM and nested paging", command=qemu.svm_command,
          has_plugins=True),
    _bochs("bochs-svm", "ryzen", "Bochs' emulation of an AMD CPU with SVM and nested paging"),
    _bochs("bochs-vmx", "corei7_skylake_x", "Bochs' emulation of an Intel CPU with VMX and EPT"),
    _bochs("bochs-vmx-icelake", "corei7_icelake_u", "the same, of a later model"),
    _bochs("bochs-vmx-lynnfield", "corei5_lynnfield_750", "the same, of 2009: without unrestricted guest"),
    _bochs("bochs-svm-turion", "turion64_tyler", "Bochs' emulation of an AMD CPU of 2007: SVM without nested paging"),
    _bochs("bochs-venice", "athlon64_venice", "Bochs' emulation of an AMD CPU of 2005: neither SVM nor VMX"),
    _qemu("qemu-kvm", cpu_model="host CPU under KVM", unit="cycles-nested",
          unit_means="TSC cycles of the host's CPU, with the hypervisor in a virtual machine of KVM's: every exit "
                     "is paid for twice, and no run repeats exactly",
          does="the host's CPU through KVM's nested virtualization", command=qemu.kvm_command, probed=True),
)


def find_machine(name: str) -> Machine:
    """The machine called 'name'."""
    for machine in MACHINES:
        if machine.name == name:
            return machine
    raise UsageError(f"there is no machine '{name}' (machines: {', '.join(machine.name for machine in MACHINES)})")


def unit_means(unit: str) -> str:
    """What one step of a unit is, '' where no machine counts in it."""
    return next((machine.unit_means for machine in (*MACHINES, hardware("", "")) if machine.unit == unit), "")


def hardware(name: str, cpu_model: str) -> Machine:
    """A computer of somebody's that we do not start: what its serial line said is imported."""
    return Machine(name, "none", "", cpu_model, "cycles", "steps of a real CPU's time-stamp counter: time at a "
                                                          "constant "
                   "rate, and not the core's own cycles where its clock moves", "a computer of yours",
                   command=lambda launch: [], explain_status=lambda status: None, read_talk=lambda text: "", tsc_khz=0,
                   lapic_khz=0, status_decides=False)


def version_line(program: str) -> str:
    """What an emulator says of itself: the line with its version, or the first; '' when it says nothing."""
    try:
        done = subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=_VERSION_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = [line.strip() for line in done.stdout.splitlines()]
    return next((line for line in lines if re.search(r"[a-z].*\d+\.\d", line)), lines[0] if lines else "")
