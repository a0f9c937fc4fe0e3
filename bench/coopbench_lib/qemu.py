# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's command lines: its own emulation of a CPU, which counts instructions, and a CPU that KVM lends it."""
from __future__ import annotations

from .launch import REPORTED_A_FAILURE, WITHOUT_VERDICT, Launch

# abi.h: COOP_EXIT_OK and COOP_EXIT_FAILED; isa-debug-exit ends QEMU with value << 1 | 1.
_OK = 0x10 << 1 | 1
_FAILED = 0x11 << 1 | 1

# What EPYC has and QEMU 7.2 does not emulate is named as off: no warnings, and the same CPUID with a later QEMU.
_SVM_CPU = ("EPYC,+svm,+npt,-rdrand,-rdseed,-smap,-sha-ni,-fxsr-opt,-misalignsse,-3dnowprefetch,-osvw,-topoext,"
            "-nrip-save,-xsavec")
# Emulation that repeats exactly; everything that is to be put beside our modes runs on this.
SVM_PROCESSOR = ["-cpu", _SVM_CPU, "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"]


def svm_command(launch: Launch) -> list[str]:
    """One instruction a nanosecond of virtual time, so that a run repeats exactly. With sleep=off an idle machine jumps
    to its next timer; an interactive one waits for it as long as it says."""
    if launch.interactive:
        return _command(launch, [word.replace("sleep=off", "sleep=on") for word in SVM_PROCESSOR])
    return _command(launch, SVM_PROCESSOR)


def kvm_command(launch: Launch) -> list[str]:
    """The host's own CPU, its virtualization included."""
    return _command(launch, ["-accel", "kvm", "-cpu", "host", "-rtc", "base=2026-01-01"])


def _command(launch: Launch, processor: list[str]) -> list[str]:
    command = [
        launch.emulator, "-M", "pc", "-nodefaults", *processor[:2], "-m", str(launch.memory_mib), *processor[2:],
        "-display", "none", "-no-reboot",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
        "-serial", "mon:stdio" if launch.interactive else f"file:{launch.console}", "-serial", f"file:{launch.records}",
    ]
    if launch.cpus > 1:
        command += ["-smp", str(launch.cpus)]
    if launch.gdb_port is not None:
        command += ["-S", "-gdb", f"tcp:localhost:{launch.gdb_port}"]
    command += launch.plugin_words
    return command + (_native_boot(launch) if launch.mode.native else _hypervisor_boot(launch))


def _native_boot(launch: Launch) -> list[str]:
    boot = ["-kernel", launch.guest, "-append", launch.guest_words]
    if launch.initramfs:
        boot += ["-initrd", launch.initramfs if launch.foreign else f"{launch.initramfs} role=initrd"]
    if launch.disk:
        boot += ["-drive", f"if=ide,format=raw,snapshot=on,file={launch.disk}"]
    return boot


def _hypervisor_boot(launch: Launch) -> list[str]:
    modules = [f"{launch.guest} role=kernel -- {launch.guest_words}"] if launch.guest else []
    if launch.initramfs:
        modules.append(f"{launch.initramfs} role=initrd")
    if launch.disk:
        modules.append(f"{launch.disk} role=disk")
    modules += launch.modules
    loaded = ["-initrd", ",".join(modules)] if modules else []
    return ["-kernel", launch.hv_core, *loaded, "-append", launch.hypervisor_words]


def explain_status(status: int) -> str | None:
    """None for the exit status of a good run, otherwise what it says."""
    if status == _OK:
        return None
    if status == _FAILED:
        return REPORTED_A_FAILURE
    if status == 0:
        return WITHOUT_VERDICT
    if status < 0:
        return f"the emulator was ended by signal {-status}"
    return f"the emulator ended with status {status}"


def read_talk(text: str) -> str:
    """The last thing that QEMU has to say."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
