# SPDX-License-Identifier: GPL-2.0-or-later
"""Performance events by name: what a CPU model calls them, and the number that --set pmu= wants. libpfm4 knows both; a
small program (bench/pmu/pmu_names.c) asks it, since Debian has it as a C library only."""
from __future__ import annotations

import argparse
import subprocess
import textwrap
from pathlib import Path

from .errors import CoopbenchError, UsageError
from .paths import Paths
from .tables import WIDTH

PROGRAM = "bench/pmu/pmu_names"
MODELS = {"merom": "core", "nehalem": "nhm", "westmere": "wsm", "sandybridge": "snb", "ivybridge": "ivb",
          "haswell": "hsw", "broadwell": "bdw", "skylake": "skl", "cascadelake": "clx", "icelake": "icl",
          "barcelona": "amd64_fam10h_barcelona", "zen": "amd64_fam17h_zen1", "zen2": "amd64_fam17h_zen2",
          "zen3": "amd64_fam19h_zen3", "zen4": "amd64_fam19h_zen4"}
_SECONDS = 20


def add_pmu_command(commands, add) -> None:
    """Adds the sub-command; 'add' makes one from its name and its line of help."""
    pmu = add(commands, "pmu", "performance events by name, and their encodings for --set pmu=")
    pmu.add_argument("action", choices=("models", "list", "encode"),
                     help="CPU models; a model's events; the encodings of events, as --set pmu= wants them")
    pmu.add_argument("event", metavar="EVENT", nargs="*", help="events such as INST_RETIRED:ANY_P; with list, words to "
                                                               "look for")
    pmu.add_argument("--cpu", metavar="MODEL", default="skylake",
                     help=f"{', '.join(MODELS)}, or libpfm4's own name of another (default: %(default)s)")
    pmu.add_argument("--build", metavar="DIR", help="where the images are (default: build)")


def command_pmu(options: argparse.Namespace) -> int:
    """The list, or one line of encodings."""
    if options.action == "encode":
        if not options.event:
            raise UsageError("pmu encode wants the names of events ('pmu list' has them)")
        print(",".join(encode(options.paths, options.cpu, event) for event in options.event))
    elif options.action == "list":
        print(_list(_ask(options.paths, "list", MODELS.get(options.cpu, options.cpu)), options.event), end="")
    else:
        print(_models(_ask(options.paths, "models")), end="")
    return 0


def encode(paths: Paths, model: str, event: str) -> str:
    """The event's number for an event-select register; UsageError where there is no such event or model."""
    return _ask(paths, "encode", MODELS.get(model, model), event).strip()


def _ask(paths: Paths, *words: str) -> str:
    program: Path = paths.build / PROGRAM
    if not program.is_file():
        raise CoopbenchError(f"{paths.shown(program)} is not built: say 'make deps' and 'make'")
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise UsageError(done.stderr.strip().removeprefix("pmu_names: ") or "libpfm4 fails")
    return done.stdout


def _models(text: str) -> str:
    """libpfm4's models, our short names before them."""
    short = {theirs: ours for ours, theirs in MODELS.items()}
    lines = (line.split("\t") for line in text.splitlines())
    return "".join(f"{short.get(name, ''):<12} {name:<24} {count:>5} events  {does}\n" for name, count, does in lines)


def _list(text: str, words: list[str]) -> str:
    """Events whose name or description has every word."""
    found = []
    for line in text.splitlines():
        name, _, does = line.partition("\t")
        if all(word.lower() in line.lower() for word in words):
            found += [name, *textwrap.wrap(does, WIDTH - 4, initial_indent="    ", subsequent_indent="    ")]
    if not found:
        raise UsageError(f"no event has {' and '.join(words)} in its name or description")
    return "\n".join(found) + "\n"
