# SPDX-License-Identifier: GPL-2.0-or-later
"""The computer that a clock's figures were measured on: what of it decides them, and what of it makes them doubtful."""
from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

_BUSY_LOAD = 0.5


def describe_computer(root: Path = Path("/")) -> dict[str, Any]:
    """What run.json keeps of it. 'root' is another one's files, for tests."""
    processors = _read(root / "proc/cpuinfo").split("\n\n")
    found = dict(map(str.strip, line.split(":", 1)) for line in processors[0].splitlines() if ":" in line)
    devices = root / "sys/devices/system/cpu"
    return {"cpu": found.get("model name", "unknown"), "mhz": found.get("cpu MHz", "unknown"),
            "microcode": found.get("microcode", "unknown"), "kernel": os.uname().release,
            "processors": sum("processor" in text for text in processors),
            "virtual": "hypervisor" in found.get("flags", "").split(),
            "steady_clock": {"constant_tsc", "nonstop_tsc"} <= set(found.get("flags", "").split()),
            "governor": _read(devices / "cpu0/cpufreq/scaling_governor") or "unknown",
            "turbo": _turbo(devices), "smt": _read(devices / "smt/control") or "unknown",
            "mitigations": _mitigations(devices / "vulnerabilities"),
            "clock": _read(root / "sys/devices/system/clocksource/clocksource0/current_clocksource") or "unknown",
            "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _turbo(devices: Path) -> str:
    """Whether the clock may run faster than it says: two drivers tell it in two ways."""
    never, may = _read(devices / "intel_pstate/no_turbo"), _read(devices / "cpufreq/boost")
    if never in ("0", "1"):
        return "off" if never == "1" else "on"
    return {"0": "off", "1": "on"}.get(may, "unknown")


def _mitigations(folder: Path) -> dict[str, str]:
    return {path.name: _read(path) for path in sorted(folder.glob("*"))} if folder.is_dir() else {}


def doubts_of(about: dict[str, Any]) -> list[str]:
    """What makes figures of this computer's clock doubtful, in clauses; what nobody knows is said, too."""
    rules = ((about.get("virtual"), "it is itself virtual: its own faults and switches contain what its hypervisor "
              "adds, and ratios to bare metal would differ"),
             (about.get("governor") not in (None, "performance", "unknown"),
              f"its governor is {about.get('governor')}, not performance: the clock rate moves"),
             (about.get("turbo") == "on", "its clock may run faster for a while (turbo on)"),
             (about.get("smt") in ("on", "forceon"), "two threads share a core (SMT on)"),
             (about.get("unequal_memory"), f"its kernels had unequal memories, {about.get('unequal_memory')} (mem= "
                                           "sets it)"),
             (about.get("steady_clock") is False, "its time-stamp counter is not said to be constant"),
             (float(about.get("load") or 0) > _BUSY_LOAD * int(about.get("processors") or 1),
              f"others were at work: load {about.get('load')} on {about.get('processors', 'unknown')} processors"))
    found = [text for doubtful, text in rules if doubtful]
    unknown = [name for name in ("governor", "turbo", "smt", "microcode") if about.get(name) == "unknown"]
    return found + ([f"nobody says its {', '.join(unknown)}"] if unknown else [])
