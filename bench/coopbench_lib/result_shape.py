# SPDX-License-Identifier: GPL-2.0-or-later
"""What a result's parts have to be for its readers, so that a damaged one is refused in one line where it is read."""
from __future__ import annotations

import math
from typing import Any

from .outcome import OK
from .summary import Row

_NAMES = ("machine", "unit", "run_id")
_WORDS = ("cpu_model",)
_TABLES_OF_WORDS = ("emulator", "switches", "params", "programs", "fallback", "walks", "packages", "skipped", "logs")
_TABLES = ("images", "peers", "shown_active", "features", "environment", "sampling")
_TABLES_OF_TABLES = ("images", "peers", "shown_active", "features")
_LISTS_OF_WORDS = ("modes", "workloads", "arguments", "program")
_NEEDED = (*_NAMES, *_WORDS, "emulator")
# What a table has where it has anything.
_HAS = {"walks": ("tlb",), "fallback": ("asked", "reason"),
        "sampling": ("order", "until_percent", "budget_seconds", "most_starts")}
_HAS_EACH = {"images": ("sha256",), "peers": ("does", "besides")}


def lacking_names(run: dict[str, Any]) -> list[str]:
    """Those of the names that every result has, which this one has not, or not as text."""
    return [name for name in _NAMES if not isinstance(run.get(name), str)]


def damaged_parts(run: dict[str, Any]) -> list[str]:
    """The parts of run.json that are not what they should be. One that may be missing is damaged where it is null."""
    known = {name: isinstance(run[name], str) for name in _WORDS if name in run}
    known |= {name: _is_words(run[name].values() if isinstance(run[name], dict) else None)
              for name in _TABLES_OF_WORDS if name in run}
    known |= {name: isinstance(run[name], dict) for name in _TABLES if name in run}
    known |= {name: _is_words(run[name] if isinstance(run[name], list) else None) for name in _LISTS_OF_WORDS
              if name in run}
    if "outcomes" in run:
        known["outcomes"] = isinstance(run["outcomes"], list) and all(map(_is_outcome, run["outcomes"]))
    for name in _TABLES_OF_TABLES:
        if known.get(name):
            known[name] = all(isinstance(part, dict) and _has(part, _HAS_EACH.get(name, ()))
                              for part in run[name].values())
    if known.get("images"):
        known["images"] = all(isinstance(image["sha256"], str) for image in run["images"].values())
    for name, words in _HAS.items():
        if known.get(name) and run[name]:
            known[name] = _has(run[name], words)
    return [name for name in _NEEDED if name not in run] + [name for name, is_right in known.items() if not is_right]


def _is_words(values: Any) -> bool:
    return values is not None and all(value is None or isinstance(value, (str, int, float)) for value in values)


def _has(table: dict[str, Any], names: tuple[str, ...]) -> bool:
    return all(table.get(name) is not None for name in names)


def _is_outcome(outcome: Any) -> bool:
    return (isinstance(outcome, dict)
            and all(isinstance(outcome.get(name), str) for name in ("mode", "workload", "status"))
            and isinstance(outcome.get("command", []), list) and isinstance(outcome.get("records", 0), int))


def check_row(row: Row, run: dict[str, Any]) -> None:
    """ValueError: a row that is ok has no figure, or it has walks and the run does not say behind which TLBs."""
    if row.status == OK and None in (row.value, row.low, row.high, row.ops):
        raise ValueError(f"table.csv: {row.mode} {row.workload} is {OK} and has no value")
    if (row.walk_references_per_op is None) != (row.walks_per_op is None):
        raise ValueError(f"table.csv: {row.mode} {row.workload} has page walks or their references, and not both")
    if row.walk_references_per_op is not None and not run.get("walks"):
        raise ValueError(f"table.csv: {row.mode} {row.workload} has page walks, and run.json none")


def has_changed_tree(run: dict[str, Any]) -> bool:
    """Whether what was measured is in no commit. Nobody knows it of a capture: then it is null, and not said."""
    return run.get("tree_clean", False) is False


def to_number(text: str) -> float:
    """A cell of numbers. ValueError: it is none, or not a finite one."""
    value = int(text) if text.lstrip("-").isdigit() else float(text)
    if not math.isfinite(value):
        raise ValueError(f"'{text}' is no number that was measured")
    return value
