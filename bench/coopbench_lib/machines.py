# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines: which emulator, with which command line, in which unit it counts, and how it says that all went well.

Adding a machine is one function that builds its command line, and one row in MACHINES.
"""
from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError
from .modes import Mode

GUEST_MEMORY_MIB = 256
HOST_MEMORY_MIB = 1024
FREQUENCY_KHZ = 1_000_000

# abi.h: COOP_EXIT_OK and COOP_EXIT_FAILED; isa-debug-exit ends QEMU with value << 1 | 1.
_QEMU_OK = 0x10 << 1 | 1
_QEMU_FAILED = 0x11 << 1 | 1


@dataclass(frozen=True)
class Launch:
    """All that the command line of one boot depends on. Paths are as the emulator is to see them."""

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


@dataclass(frozen=True)
class Machine:
    """One kind of computer that coopbench can start. 'unit' is what its time-stamp counter counts; explain_status
    gives None for the exit status of a good run, otherwise a reason."""

    name: str
    emulator: str
    package: str
    cpu_model: str
    unit: str
    unit_means: str
    does: str
    command: Callable[[Launch], list[str]]
    explain_status: Callable[[int], str | None]


# What EPYC has and QEMU 7.2 does not emulate is named as off: no warnings, and the same CPUID with a later QEMU.
_QEMU_CPU = ("EPYC,+svm,+npt,-rdrand,-rdseed,-smap,-sha-ni,-fxsr-opt,-misalignsse,-3dnowprefetch,-osvw,-topoext,"
             "-nrip-save,-xsavec")


def _qemu_svm_command(launch: Launch) -> list[str]:
    """QEMU with one instruction a nanosecond of virtual time, so that a run repeats exactly. With sleep=off an idle
    machine jumps to its next timer; an interactive one waits for it as long as it says."""
    memory = GUEST_MEMORY_MIB if launch.mode.native else HOST_MEMORY_MIB
    command = [
        launch.emulator, "-M", "pc", "-nodefaults", "-cpu", _QEMU_CPU, "-m", str(memory),
        "-icount", f"shift=0,sleep={'on' if launch.interactive else 'off'}", "-rtc", "base=2026-01-01,clock=vm",
        "-display", "none", "-no-reboot",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
        "-serial", "mon:stdio" if launch.interactive else f"file:{launch.console}", "-serial", f"file:{launch.records}",
    ]
    if launch.gdb_port is not None:
        command += ["-S", "-gdb", f"tcp:localhost:{launch.gdb_port}"]
    return command + (_qemu_native_boot(launch) if launch.mode.native else _qemu_hypervisor_boot(launch))


def _qemu_native_boot(launch: Launch) -> list[str]:
    boot = ["-kernel", launch.guest, "-append", launch.guest_words]
    if launch.initramfs:
        boot += ["-initrd", f"{launch.initramfs} role=initrd"]
    if launch.disk:
        boot += ["-drive", f"if=ide,format=raw,snapshot=on,file={launch.disk}"]
    return boot


def _qemu_hypervisor_boot(launch: Launch) -> list[str]:
    modules = [f"{launch.guest} role=kernel -- {launch.guest_words}"]
    if launch.initramfs:
        modules.append(f"{launch.initramfs} role=initrd")
    if launch.disk:
        modules.append(f"{launch.disk} role=disk")
    return ["-kernel", launch.hv_core, "-initrd", ",".join(modules), "-append", launch.hypervisor_words]


def _explain_qemu_status(status: int) -> str | None:
    if status == _QEMU_OK:
        return None
    if status == _QEMU_FAILED:
        return "the machine reported a failure"
    if status == 0:
        return "the machine was reset or switched off without a verdict"
    if status == -signal.SIGXFSZ:
        return "the machine flooded its serial lines and was stopped"
    if status < 0:
        return f"the emulator was ended by signal {-status}"
    return f"the emulator ended with status {status}"


MACHINES = (
    Machine("qemu-svm", "qemu-system-x86_64", "qemu-system-x86", "QEMU TCG EPYC", "instr",
            "instructions retired: software path length, blind to what a world switch or a TLB miss costs in silicon",
            "QEMU's software emulation of an AMD CPU with SVM and nested paging",
            _qemu_svm_command, _explain_qemu_status),
)


def find_machine(name: str) -> Machine:
    """The machine called 'name'."""
    for machine in MACHINES:
        if machine.name == name:
            return machine
    raise UsageError(f"there is no machine '{name}' (machines: {', '.join(machine.name for machine in MACHINES)})")


def refuse_unsafe_path(path: str) -> None:
    """QEMU splits module strings at commas and blanks: a path with one cannot be passed on."""
    if re.search(r"[,\s]", path):
        raise UsageError(f"the path '{path}' has a comma or a blank in it, which QEMU cannot pass to a kernel")
