# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run is to do: one cell for each mode and workload, each one boot with its own command line."""
from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import switches as switch_words
from .errors import CoopbenchError, UsageError
from .guests import GUESTS, Guest, check_guest
from .launch import Launch, refuse_unsafe_path
from .machines import Machine
from .modes import Mode
from .paths import Paths
from .program import Packed, exec_word
from .rounds import Sampling
from .walks import COUNTS_FILE, PLUGIN, Tlb, plugin_words
from .workloads import Workload

DEFAULT_RUNS = 3
DEFAULT_WARMUP = 1
GUEST_COMMAND_LINE_LENGTH = 512
# What firmware and hypervisors take at most: the guest leaves it, and has the same everywhere.
GUEST_RESERVED_MIB = 16


@dataclass(frozen=True)
class Cell:
    """One boot: all warm-ups and repetitions of one workload in one mode."""

    mode: Mode
    workload: Workload

    @property
    def key(self) -> tuple[str, str]:
        return self.mode.name, self.workload.name

    @property
    def folder_name(self) -> str:
        """Where the logs of this boot are kept below the result folder's logs/, when it fails."""
        return f"{self.mode.name.replace('/', '-')}/{self.workload.name.replace('/', '-')}"


@dataclass(frozen=True)
class Plan:
    """A run, completely: nothing that changes a count is outside it and the images. 'packed' is the initramfs with the
    user's program in it; 'fallback' says which machine was asked for and why it is not the one that is used. 'sampling'
    is there on machines on which repetitions vary: when to stop repeating."""

    paths: Paths
    machine: Machine
    emulator: str
    modes: list[Mode]
    workloads: list[Workload]
    switches: dict[str, str]
    parameters: dict[str, str] = field(default_factory=dict)
    runs: int | None = None
    warmup: int | None = None
    timeout_seconds: int = 0
    jobs: int = 1
    program: list[str] = field(default_factory=list)
    packed: Packed | None = None
    given: dict[str, str] = field(default_factory=dict)
    fallback: dict[str, str] = field(default_factory=dict)
    guest: Guest = GUESTS[0]
    tlb: Tlb | None = None
    sampling: Sampling | None = None

    @property
    def guest_mib(self) -> int:
        """The guest's memory."""
        return int(self.switches["memory"])

    def cells(self) -> list[Cell]:
        """Every boot, workload by workload, so that rows are complete early."""
        return [Cell(mode, workload) for workload in self.workloads for mode in self.modes]

    def runs_of(self, workload: Workload) -> int:
        return self.runs or workload.runs or DEFAULT_RUNS

    def warmup_of(self, workload: Workload) -> int:
        chosen = self.warmup if self.warmup is not None else workload.warmup
        return DEFAULT_WARMUP if chosen is None else chosen

    def timeout_of(self, workload: Workload) -> int:
        """Seconds of wall-clock time after which a boot is killed."""
        return max(self.timeout_seconds, workload.timeout_seconds or 0)

    def parameters_of(self, workload: Workload) -> dict[str, str]:
        """Those of the parameters that the workload knows."""
        return {name: value for name, value in self.parameters.items() if name in workload.parameters}

    def guest_words(self, workload: Workload | None) -> str:
        """The guest's command line, padded to one length: what is in it must not move what stands behind it."""
        words = [*self.machine.frequency_words, self.guest.memory.format(mib=self.guest_mib - GUEST_RESERVED_MIB)]
        words += switch_words.guest_words(self.switches)
        words += self.guest.words
        if workload:
            words += [exec_word(self.program) if self.program else f"bench={workload.name}",
                      f"runs={self.runs_of(workload)}", f"warmup={self.warmup_of(workload)}"]
            words += [f"param.{name}={value}" for name, value in sorted(self.parameters_of(workload).items())]
        line = " ".join(words)
        if len(line) > GUEST_COMMAND_LINE_LENGTH:
            raise UsageError(f"the guest's command line would be {len(line)} characters long "
                             f"(at most {GUEST_COMMAND_LINE_LENGTH}): give fewer or shorter parameters")
        return line.ljust(GUEST_COMMAND_LINE_LENGTH)

    def hypervisor_words(self, mode: Mode) -> str:
        words = [f"mode={mode.name}", f"mem={self.guest_mib}", *self.machine.frequency_words]
        return " ".join(words + switch_words.hypervisor_words(self.switches))

    def disk(self, workload: Workload) -> Path | None:
        """The disk image of a workload: one per size, never written to, kept beside the images."""
        return self.paths.build / f"bench/disk-{workload.disk_mib}m.img" if workload.disk_mib else None

    def initramfs(self, workload: Workload | None) -> Path:
        """What a boot's first file system is made of."""
        name = "programs" if workload and workload.needs_programs else "initramfs"
        return self.packed.path if self.packed else self._images()[name]

    def command(self, cell: Cell, logs: Path) -> list[str]:
        """The emulator's command line of one cell, whose serial lines go to files in 'logs'."""
        return self.machine.command(self._launch(cell.mode, cell.workload, logs))

    def prepare(self, cell: Cell, logs: Path) -> None:
        """Makes what the command line names, where the machine needs files of its own for each boot."""
        if self.machine.prepare:
            self.machine.prepare(self._launch(cell.mode, cell.workload, logs), self.paths.root)

    def remove_made(self, cell: Cell, logs: Path) -> None:
        """Removes the great ones of these files."""
        for path in self.machine.made(self._launch(cell.mode, cell.workload, logs)):
            (self.paths.root / path).unlink(missing_ok=True)

    def shell_command(self, logs: Path, gdb_port: int | None) -> list[str]:
        """The command line of an interactive machine in the plan's one mode."""
        launch = self._launch(self.modes[0], None, logs)
        return self.machine.command(replace(launch, interactive=True, gdb_port=gdb_port))

    def _launch(self, mode: Mode, workload: Workload | None, logs: Path) -> Launch:
        shown, images = self.paths.shown, self._images()
        disk = self.disk(workload) if workload else None
        return Launch(
            emulator=self.emulator, mode=mode, hv_core=shown(images["hv-core"]), guest=shown(images[self.guest.name]),
            initramfs=shown(self.initramfs(workload)),
            guest_words=self.guest_words(workload), hypervisor_words=self.hypervisor_words(mode),
            disk=shown(disk) if disk else None, console=Path(shown(logs / "console.txt")),
            records=Path(shown(logs / "records.txt")), foreign=self.guest.foreign,
            guest_mib=self.guest_mib, plugin_words=self._plugin_words(logs))

    def _plugin_words(self, logs: Path) -> tuple[str, ...]:
        """What counts page walks, where the run asks for it."""
        shown = self.paths.shown
        return tuple(plugin_words(self.tlb, shown(self.paths.build / PLUGIN),
                                  shown(logs / COUNTS_FILE))) if self.tlb else ()

    def check(self) -> None:
        """Refuses what cannot work before anything is started: no emulator, no images, unknown parameters."""
        for name, value in self.parameters.items():
            self._check_limits(name, value)
            if not any(name in workload.parameters for workload in self.workloads):
                known = sorted({known for workload in self.workloads for known in workload.parameters})
                raise UsageError(f"none of the workloads chosen has a parameter '{name}' "
                                 f"(theirs: {', '.join(known) or 'none'})")
        for workload in self.workloads:
            self.guest_words(workload)
        check_guest(self.guest, self.machine)
        if self.tlb and not self.machine.has_plugins:
            raise UsageError(f"page walks are counted in an emulator that takes plugins: not on {self.machine.name}")
        refuse_unsafe_path(self.paths.shown(self.paths.build))

    def _check_limits(self, name: str, value: str) -> None:
        """A number outside the limits that the manifest states would fail in the guest, a boot later."""
        for known in (workload.parameters[name] for workload in self.workloads if name in workload.parameters):
            low, high = (known.get("min"), known.get("max")) if isinstance(known, dict) else (None, None)
            if low is None or high is None:
                continue
            if not value.isdigit() or not int(low) <= int(value) <= int(high):
                raise UsageError(f"parameter {name} cannot be {value}: it is a number of {low} to {high}")

    def check_present(self) -> None:
        """CoopbenchError names the first thing that is not there: the emulator, an image, a program."""
        find_emulator(self.machine, self.emulator)
        for missing in self.machine.missing():
            raise CoopbenchError(f"machine {self.machine.name} needs {missing}: say 'make deps'")
        if self.tlb and not (self.paths.build / PLUGIN).is_file():
            raise CoopbenchError(f"the plugin {self.paths.shown(self.paths.build / PLUGIN)} is not built: say 'make'")
        for name, path in self.needed_images().items():
            if not path.is_file():
                maker = self.guest.made_by if name == self.guest.name else "make"
                raise CoopbenchError(f"the image {name} is not built ({self.paths.shown(path)} is missing): say "
                                     f"'{maker}'")

    def _images(self) -> dict[str, Path]:
        """The images of this guest, by name."""
        images = self.paths.images()
        del images["guest-coop"]
        return images | {self.guest.name: self.guest.image(self.paths)}

    def needed_images(self) -> dict[str, Path]:
        """The images that this run boots: the hypervisor's only where a mode stands on it."""
        images = self._images()
        if all(mode.native for mode in self.modes):
            del images["hv-core"]
        if not any(workload.needs_programs for workload in self.workloads):
            del images["programs"]
        return images


def find_emulator(machine: Machine, emulator: str) -> str:
    """The emulator's full path; CoopbenchError says which package has it."""
    found = shutil.which(emulator)
    if not found:
        raise CoopbenchError(f"the emulator {emulator} of machine {machine.name} is not there: "
                             f"say 'make deps' (Debian package {machine.package})")
    return found


def make_disk(path: Path, size_mib: int) -> None:
    """Makes a disk image with a fixed content: every sector holds its own number, over and over."""
    if path.is_file() and path.stat().st_size == size_mib << 20:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    with unfinished.open("wb") as file:
        for sector in range(size_mib << 11):
            file.write(sector.to_bytes(8, "little") * 64)
    unfinished.replace(path)
