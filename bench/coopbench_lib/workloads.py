# SPDX-License-Identifier: GPL-2.0-or-later
"""The workloads that bench/workloads/manifest.json lists, and how a user chooses among them."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import CoopbenchError, UsageError

GROUP_WORDS = ("default", "all")
DISK_MIB = 16


@dataclass(frozen=True)
class Workload:
    """One row of the manifest. 'ops' is the default number of operations in one repetition; 'disk_mib' is 0 where no
    disk is needed; with 'needs_programs' it boots with the initramfs that has other people's programs in it."""

    name: str
    program: str
    ops: int
    does: str = ""
    region: str = ""
    aka: str = ""
    default: bool = False
    quick: bool = False
    disk_mib: int = 0
    needs_programs: bool = False
    runs: int | None = None
    warmup: int | None = None
    timeout_seconds: int | None = None
    mode_specific: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]


def read_manifest(path: Path) -> list[Workload]:
    """The workloads in the manifest's order; CoopbenchError names what is wrong with it."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CoopbenchError(f"cannot read the list of workloads {path}: {error.strerror}") from error
    except ValueError as error:
        raise CoopbenchError(f"the list of workloads {path} is not valid JSON: {error}") from error
    if isinstance(entries, dict):
        entries = [entries] if "name" in entries else entries.get("workloads")
    if not isinstance(entries, list) or not entries:
        raise CoopbenchError(f"the list of workloads {path} is no list, or an empty one")
    workloads = [_read_entry(entry, number, path) for number, entry in enumerate(entries, 1)]
    names = [workload.name for workload in workloads]
    for name in names:
        if names.count(name) > 1:
            raise CoopbenchError(f"{path}: workload {name} stands in it twice")
    return workloads


def _read_entry(entry: Any, number: int, path: Path) -> Workload:
    """One entry of the manifest, checked field by field."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or entry["name"].count("/") != 1:
        raise CoopbenchError(f"{path}: entry {number} has no name of the form group/name")
    try:
        return Workload(
            name=entry["name"], program=str(entry.get("program", entry["name"])), ops=int(entry.get("ops", 1)),
            does=str(entry.get("does", "")), region=str(entry.get("region", "")), aka=_aka(entry.get("aka", "")),
            default=bool(entry.get("default", False)), quick=bool(entry.get("quick", False)),
            disk_mib=_disk_mib(entry), needs_programs="programs" in (entry.get("needs") or []),
            runs=_optional_int(entry.get("runs")),
            warmup=_optional_int(entry.get("warmup")), timeout_seconds=_optional_int(entry.get("timeout")),
            parameters=dict(entry.get("params") or {}), mode_specific=str(entry.get("mode_specific", "")))
    except (TypeError, ValueError) as error:
        raise CoopbenchError(f"{path}: workload {entry['name']}: {error}") from error


def _optional_int(value: Any) -> int | None:
    return None if value is None else int(value)


def _aka(value: Any) -> str:
    return "; ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _disk_mib(entry: dict[str, Any]) -> int:
    """The size of the disk in MiB: from "disk": MiB (or true), or "disk" among "needs"."""
    disk = entry.get("disk", "disk" in (entry.get("needs") or []))
    return DISK_MIB if disk is True else int(disk)


def choose_workloads(workloads: list[Workload], text: str) -> list[Workload]:
    """The workloads of a comma-separated list of names, groups ('latency/'), 'default', 'all', each once."""
    chosen: list[Workload] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        for workload in _match(workloads, word):
            if workload not in chosen:
                chosen.append(workload)
    if not chosen:
        raise UsageError("--workload names no workload ('coopbench workloads' lists them)")
    return chosen


def _match(workloads: list[Workload], word: str) -> list[Workload]:
    if word == "all":
        return workloads
    if word == "default":
        found = [workload for workload in workloads if workload.default]
    elif word.endswith("/"):
        found = [workload for workload in workloads if workload.group == word[:-1]]
    else:
        found = [workload for workload in workloads if workload.name == word]
    if not found:
        groups = sorted({workload.group + "/" for workload in workloads})
        raise UsageError(f"there is no workload '{word}' (groups: {' '.join(groups)}; or: {' '.join(GROUP_WORDS)}; "
                         "'coopbench workloads' lists all)")
    return found


def only_quick(workloads: list[Workload]) -> list[Workload]:
    """Those that are marked quick; UsageError when none is."""
    quick = [workload for workload in workloads if workload.quick]
    if not quick:
        raise UsageError("none of these workloads is marked quick")
    return quick
