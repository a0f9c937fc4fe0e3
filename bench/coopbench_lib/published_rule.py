# SPDX-License-Identifier: GPL-2.0-or-later
"""How the figures of one publication may be put beside ours: papers/NAME/rule.json, written from the publication.

What holds for every paper was fixed before any figure, and stands in published.py; a rule says what is a paper's own:
what its ratios are to, on which of our machines and with which switches, which of its settings count, and where it says
that the hypervisor is entered.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import CoopbenchError

NONE, SOME = "none", "some"
# An operation enters the hypervisor when it does so more often than now and then.
_NOW_AND_THEN = 0.5


@dataclass(frozen=True)
class Rule:
    """One paper's. Without a file there is no more than the common rule, and ratios are to native."""

    why: str = ""
    machine: str = "qemu-svm"
    base_configurations: tuple[str, ...] = ()
    base_mode: str = ""
    walks: str = ""
    settings: tuple[str, ...] | None = None
    switches: dict[str, dict[str, str]] = field(default_factory=dict)
    speed_up_in: tuple[str, ...] = ()
    mechanism: dict[str, dict[str, str]] = field(default_factory=dict)
    mechanism_from: str = ""
    mechanism_only: tuple[str, ...] = ()
    misses: dict[str, str] = field(default_factory=dict)

    def is_base(self, figure: dict[str, str]) -> bool:
        """Whether others are compared with this figure."""
        if self.base_configurations:
            return figure["configuration"] in self.base_configurations
        return figure["mode"] == "native"

    def counts(self, figure: dict[str, str]) -> bool:
        return self.settings is None or figure["setting"] in self.settings

    def switches_of(self, configuration: str) -> dict[str, str]:
        return self.switches.get(configuration, {})

    def crossing(self, workload: str, mode: str, exits: float | None) -> bool | None:
        """Whether the hypervisor is entered where the paper says so; None where it says nothing."""
        said = self.mechanism.get(workload, {}).get(mode)
        return None if said is None or exits is None else (exits >= _NOW_AND_THEN) == (said == SOME)


def read_rule(folder: Path) -> Rule:
    """CoopbenchError says what is wrong with it."""
    path = folder / "rule.json"
    if not path.exists():
        return Rule()
    try:
        words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(words[name])
                 for name in ("base_configurations", "settings", "speed_up_in", "mechanism_only")
                 if name in words}
        rule = Rule(**(words | lists))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CoopbenchError(f"{path}: {error}") from error
    if any(said not in (NONE, SOME) for modes in rule.mechanism.values() for said in modes.values()):
        raise CoopbenchError(f"{path}: a mechanism is '{NONE}' or '{SOME}'")
    return rule
