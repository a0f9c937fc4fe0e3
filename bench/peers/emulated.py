# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers inside the emulated machine, on the same emulated CPU as our modes, in instructions: Debian's kernel on the
bare machine, as Xen's privileged domain, and under KVM with nested and with shadow paging; each with the kernel's own
mitigations, and with none.
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from coopbench_lib import qemu

from .archive import write_initramfs
from .peer import EMULATED_MACHINE, Peer, Setup, job_script

_HERE = Path(__file__).resolve().parent
_QEMU = "qemu-system-x86_64"
_FIRMWARE = ("/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/kvmvapic.bin", "/usr/share/qemu/linuxboot_dma.bin")
_MODULES = ("irqbypass", "kvm", "ccp", "kvm-amd")
# The kernel that runs the programs has as much everywhere; what stands below it has its own beside that.
_MEMORY_MIB = 768
_XEN_MEMORY_MIB = 1024
_MONITOR_MEMORY_MIB = 2048
_OFF = "mitigations=off"
_RECORDS = "/dev/ttyS1"


def linux_words(console: str, *more: str) -> str:
    """The command line of every kernel that runs programs: the same layout of memory in every boot."""
    return " ".join([f"console={console}", "quiet", "nokaslr", "norandmaps", "panic=-1", "rdinit=/peer/init", *more])


def inner_files(setup: Setup, records: str) -> dict[str, bytes]:
    """What the kernel that runs the programs finds beside them."""
    return {"peer/init": (_HERE / "init.sh").read_bytes(), "peer/settings": f"records={records}\n".encode(),
            "peer/jobs": job_script(setup, "/bench").encode()}


def pack_inner(setup: Setup, records: str = _RECORDS) -> None:
    write_initramfs(setup.base_initramfs, inner_files(setup, records), setup.initramfs)


def machine(setup: Setup, processor: list[str], memory_mib: int) -> list[str]:
    """A machine without anything that a run does not need."""
    return [_QEMU, "-M", "pc", "-nodefaults", *processor, "-m", str(memory_mib), "-display", "none", "-no-reboot",
            "-serial", f"file:{setup.console}", "-serial", f"file:{setup.records}"]


def _emulated(setup: Setup, memory_mib: int) -> list[str]:
    return machine(setup, qemu.SVM_PROCESSOR, memory_mib)


def _linux(setup: Setup, *words: str) -> list[str]:
    return [*_emulated(setup, _MEMORY_MIB), "-kernel", str(setup.fetched / "vmlinuz"), "-initrd", str(setup.initramfs),
            "-append", linux_words("ttyS0", *words)]


def _prepare_xen(setup: Setup, *words: str) -> None:
    """Xen is told the names of its files: they are the same whatever the folders are called."""
    pack_inner(setup)
    for name in ("xen", "vmlinux"):
        (setup.folder / name).symlink_to(setup.fetched / name)


def _xen(setup: Setup, *words: str) -> list[str]:
    """Xen takes the kernel unpacked. QEMU 7.2 raises a false SMAP fault on an IRET from ring 3 to ring 3: smap=0."""
    xen_words = ["console=com1", "com1=115200,8n1", f"dom0_mem={_MEMORY_MIB}M", "smap=0",
                 *(["spec-ctrl=no"] if _OFF in words else [])]
    return [*_emulated(setup, _XEN_MEMORY_MIB), "-kernel", "xen", "-append", " ".join(xen_words),
            "-initrd", f"vmlinux {linux_words('hvc0', *words)},{setup.initramfs.name}"]


def libraries(program: str) -> list[str]:
    """The files that a program is linked with, the loader among them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, timeout=30).stdout
    return sorted(set(re.findall(r"(/\S+) \(0x", listed)))


def _pack_monitor(setup: Setup, npt: int, *words: str) -> None:
    """The host's initramfs: KVM's modules, QEMU with all that it is linked with, and what the guest is."""
    pack_inner(setup)
    program = shutil.which(_QEMU)
    settings = f'records={_RECORDS}\nnpt={npt}\nmemory={_MEMORY_MIB}\nwords="{linux_words("ttyS0", *words)}"\n'
    files = {"peer/init": (_HERE / "monitor.sh").read_bytes(), "peer/settings": settings.encode(),
             "peer/qemu": Path(program).read_bytes(), "peer/kernel": (setup.fetched / "vmlinuz").read_bytes(),
             "peer/initramfs": setup.initramfs.read_bytes()}
    files |= {path.lstrip("/"): Path(path).read_bytes() for path in libraries(program)}
    files |= {f"peer/firmware/{os.path.basename(path)}": Path(path).read_bytes() for path in _FIRMWARE}
    files |= {f"peer/modules/{name}.ko": (setup.fetched / f"modules/{name}.ko").read_bytes() for name in _MODULES}
    write_initramfs(setup.base_initramfs, files, setup.initramfs)


def _kvm(setup: Setup, *words: str) -> list[str]:
    return [*_emulated(setup, _MONITOR_MEMORY_MIB), "-kernel", str(setup.fetched / "vmlinuz"), "-initrd",
            str(setup.initramfs), "-append", linux_words("ttyS0", *words)]


_DEBIAN = "Debian's kernel 6.1; its periodic tick is part of what is measured"
_KVM = (f"{_DEBIAN}; the same kernel is KVM's host, QEMU its monitor; KVM decodes some exits by software, since the "
        "emulated CPU has no next-RIP saving; measured where pages are backed already")
_XEN = (f"Xen 4.17; {_DEBIAN}; measured in the privileged domain, whose system calls go through Xen; "
        "hypercalls, and no VM exits: SVM is not used")
_KVM_NEEDS = ("fetched:vmlinuz", *(f"fetched:modules/{name}.ko" for name in _MODULES), *_FIRMWARE, "ldd")


def _pair(name: str, does: str, besides: str, command, needs: tuple[str, ...], prepare) -> tuple[Peer, Peer]:
    """A peer with its mitigations, and one without."""
    def make(suffix: str, said: str, *words: str) -> Peer:
        return Peer(name + suffix, EMULATED_MACHINE, "linux" + suffix, does + said,
                    f"{besides}; mitigations {'off in every layer' if words else 'as each layer chooses for this CPU'}",
                    lambda setup: command(setup, *words), (_QEMU, *needs), lambda setup: prepare(setup, *words),
                    switches=" ".join(words) or "mitigations=auto")
    return make("", ""), make("-off", ", without mitigations", _OFF)


EMULATED = (
    *_pair("linux", "Debian's kernel on the bare machine", _DEBIAN, _linux, ("fetched:vmlinuz",),
           lambda setup, *words: pack_inner(setup)),
    *_pair("xen-pv", "the same kernel as Xen's PV dom0", _XEN, _xen, ("fetched:xen", "fetched:vmlinux"), _prepare_xen),
    *_pair("kvm-nested", "the same kernel under KVM with nested paging", _KVM, _kvm, _KVM_NEEDS,
           lambda setup, *words: _pack_monitor(setup, 1, *words)),
    *_pair("kvm-shadow", "the same kernel under KVM with shadow paging", _KVM, _kvm, _KVM_NEEDS,
           lambda setup, *words: _pack_monitor(setup, 0, *words)),
)
