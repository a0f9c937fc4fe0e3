# SPDX-License-Identifier: GPL-2.0-or-later
"""The switches that stand beside the axes (--set NAME=VALUE), and the parameters of workloads (--param NAME=VALUE)."""
from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import UsageError


@dataclass(frozen=True)
class Switch:
    """One switch: who is told its value ('guest', 'hypervisor', or both in words of their own), by which word, and
    what values it takes. Who is told nothing takes the default."""

    name: str
    told: str
    word: str
    default: str
    pattern: str
    does: str
    is_always_said: bool = False


SWITCHES = (
    Switch("tick", "guest", "tick", "10000000", r"[0-9]{1,12}",
           "TSC units between two periodic timer interrupts of the guest; 0 is a tickless guest", is_always_said=True),
    Switch("memory", "both", "mem", "256", r"6[4-9]|[7-9][0-9]|[1-9][0-9]{2,4}",
           "the guest's memory in MiB, in every mode"),
    Switch("batch", "hypervisor", "batch_limit", "2048", r"[1-9][0-9]{0,2}|1[0-9]{3}|20[0-3][0-9]|204[0-8]",
           "page-table operations that one hypercall carries out, 1 to 2,048, where page tables are direct"),
    Switch("cr3cache", "hypervisor", "cr3cache", "4", r"[0-4]",
           "base pointers that the guest loads without an exit, 0 to 4, on VT-x where page tables are direct"),
    Switch("cluster", "hypervisor", "cluster", "0", r"[0-9]|[1-5][0-9]|6[0-4]",
           "instructions that one exit may carry out behind the one that exited, 0 to 64, where another exit is "
           "expected among them"),
    Switch("unsync", "hypervisor", "unsync", "1", r"[01]",
           "whether last-level tables may be written without a trap for a while, where page tables are shadowed"),
    Switch("eoi", "hypervisor", "eoi", "1", r"[01]",
           "whether an event needs no hypercall at its end, where devices are queues"),
    Switch("clock", "hypervisor", "clock", "1", r"[01]",
           "whether the guest reads its clock from memory and not by hypercall, where devices are queues"),
    Switch("poll", "hypervisor", "poll", "0", r"[0-9]{1,8}",
           "TSC units for which an idle guest looks for events before it halts, where devices are queues; 0 is off"),
    Switch("lazy", "guest", "lazy", "0", r"[01]",
           "whether FPU state changes with the process (0), or at the next process's first use of it (1)"),
    Switch("around", "guest", "around", "1", r"1|2|4|8|16",
           "pages of a file in memory that one page fault of the guest maps, 1 to 16: fewer faults, more entries"),
    Switch("touched", "hypervisor", "touched", "0", r"[01]",
           "whether the nested pages are counted that a region uses, where page tables are nested"),
    Switch("pmu", "hypervisor", "pmu", "0", r"0|0x[0-9a-f]{1,10}(,0x[0-9a-f]{1,10}){0,3}",
           "encodings of performance events, as 'coopbench pmu encode' prints them, counted for guest and hypervisor; "
           "0 is off"),
    Switch("trace", "hypervisor", "trace", "0", r"[0-9]{1,7}",
           "crossings of a region that the hypervisor keeps and writes down, at most 1,048,576; 0 is off"),
)

_WORD = re.compile(r"[A-Za-z0-9_.+:/-]{1,64}")


def defaults() -> dict[str, str]:
    """Every switch with its default value."""
    return {switch.name: switch.default for switch in SWITCHES}


def guest_words(values: dict[str, str]) -> list[str]:
    """What the guest kernel is told."""
    return [f"{switch.word}={values[switch.name]}" for switch in SWITCHES
            if switch.told == "guest" and _is_said(switch, values)]


def hypervisor_words(values: dict[str, str]) -> list[str]:
    """What the hypervisor is told, where it is not the default."""
    return [f"{switch.word}={values[switch.name]}" for switch in SWITCHES
            if switch.told == "hypervisor" and _is_said(switch, values)]


def _is_said(switch: Switch, values: dict[str, str]) -> bool:
    return switch.is_always_said or values[switch.name] != switch.default


def recorded(values: dict[str, str]) -> dict[str, str]:
    """What a result says of its switches: the tick, and whatever is not at its default. A switch that comes
    later, with what was always done as its default, leaves earlier results comparable."""
    return {switch.name: values[switch.name] for switch in SWITCHES if _is_said(switch, values)}


def parse_switches(words: list[str] | None, before: dict[str, str] | None = None) -> dict[str, str]:
    """All switches with the values that the words NAME=VALUE give them; without a word, those of 'before'."""
    chosen = defaults()
    if words is None:
        return chosen | (before or {})
    known = {switch.name: switch for switch in SWITCHES}
    for word in words:
        name, value = _split(word, "--set")
        if name not in known:
            raise UsageError(f"there is no switch '{name}' (switches: {', '.join(known)})")
        if not re.fullmatch(known[name].pattern, value):
            raise UsageError(f"switch {name} cannot be '{value}': {known[name].does}")
        chosen[name] = value
    return chosen


def parse_parameters(words: list[str] | None, before: dict[str, str] | None = None) -> dict[str, str]:
    """The parameters that the words NAME=VALUE give, or those of 'before'; plan.py asks if a workload knows them."""
    if words is None:
        return dict(before or {})
    parameters = {}
    for word in words:
        name, value = _split(word, "--param")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) or not _WORD.fullmatch(value):
            raise UsageError(f"--param {word}: NAME is a lower-case word, VALUE has no blanks or commas")
        parameters[name] = value
    return parameters


def _split(word: str, option: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals or not name or not value:
        raise UsageError(f"{option} {word}: write it as NAME=VALUE")
    return name, value
