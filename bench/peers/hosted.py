# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers on this computer, in steps of its time-stamp counter: a process, containers, User-Mode Linux, and QEMU as it
emulates a whole machine. Each runs on one processor alone.
"""
from __future__ import annotations

import os

from .emulated import linux_words, machine, pack_inner
from .peer import HOST, Peer, Setup, job_script

_UML_MEMORY_MIB = 256
_QEMU_MEMORY_MIB = 768


# The scheduler's group of a session comes before those of others, where that may be asked for (root).
_IN_FRONT = 'echo -20 2> /dev/null > /proc/self/autogroup; exec "$@"'

# A container has a group of its own: its share is set by what the host's control groups are of.
_CONTAINER_IN_FRONT = ".cpu.shares = 262144" if os.path.isdir("/sys/fs/cgroup/cpu") else "2.cpu.weight = 10000"


def in_front() -> bool:
    """Whether the host lets a run come before other work."""
    return os.geteuid() == 0 and os.path.exists("/proc/self/autogroup")


def _on_one(setup: Setup, *command: str) -> list[str]:
    return ["/bin/sh", "-c", _IN_FRONT, "sh", "taskset", "-c", str(setup.processor), *command]


def _write_jobs(setup: Setup) -> None:
    (setup.folder / "jobs.sh").write_text(job_script(setup, str(setup.programs)), encoding="utf-8")


def _shell(setup: Setup) -> list[str]:
    return ["/bin/sh", str(setup.folder / "jobs.sh")]


def _process(setup: Setup) -> list[str]:
    return _on_one(setup, *_shell(setup))


def _bubblewrap(setup: Setup) -> list[str]:
    return _on_one(setup, str(setup.fetched / "bwrap"), "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/",
                   "--dev", "/dev", "--proc", "/proc", "--bind", "/tmp", "/tmp", *_shell(setup))


def _lxc_prepare(setup: Setup) -> None:
    """A container on the host's own files, with no network but its own loop."""
    _write_jobs(setup)
    (setup.folder / "mount").mkdir(exist_ok=True)
    (setup.folder / "containers").mkdir(exist_ok=True)
    lines = ("lxc.uts.name = peer", "lxc.rootfs.path = dir:/", f"lxc.rootfs.mount = {setup.folder}/mount",
             "lxc.net.0.type = empty", "lxc.mount.auto = proc:mixed sys:ro", "lxc.tty.max = 0", "lxc.pty.max = 1",
             "lxc.console.path = none", f"lxc.cgroup{_CONTAINER_IN_FRONT}")
    (setup.folder / "lxc.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lxc(setup: Setup) -> list[str]:
    folder = setup.fetched / "lxc"
    return _on_one(setup, "env", f"LD_LIBRARY_PATH={folder}", str(folder / "lxc-start"), "-F",
                   "-n", f"peer-{os.getpid()}", "-P", f"{setup.folder}/containers", "-f", f"{setup.folder}/lxc.conf",
                   "--", *_shell(setup))


def _needs_root() -> str:
    return "" if os.geteuid() == 0 else "it needs root"


def _uml(setup: Setup) -> list[str]:
    return _on_one(setup, str(setup.fetched / "linux.uml"), f"mem={_UML_MEMORY_MIB}M", f"initrd={setup.initramfs}",
                   "rdinit=/peer/init", f"uml_dir={setup.folder}", "umid=peer", "con=null", "con0=fd:0,fd:1", "quiet",
                   "norandmaps")


def _qemu(setup: Setup) -> list[str]:
    return _on_one(setup, *machine(setup, ["-accel", "tcg", "-cpu", "EPYC,-smap"], _QEMU_MEMORY_MIB), "-kernel",
                   str(setup.fetched / "vmlinuz"), "-initrd", str(setup.initramfs), "-append", linux_words("ttyS0"))


_HOST_KERNEL = "the host's kernel, files and mitigations"

HOSTED = (
    Peer("process", HOST, "process", "a process of this computer", _HOST_KERNEL, _process, ("taskset",), _write_jobs),
    Peer("bubblewrap", HOST, "process", "a container by bubblewrap",
         f"{_HOST_KERNEL}; all namespaces; no filter of system calls", _bubblewrap,
         ("taskset", "fetched:bwrap"), _write_jobs),
    Peer("lxc", HOST, "process", "a container by LXC",
         f"{_HOST_KERNEL}; all namespaces and control groups; no filter of system calls",
         _lxc, ("taskset", "fetched:lxc/lxc-start", "fetched:lxc/liblxc.so.1"), _lxc_prepare, _needs_root),
    Peer("uml", HOST, "process", "User-Mode Linux: a kernel that is a process",
         "its own kernel 6.1 and files in memory; system calls and faults by ptrace", _uml,
         ("taskset", "fetched:linux.uml"),
         lambda setup: pack_inner(setup, "")),
    Peer("qemu", HOST, "process", "QEMU, which emulates a whole machine",
         "Debian's kernel 6.1 with its mitigations, files in memory; the CPU is translated, not virtualized", _qemu,
         ("taskset", "qemu-system-x86_64", "fetched:vmlinuz"), pack_inner),
)
