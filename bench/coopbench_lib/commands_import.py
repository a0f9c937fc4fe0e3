# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench import': a result out of captures of a serial line."""
from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .errors import UsageError
from .import_log import SAID, Import, import_logs
from .outcome import FAILED
from .results import ResultFolder
from .session import new_folder
from .tables import render_table
from .workloads import read_manifest

MACHINE = "hardware"


def add_import_command(commands, add) -> None:
    """Adds the sub-command; 'add' makes one from its name and its line of help."""
    command = add(commands, "import", "a result out of what a computer's serial line said, of boots made by hand")
    command.add_argument("log", metavar="LOG", type=Path, nargs="+", help="captures, each of one boot or of several")
    command.add_argument("--out", metavar="DIR", type=Path, help="result folder (default: out/<date>-<machine>)")
    command.add_argument("--machine", metavar="NAME", default=MACHINE,
                         help="what to call the computer (default: %(default)s)")
    command.add_argument("--about", metavar="NAME=VALUE", action="append", default=[],
                         help=f"what the records do not say of it: {', '.join(SAID)}")


def command_import(options: argparse.Namespace) -> int:
    """Writes the result, and prints its table. Status 1 when a boot failed."""
    folder = Path(os.path.abspath(options.out)) if options.out else new_folder(options.paths.out, options.machine, None)
    wanted = Import(options.log, options.machine, dict(map(_said, options.about)), options.arguments)
    result = import_logs(wanted, read_manifest(options.paths.manifest), ResultFolder(folder))
    print(render_table(result))
    print(f"{result.run['boots']} boots; the result is in {options.paths.shown(folder)}", file=sys.stderr)
    failed = sum(row.status == FAILED for row in result.rows)
    if failed:
        print(f"coopbench: {failed} of {len(result.rows)} rows failed: a boot of theirs did", file=sys.stderr)
    return int(bool(failed))


def _said(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if name not in SAID or not equals or not value.strip() or not value.isprintable():
        raise UsageError(f"--about {word}: write it as NAME=VALUE (names: {', '.join(SAID)})")
    return name, value.strip()
