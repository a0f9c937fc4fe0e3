# SPDX-License-Identifier: GPL-2.0-or-later
"""Bochs: a CD image with GRUB for each boot, a configuration, and a script for its debugger, all beside the records.

Bochs runs without a window or a terminal (SDL's dummy driver), and in its own time only, so that a run repeats exactly.
Its debugger is part of it: a guest that shuts its CPU down breaks into it, and the script goes on as often as
that may happen. Its exit status says nothing: the shutdown port ends it with 1, a wrong configuration too.
"""
from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from .errors import CoopbenchError
from .launch import Launch

# One instruction is one step of the time-stamp counter and of the local APIC's timer. To Bochs' other devices that is
# 1 / IPS seconds, as few instructions as firmware can wait in; kernels are told a nanosecond, as on QEMU, so that what
# they make of time is the same there.
IPS = 4_000_000
FREQUENCY_KHZ = 1_000_000
_START_TIME = 1767225600  # 2026-01-01, as everywhere
_BREAKS = 200
_USED_MIB = 2048  # the most that Bochs 2.7 lets a machine use: one that has more must leave the rest alone
_BIOS, _VGA_BIOS = "/usr/share/bochs/BIOS-bochs-latest", "/usr/share/bochs/VGABIOS-lgpl-latest"
_GRUB_FOLDER = "/usr/lib/grub/i386-pc"
_GRUB_MODULES = "multiboot normal biosdisk iso9660 part_msdos"
_SECTOR_BYTES = 512
# mov ecx, 0x3a; rdmsr; or eax, 5; wrmsr: in 16-bit code with prefixes.
_FEATURE_CONTROL = re.compile(rb"(\xb9\x3a\0\0\0\x0f\x32\x66?\x83\xc8)\x05(\x0f\x30)", re.DOTALL)

# What a boot needs besides Bochs itself: program or file, and the Debian package that has it.
NEEDS = (("grub-mkrescue", "grub-common"), ("xorriso", "xorriso"), (f"{_GRUB_FOLDER}/multiboot.mod", "grub-pc-bin"),
         (_BIOS, "bochsbios"), (_VGA_BIOS, "vgabios"),
         ("/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_sdl2_gui.so", "bochs-sdl"))


def command(launch: Launch) -> list[str]:
    """The command line; the files that it names are made by prepare()."""
    return ["env", "SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy", launch.emulator, "-q",
            "-f", str(launch.folder / "bochsrc"), "-rc", str(launch.folder / "debugger.txt")]


def prepare(launch: Launch, cpu_model: str, root: Path) -> None:
    """Makes the files of one boot. 'root' is the folder in which the emulator will run."""
    folder = root / launch.folder
    (folder / "debugger.txt").write_text("c\n" * _BREAKS + "q\n", encoding="ascii")
    if launch.disk and launch.mode.native:
        shutil.copyfile(root / launch.disk, root / disk_copy(launch))
        Path(f"{root / disk_copy(launch)}.lock").unlink(missing_ok=True)
    if launch.feature_control is not None:
        (root / firmware_copy(launch)).write_bytes(firmware_with(Path(_BIOS).read_bytes(), launch.feature_control))
    (folder / "bochsrc").write_text(configuration(launch, cpu_model, root), encoding="utf-8")
    (folder / "grub.cfg").write_text(grub_script(launch), encoding="utf-8")
    _make_image(launch, root)


def firmware_copy(launch: Launch) -> Path:
    """The firmware of a boot that wants another value in IA32_FEATURE_CONTROL."""
    return launch.folder / "bios.bin"


def firmware_with(firmware: bytes, feature_control: int) -> bytes:
    """Bochs' BIOS with another value where it writes IA32_FEATURE_CONTROL, on the first CPU and on the others: there it
    reads the register, which is 0 after a reset, sets bits of a byte, and writes it back."""
    patched, count = _FEATURE_CONTROL.subn(lambda found: found[1] + bytes([feature_control]) + found[2], firmware)
    if count != 2:
        raise CoopbenchError(f"{_BIOS} writes IA32_FEATURE_CONTROL in {count} places that are known, not in 2")
    return patched


def disk_copy(launch: Launch) -> Path:
    """The disk of the bare machine: what the guest writes stays in this boot."""
    return launch.folder / "disk.img"


def configuration(launch: Launch, cpu_model: str, root: Path) -> str:
    """The bochsrc of one boot."""
    lines = [
        "display_library: sdl2",
        f"memory: guest={launch.memory_mib}, host={min(launch.memory_mib, _USED_MIB)}",
        f"romimage: file={_BIOS if launch.feature_control is None else firmware_copy(launch)}",
        f"vgaromimage: file={_VGA_BIOS}",
        f"cpu: model={cpu_model}, count={launch.cpus}, ips={IPS}, reset_on_triple_fault=0, ignore_bad_msrs=1",
        f"clock: sync=none, time0={_START_TIME}",
        f"ata1-master: type=cdrom, path={launch.folder / 'boot.iso'}, status=inserted",
        "boot: cdrom",
        f"com1: enabled=1, mode=file, dev={launch.console}",
        f"com2: enabled=1, mode=file, dev={launch.records}",
        "panic: action=report",
        "error: action=ignore",
        "info: action=ignore",
        "magic_break: enabled=0",
        f"log: {launch.folder / 'bochs.log'}",
    ]
    if launch.disk and launch.mode.native:
        cylinders, heads, sectors = geometry((root / launch.disk).stat().st_size // _SECTOR_BYTES)
        lines.append(f"ata0-master: type=disk, mode=flat, path={disk_copy(launch)}, "
                     f"cylinders={cylinders}, heads={heads}, spt={sectors}")
    return "\n".join(lines) + "\n"


def geometry(sectors: int) -> tuple[int, int, int]:
    """Cylinders, heads and sectors a track of a disk: Bochs wants a product that is the disk's size."""
    heads = next(number for number in (16, 8, 4, 2, 1) if sectors % number == 0)
    track = next(number for number in range(63, 0, -1) if sectors // heads % number == 0)
    return sectors // heads // track, heads, track


def grub_script(launch: Launch) -> str:
    """grub.cfg: two or more bare lines, no menu. GRUB gives a kernel its words without a file name."""
    if launch.mode.native:
        lines = [f"multiboot /boot/guest {_words(launch.guest_words)}"]
    else:
        lines = [f"multiboot /boot/hv-core {_words(launch.hypervisor_words)}"]
        if launch.guest:
            lines.append(f"module /boot/guest role=kernel -- {_words(launch.guest_words)}")
    if launch.initramfs:
        lines.append("module /boot/initramfs role=initrd")
    if launch.disk and not launch.mode.native:
        lines.append("module /boot/disk role=disk")
    lines += [f"module /boot/module{number} {_words(module.partition(' ')[2])}"
              for number, module in enumerate(launch.modules)]
    return "\n".join([*lines, "boot"]) + "\n"


def _words(text: str) -> str:
    """Words as GRUB passes them on: each in quotes. It drops blanks at the end, which keep the length of a command line
    the same: dots stand for them, in a word that nobody knows."""
    words = text.split()
    padding = len(text) - len(text.rstrip())
    if padding > 1:
        words.append("." * (padding - 1))
    return " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)


def _make_image(launch: Launch, root: Path) -> None:
    """The CD image: GRUB trimmed to what booting takes, and the files of the boot."""
    files = {"boot/grub/grub.cfg": launch.folder / "grub.cfg"}
    if launch.guest:
        files["boot/guest"] = launch.guest
    if not launch.mode.native:
        files["boot/hv-core"] = launch.hv_core
    if launch.initramfs:
        files["boot/initramfs"] = launch.initramfs
    if launch.disk and not launch.mode.native:
        files["boot/disk"] = launch.disk
    files |= {f"boot/module{number}": module.partition(" ")[0] for number, module in enumerate(launch.modules)}
    grafts = [f"{name}={str(path).replace('=', chr(92) + '=')}" for name, path in files.items()]
    words = ["grub-mkrescue", "-d", _GRUB_FOLDER, "--fonts=", "--locales=", "--themes=",
             f"--install-modules={_GRUB_MODULES}", "-o", str(launch.folder / "boot.iso"), *grafts]
    try:
        done = subprocess.run(words, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              start_new_session=True)
    except OSError as error:
        raise CoopbenchError(f"cannot start {words[0]}: {error.strerror}: say 'make deps'") from error
    except subprocess.TimeoutExpired as error:
        raise CoopbenchError(f"{words[0]} did not come to an end") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it does not say why"])[-1]
        raise CoopbenchError(f"{words[0]} failed: {last}")


def explain_status(status: int) -> str | None:
    """None for the status that a good run has too: only the records tell it from a bad one."""
    if status == 1:
        return None
    if status == 0:
        return "the emulator's debugger was entered too often"
    if status < 0:
        return f"the emulator was ended by signal {-status}"
    return f"the emulator ended with status {status}"


def explain_hang(folder: Path) -> str:
    """What the log says of a machine that came to no end: with a CPU shut down, Bochs goes on for ever."""
    try:
        log = (folder / "bochs.log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "a CPU shut down by a triple fault" if "exception with no resolution" in log else ""


def read_talk(text: str) -> str:
    """The message with which Bochs ended, unless it is the shutdown port's."""
    found = re.search(r"exiting with the following message:\s*\[(.*?)\]\s*(.*)", text)
    if not found or "Shutdown port" in found[2]:
        return ""
    return found[2].strip()
