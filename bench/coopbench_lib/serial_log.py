# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody captured from the serial line of a computer, cut into boots, and everything that makes a capture no
measurement.

A capture holds what firmware, GRUB and terminals write too, and one boot behind the other. A serial line loses bytes
where nobody takes them in time, and a capture may begin or end in the middle of a boot: what is told here is refused,
with its file and line.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .controls import complain_about_controls
from .errors import CoopbenchError, RecordError, UsageError
from .modes import Mode, find_mode
from .outcome import GOOD_STOPS, told_all
from .records import PREFIX, Boot, Repetition, join, parse

_LIMIT_BYTES = 64 << 20
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\r\0]")
_NATIVE = "native"


@dataclass
class LoggedBoot:
    """The records of one boot, and where its first one stands."""

    path: Path
    line: int
    boot: Boot = field(default_factory=Boot)

    @property
    def where(self) -> str:
        return f"{self.path}, the boot from line {self.line} on"

    @property
    def mode(self) -> Mode:
        """What the lowest of its kernels says it is."""
        machine = self.boot.first("machine")
        try:
            return find_mode(str(machine.get("mode")) if machine else _NATIVE)
        except UsageError as error:
            raise UsageError(f"{self.where}: {error}") from error

    @property
    def workloads(self) -> list[str]:
        """Those that it measured, or could not."""
        return list(dict.fromkeys(str(line.get("workload")) for line in self.boot.lines
                                  if line["type"] in ("repetition", "skip")))

    def repetitions(self, workload: str) -> list[Repetition]:
        """Those of one workload, with their regions; UsageError: they are no measurement, or some of them were lost."""
        lines = [line for line in self.boot.lines if line["type"] != "repetition" or line.get("workload") == workload]
        try:
            found = join(Boot(lines), workload, hypervised=not self.mode.native)
        except RecordError as error:
            raise UsageError(f"{self.where}: {error}") from error
        for kind, of_kind in (("warm-ups", True), ("repetitions", False)):
            numbers = [repetition.index for repetition in found if repetition.warmup == of_kind]
            if numbers != list(range(len(numbers))):
                raise UsageError(f"{self.where}: its {kind} of {workload} are {' '.join(map(str, numbers))}: lines are "
                                 "lost")
        return found


def read_boots(path: Path) -> list[LoggedBoot]:
    """Every boot of a capture; UsageError says what in it is damaged, cut off, or of no boot."""
    try:
        with path.open("rb") as file:
            text = file.read(_LIMIT_BYTES + 1)
    except OSError as error:
        raise CoopbenchError(f"{path}: {error.strerror}") from error
    if len(text) > _LIMIT_BYTES:
        raise UsageError(f"{path} is longer than {_LIMIT_BYTES >> 20} MiB: no capture of a serial line")
    boots: list[LoggedBoot] = []
    for number, line in enumerate(text.decode("utf-8", "replace").split("\n"), 1):
        begin = line.find(PREFIX)
        if begin >= 0:
            _take(boots, path, number, _ESCAPES.sub("", line[begin:]))
    if not boots:
        raise UsageError(f"{path} holds no record ('{PREFIX.strip()} ...'): the wrong file, or the wrong serial line")
    for boot in boots:
        _check(boot)
    return boots


def _take(boots: list[LoggedBoot], path: Path, number: int, line: str) -> None:
    """Adds one record to the boot that it is of."""
    parsed = parse(line)
    if parsed.broken or line.count(PREFIX) > 1:
        raise UsageError(f"{path}: line {number} is a damaged record: {line[:60].strip()}")
    record = parsed.lines[0]
    if not boots or _begins(boots[-1].boot, record):
        boots.append(LoggedBoot(path, number))
    boots[-1].boot.lines.append(record)


def _begins(before: Boot, record: dict) -> bool:
    """Whether a record is the first of another boot: the one before is over, or it is a hypervisor's own, or that of a
    kernel that has none below it."""
    has_hypervisor = before.first("machine") is not None
    if before.lines[-1]["type"] == "end" and (before.first("stop") is not None or not has_hypervisor):
        return True
    return record["type"] == "machine" or record["type"] == "guest" and (record.get("mode") == _NATIVE
                                                                         or not has_hypervisor)


def _check(logged: LoggedBoot) -> None:
    """UsageError: the boot's story is not whole, or not of one machine in one mode."""
    boot, mode = logged.boot, logged.mode
    bad = [str(line.get("reason")) for line in boot.lines if line["type"] == "error"
           or line["type"] == "end" and line.get("status") != "ok"
           or line["type"] == "stop" and line.get("reason") not in GOOD_STOPS]
    if bad and logged.workloads:
        return
    if bad:
        raise UsageError(f"{logged.where}: it failed before it measured anything: {bad[0]}")
    if not (boot.first("guest") or boot.first("machine")):
        raise UsageError(f"{logged.where}: its beginning is not in the capture")
    if not told_all(mode, boot):
        raise UsageError(f"{logged.where}: it does not come to its end")
    for record in boot.all("controls"):
        wrong = complain_about_controls(record, mode.cpu, mode.mmu)
        if wrong:
            raise UsageError(f"{logged.where}: {wrong}")
    if not mode.native and not boot.all("controls"):
        raise UsageError(f"{logged.where}: the hypervisor's control words are not in it")
    regions = {line.get("region") for line in boot.all("region")} - {line.get("region")
                                                                     for line in boot.all("repetition")}
    if regions:
        raise UsageError(f"{logged.where}: region {min(regions)} has no repetition: lines are lost")
    if not logged.workloads:
        raise UsageError(f"{logged.where}: it measured nothing (its kernel is told what to measure by "
                         "bench=GROUP/NAME)")
