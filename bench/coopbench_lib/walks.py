# SPDX-License-Identifier: GPL-2.0-or-later
"""What silicon would charge for beside instructions and exits: table entries that page walks read, counted by a plugin
in the emulator (bench/plugin/README.md) behind a model of a CPU's TLBs. The TLBs are a choice, and stand in
run.json."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import RecordError, UsageError

if TYPE_CHECKING:
    from .records import Repetition

PLUGIN = "bench/plugin/libcoopwalk.so"
COUNTS_FILE = "walks.json"


@dataclass(frozen=True)
class Tlb:
    """The caches of a CPU, as words for the plugin, and where their sizes are from."""

    name: str
    words: str
    means: str


TLBS = (
    Tlb("zen", "l1i=64/64,l1d=64/64,l2i=512/8,l2d=1536/12,walk_cache=64,nested_cache=16",
        "AMD Zen: TLBs and page walk cache as AMD's Software Optimization Guide for family 17h has them; a nested TLB "
        "of 16 entries as in the CPU of ASPLOS 2008, since none is published for this one"),
    Tlb("zen-uncached", "l1i=64/64,l1d=64/64,l2i=512/8,l2d=1536/12",
        "the same TLBs with nothing that shortens a walk: the most that walks can cost"),
    Tlb("skylake", "l1i=128/8,l1d=64/4,l2=1536/12,walk_cache=32,nested_cache=16",
        "Intel Skylake: TLBs for 4 KiB pages as Intel's Optimization Reference Manual has them; walk caches, of "
        "unpublished size, assumed"),
    Tlb("barcelona", "l1i=48/48,l1d=48/48,l2i=512/4,l2d=512/4,walk_cache=24,nested_cache=16",
        "AMD family 10h, the CPU of ASPLOS 2008 (its table 2: a walk cache of 24 entries, a nested TLB of 16)"),
    Tlb("prescott", "l1i=64/64,l1d=64/64,tags=off",
        "Intel Pentium 4 (CPUID leaf 2): one level, no tags, every world switch flushes; no walk cache is published"),
)


def find_tlb(name: str) -> Tlb:
    """The TLBs of a name; UsageError tells which there are."""
    for tlb in TLBS:
        if tlb.name == name:
            return tlb
    raise UsageError(f"there are no TLBs called '{name}' (TLBs: {', '.join(tlb.name for tlb in TLBS)})")


def plugin_words(tlb: Tlb, plugin: str, counts: str) -> list[str]:
    """What loads the plugin into QEMU."""
    return ["-plugin", f"{plugin},out={counts},{tlb.words}"]


def take_walks(repetitions: list[Repetition], path: Path) -> None:
    """Puts the plugin's counts into the records: its n-th region is region n. RecordError where they do not fit, or are
    none: tables that do not explain an access, a control block that was mistaken for another."""
    try:
        counts = json.loads(path.read_text(encoding="utf-8"))
        regions = {region["region"]: region for region in counts["regions"]}
        wrong = counts["mistaken"] or counts["unpaired_markers"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError("the plugin in the emulator left no count of page walks") from error
    for repetition in repetitions:
        region = regions.get(repetition.region_number)
        if wrong or region is None or region["failed"]:
            raise RecordError(f"the count of page walks in region {repetition.region_number} is not to be trusted")
        repetition.raw["walks"] = {name: value for name, value in region.items() if name != "region"}


def walks_per_op(repetitions: list[Repetition], name: str) -> float | None:
    """One of the plugin's counts per operation; None where nobody counted."""
    counts: list[dict[str, Any]] = [repetition.raw.get("walks") for repetition in repetitions]
    if not all(counts):
        return None
    return sum(count[name] for count in counts) / sum(repetition.ops for repetition in repetitions)
