# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of coopbench: its sub-commands and their options, and the one line that refuses a wrong one."""
from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn

from .commands_ablation import DEFAULT_WORKLOADS as ABLATION_WORKLOADS
from .commands_import import add_import_command
from .commands_peers import add_peers_command
from .commands_report import add_report_commands
from .commands_trace import DEFAULT_WORKLOAD as TRACED_WORKLOAD, DEMO_MODES
from .errors import UsageError
from .guests import GUESTS
from .machines import MACHINES
from .modes import DEFAULT_MODES
from .pmu import add_pmu_command
from .rounds import BUDGET_SECONDS, UNTIL_PERCENT
from .switches import SWITCHES
from .walks import TLBS
from .workloads import GROUP_WORDS

DEFAULT_TIMEOUT_SECONDS = 120


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists what there is)\n")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options, with 'command' naming the sub-command and 'program' the words after '--', if any."""
    program: list[str] = []
    if "--" in arguments:
        position = arguments.index("--")
        arguments, program = arguments[:position], arguments[position + 1:]
        if not program:
            raise UsageError("after -- a program is wanted: -- ./program arguments")
    options = make_parser().parse_args(arguments)
    options.arguments, options.program = arguments, program
    if not program and (getattr(options, "files", None) or getattr(options, "stdin", None)) and not options.resume:
        raise UsageError("--files and --stdin are for a program after --")
    if program and (options.command != "run" or options.workload):
        raise UsageError("a program after -- belongs to 'run', and stands in place of --workload")
    return options


def make_parser() -> argparse.ArgumentParser:
    """The sub-commands and their options."""
    parser = Parser(prog="coopbench", description="Measures what each way of virtualizing a machine costs.",
                    epilog="Results are explained in bench/README.md, records in bench/RECORDS.md.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    _add(commands, "doctor", "what a run needs, and what of it is here")
    modes = _add(commands, "modes", "the ways of virtualizing, as points on three axes, and which of them can run here")
    modes.add_argument("--mode", metavar="A,B", help="these modes or points only")
    _add_machine(modes)
    listing = _add(commands, "workloads", "what can be measured")
    listing.add_argument("--verbose", "-v", action="store_true", help="with region, parameters and other names")
    _add_run(_add(commands, "run", "measure workloads in modes and print the table"))
    _add_sweep(_add(commands, "sweep", "the same over values of switches and parameters: tables and plots"))
    _add_trace(_add(commands, "trace", "every crossing of one operation, mode beside mode, as CSV and as a timeline"))
    _add_ablation(_add(commands, "ablation", "every point of the three axes, and which axis a saving comes from"))
    _add_demo(_add(commands, "demo", "one fork, natively and in three modes: what happens in it, and the timeline"))
    _add_shell(_add(commands, "shell", "an interactive shell in the guest, left by Ctrl-A X"))
    table = _add(commands, "table", "the comparison table of a result; of several, their machines side by side")
    table.add_argument("result", metavar="RESULT", type=Path, nargs="*",
                       help="result folders (default: out/latest); several stand side by side, machines in one mode, "
                            "one machine's switches in all modes")
    table.add_argument("--mode", metavar="M", default="full-nested",
                       help="the mode in which several stand side by side (default: %(default)s)")
    table.add_argument("--save-reference", action="store_true", help="make this result the reference of its machine")
    table.add_argument("--beside-linux", action="store_true",
                       help="our kernel beside Linux, natively, as Markdown; RESULT: ours and peers' (default: the "
                       "reference, and the latest of 'peers run')")
    table.add_argument("--fail-unexplained", action="store_true",
                       help="exit with status 1 when machines differ in an exit for no known reason")
    exits = _add(commands, "exits", "the exits of a result by reason, with what they cost")
    _add_result(exits)
    exits.add_argument("--mode", metavar="M", help="of this mode only")
    exits.add_argument("--workload", metavar="W", help="of these workloads only")
    _add_compare(_add(commands, "compare", "two results: of one machine row by row, of two side by side"))
    add_import_command(commands, _add)
    add_pmu_command(commands, _add)
    add_peers_command(commands, _add, _positive, _count)
    add_report_commands(commands, _add)
    return parser


def _add(commands, name: str, text: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")


def _add_result(command: argparse.ArgumentParser) -> None:
    command.add_argument("result", metavar="RESULT", type=Path, nargs="?",
                         help="a result folder (default: out/latest)")


def _add_machine(command: argparse.ArgumentParser) -> None:
    """What decides which computer is started, and with what."""
    command.add_argument("--machine", metavar="M",
                         help=f"one of: {', '.join(machine.name for machine in MACHINES)} (the first is the default)")
    command.add_argument("--set", metavar="SWITCH=VALUE", action="append", dest="switches",
                         help=f"set a switch: {', '.join(switch.name for switch in SWITCHES)}")
    command.add_argument("--emulator", metavar="PROGRAM", help="another build of the machine's emulator")
    command.add_argument("--build", metavar="DIR", help="where the images are (default: build)")


def _add_run(run: argparse.ArgumentParser) -> None:
    run.usage = """coopbench run [-h] [--machine M] [--set SWITCH=VALUE] [--emulator PROGRAM] [--build DIR]
                     [--guest G] [--mode A,B] [--workload X,Y] [--workload-dir DIR] [--quick]
                     [--param NAME=VALUE] [-w N] [-r N] [-j N] [--until PERCENT] [--budget SECONDS]
                     [--walks [TLB]] [--timeout SECONDS] [--out DIR] [--resume] [--dry-run]
                     [[--files DIR] [--stdin FILE] -- ./program arguments]"""
    _add_machine(run)
    _add_measurement(run)
    run.add_argument("--workload", metavar="X,Y", help="workloads, groups such as 'latency/', or one of "
                     f"{', '.join(GROUP_WORDS)} (the first is the default)")
    run.add_argument("--workload-dir", metavar="DIR", type=Path,
                     help="a folder of workloads of your own: manifest.json and a C file for each (bench/workloads/"
                     "README.md shows one); without --workload all of them are measured")
    run.add_argument("--files", metavar="DIR", type=Path, help="files for the program after --, which works in a copy "
                     "of this folder")
    run.add_argument("--stdin", metavar="FILE", type=Path,
                     help="what the program after -- reads (default: nothing)")
    run.add_argument("--quick", action="store_true",
                     help="of these workloads only those that are marked quick, with 2 repetitions")
    _add_parameters(run)
    run.add_argument("-r", "--runs", metavar="N", type=_positive,
                     help="measured repetitions (default: the workload's own)")
    add_sampling(run)
    run.add_argument("--walks", metavar="TLB", nargs="?", const=TLBS[0].name,
                     help="count the table entries that page walks read, behind the TLBs of one of: "
                     f"{', '.join(tlb.name for tlb in TLBS)} (the first without a name)")
    run.add_argument("--resume", action="store_true", help="go on with the result in --out (default: out/latest)")
    run.add_argument("--dry-run", action="store_true",
                     help="print the emulators' command lines and start nothing")


def add_sampling(command: argparse.ArgumentParser) -> None:
    """When to stop repeating where repetitions vary."""
    command.add_argument("--until", metavar="PERCENT", type=_percent,
                         help="on a machine with a clock: repeat until the 95%% interval of the median is so wide "
                         f"(default: {UNTIL_PERCENT:g})")
    command.add_argument("--budget", metavar="SECONDS", type=_positive,
                         help=f"and begin nothing more after so long (default: {BUDGET_SECONDS})")


def _add_measurement(command: argparse.ArgumentParser, modes: tuple[str, ...] | None = DEFAULT_MODES,
                     kind: str = "") -> None:
    """What all commands that boot workloads have in common; 'modes' are the default, None where nobody chooses; a
    result of another kind than a run's has the kind in its folder's name."""
    command.add_argument("--guest", metavar="G", help="the kernel that runs the programs, one of: "
                         f"{', '.join(guest.name for guest in GUESTS)} (the first is the default)")
    if modes:
        command.add_argument("--mode", metavar="A,B",
                             help=f"modes, or triples cpu/mmu/io (default: {','.join(modes)})")
    command.add_argument("-w", "--warmup", metavar="N", type=_count,
                         help="warm-up repetitions (default: the workload's own)")
    command.add_argument("-j", "--jobs", metavar="N", type=_positive, default=len(os.sched_getaffinity(0)),
                         help="emulators at a time (default: one per CPU, %(default)s here)")
    command.add_argument("--timeout", metavar="SECONDS", type=_positive, default=DEFAULT_TIMEOUT_SECONDS,
                         help="kill a boot that takes longer (default: %(default)s)")
    command.add_argument("--out", metavar="DIR", type=Path,
                         help=f"result folder (default: out/<date>-{kind}<machine>-<commit>)")
    command.set_defaults(until=None, budget=None, runs=None, quick=False, dry_run=False, resume=False, workload=None,
                         parameters=None)


def _add_parameters(command: argparse.ArgumentParser) -> None:
    command.add_argument("--param", metavar="NAME=VALUE", action="append", dest="parameters",
                         help="set a parameter of the workloads that have it")


def _add_trace(trace: argparse.ArgumentParser) -> None:
    _add_machine(trace)
    _add_measurement(trace, kind="trace-")
    trace.add_argument("--workload", metavar="W", help="the workload, of which one operation is traced (default: "
                       f"{TRACED_WORKLOAD})")
    _add_parameters(trace)


def _add_sweep(sweep: argparse.ArgumentParser) -> None:
    _add_machine(sweep)
    _add_measurement(sweep, kind="sweep-")
    sweep.add_argument("--preset", metavar="NAME", help="a sweep that has a name; 'list' lists them")
    sweep.add_argument("--workload", metavar="X,Y", help="workloads, or groups such as 'latency/'")
    sweep.add_argument("--param", metavar="NAME=V1,V2", action="append", dest="parameters",
                       help="values of a parameter; --set takes several values likewise")
    sweep.add_argument("-r", "--runs", metavar="N", type=_positive,
                       help="measured repetitions (default: the workload's own)")
    sweep.add_argument("--resume", action="store_true", help="go on with the sweep in --out")
    sweep.add_argument("--dry-run", action="store_true", help="print the emulators' command lines and start nothing")


def _add_ablation(ablation: argparse.ArgumentParser) -> None:
    _add_machine(ablation)
    _add_measurement(ablation, None, kind="ablation-")
    ablation.add_argument("--workload", metavar="X,Y", help="workloads, or groups such as 'latency/' (default: "
                          f"{ABLATION_WORKLOADS.replace(',', ', ')})")
    _add_parameters(ablation)
    ablation.add_argument("-r", "--runs", metavar="N", type=_positive,
                          help="measured repetitions (default: the workload's own)")
    ablation.add_argument("--from", metavar="M", dest="start",
                          help="the mode that is compared with (default: full-shadow)")
    ablation.add_argument("--to", metavar="M", dest="end", help="the mode whose saving is taken apart (default: coop)")


def _add_demo(demo: argparse.ArgumentParser) -> None:
    _add_machine(demo)
    _add_measurement(demo, ("native", *DEMO_MODES), kind="demo-")


def _add_shell(shell: argparse.ArgumentParser) -> None:
    _add_machine(shell)
    shell.add_argument("--mode", metavar="M", default="full-nested", help="the guest's mode (default: %(default)s)")
    shell.add_argument("--debug", action="store_true", help="stop at the first instruction until gdb is attached")


def _add_compare(command: argparse.ArgumentParser) -> None:
    command.add_argument("before", metavar="BEFORE", type=Path, help="a result folder, or a reference in results/")
    command.add_argument("after", metavar="AFTER", type=Path, help="the one that is compared with it")
    command.add_argument("--fail-above", metavar="PERCENT", type=_percent,
                         help="exit with status 1 when a row became dearer by more than this")


def _number(text: str, lowest: int) -> int:
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) < 1 << 31:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of {lowest} or more")
    return int(text)


def _count(text: str) -> int:
    return _number(text, 0)


def _positive(text: str) -> int:
    return _number(text, 1)


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no percentage of 0 or more")
    return value
