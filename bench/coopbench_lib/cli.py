# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: one function for each sub-command. Data goes to standard output, talk to standard error.

Exit status: 0 all well; 1 something failed, or a regression; 2 wrong usage, or results that cannot be compared;
130 stopped by the user.
"""
from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

from . import doctor
from .compare import compare, render_comparison
from .errors import CoopbenchError, UsageError
from .machines import MACHINES, find_machine
from .modes import MODES, choose_modes, find_mode, implemented_names
from .paths import Paths, default_paths
from .plan import Plan
from .progress import duration
from .provenance import git
from .reference import judge_by_reference, save_reference
from .results import Result, ResultFolder, read_result, read_run
from .session import Session, new_folder
from .switches import SWITCHES, parse_parameters, parse_switches
from .tables import WIDTH, columns, render_dearest, render_exits, render_table
from .workloads import GROUP_WORDS, Workload, choose_workloads, read_manifest

DEFAULT_TIMEOUT_SECONDS = 120


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists what there is)\n")


def main(arguments: list[str] | None = None, paths: Paths | None = None) -> int:
    """Runs one sub-command and returns the exit status. 'paths' is another tree, for tests."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = make_parser().parse_args(arguments)
    options.arguments = arguments
    options.paths = paths or default_paths(getattr(options, "build", None))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return options.function(options)
    except CoopbenchError as error:
        return _fail(str(error), error.status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        name = f"{error.filename}: " if error.filename else "cannot write: "
        return _fail(f"{name}{error.strerror}", 1)
    except KeyboardInterrupt:
        return _fail("stopped", 130)


def _fail(text: str, status: int) -> int:
    print(f"coopbench: {' '.join(text.split())}", file=sys.stderr)
    return status


def make_parser() -> argparse.ArgumentParser:
    """The sub-commands and their options."""
    parser = Parser(prog="coopbench", description="Measures what each way of virtualizing a machine costs.",
                    epilog="Results are explained in bench/README.md, records in bench/RECORDS.md.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(commands, "doctor", command_doctor, "what a run needs, and what of it is here")
    _add(commands, "modes", command_modes, "the ways of virtualizing, as points on three axes")
    listing = _add(commands, "workloads", command_workloads, "what can be measured")
    listing.add_argument("--verbose", "-v", action="store_true", help="with region, parameters and other names")
    _add_run(commands)
    table = _add(commands, "table", command_table, "the comparison table of a result")
    _add_result(table)
    table.add_argument("--save-reference", action="store_true", help="make this result the reference of its machine")
    exits = _add(commands, "exits", command_exits, "the exits of a result by reason, with what they cost")
    _add_result(exits)
    exits.add_argument("--mode", metavar="M", help="of this mode only")
    exits.add_argument("--workload", metavar="W", help="of these workloads only")
    comparison = _add(commands, "compare", command_compare, "two results of one machine, row by row")
    comparison.add_argument("before", metavar="BEFORE", type=Path)
    comparison.add_argument("after", metavar="AFTER", type=Path)
    comparison.add_argument("--fail-above", metavar="PERCENT", type=_percent,
                            help="exit with status 1 when a row became dearer by more than this")
    return parser


def _add(commands, name: str, function, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(function=function)
    return command


def _add_result(command: argparse.ArgumentParser) -> None:
    command.add_argument("result", metavar="RESULT", type=Path, nargs="?", help="a result folder (default: out/latest)")


def _add_run(commands) -> None:
    run = _add(commands, "run", command_run, "measure workloads in modes and print the table")
    run.add_argument("--machine", metavar="M", help=f"one of: {', '.join(machine.name for machine in MACHINES)} (the default)")
    run.add_argument("--mode", metavar="A,B", help=f"modes or triples cpu/mmu/io (default: {','.join(implemented_names())})")
    run.add_argument("--workload", metavar="X,Y",
                     help=f"workloads, groups as 'latency/', or one of {', '.join(GROUP_WORDS)} (the first is the default)")
    run.add_argument("--set", metavar="SWITCH=VALUE", action="append", dest="switches",
                     help=f"set a switch: {', '.join(switch.name for switch in SWITCHES)}")
    run.add_argument("--param", metavar="NAME=VALUE", action="append", dest="parameters",
                     help="set a parameter of the workloads that have it")
    run.add_argument("-w", "--warmup", metavar="N", type=_count, help="warm-up repetitions (default: the workload's own)")
    run.add_argument("-r", "--runs", metavar="N", type=_positive, help="measured repetitions (default: the workload's own)")
    run.add_argument("-j", "--jobs", metavar="N", type=_positive, default=len(os.sched_getaffinity(0)),
                     help="emulators at a time (default: one per CPU, %(default)s here)")
    run.add_argument("--timeout", metavar="SECONDS", type=_positive, default=DEFAULT_TIMEOUT_SECONDS,
                     help="kill a boot that takes longer (default: %(default)s)")
    run.add_argument("--out", metavar="DIR", type=Path, help="result folder (default: out/<date>-<machine>-<commit>)")
    run.add_argument("--resume", action="store_true", help="go on with the result in --out (default: out/latest)")
    run.add_argument("--dry-run", action="store_true", help="print the emulators' command lines and start nothing")
    run.add_argument("--emulator", metavar="PROGRAM", help="another build of the machine's emulator")
    run.add_argument("--build", metavar="DIR", help="where the images are (default: build)")


def _number(text: str, lowest: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < lowest:
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


def command_doctor(options: argparse.Namespace) -> int:
    findings = doctor.examine(options.paths)
    print(doctor.render(findings), end="")
    return int(any(finding.needed and not finding.here for finding in findings))


def command_modes(_: argparse.Namespace) -> int:
    lines = [(mode.name, mode.cpu or "-", mode.mmu or "-", mode.io or "-", "yes" if mode.implemented else "no",
              ", ".join(mode.aliases)) for mode in MODES]
    print(columns(("mode", "cpu", "mmu", "io", "in this build", "alias"), lines, left=6))
    for mode in MODES:
        print(f"{mode.name:<14} {mode.stands_for}")
    return 0


def command_workloads(options: argparse.Namespace) -> int:
    workloads = read_manifest(options.paths.manifest)
    if options.verbose:
        print("\n".join(_describe(workload) for workload in workloads), end="")
        return 0
    width = max(len(workload.name) for workload in workloads)
    for workload in workloads:
        mark = "*" if workload.default else " "
        print(f"{mark} {workload.name:<{width}}  {textwrap.shorten(workload.does, WIDTH - width - 4, placeholder=' ...')}")
    print(f"\n{len(workloads)} workloads; * is in 'default'; --verbose tells the whole of each.")
    return 0


def _describe(workload: Workload) -> str:
    """One workload, completely."""
    facts = [("", workload.does), ("region: ", workload.region), ("also known as: ", workload.aka),
             ("needs: ", f"a disk of {workload.disk_mib} MiB" if workload.disk_mib else "")]
    facts += [(f"param {name}: ", f"{known.get('does', '')} (default {known.get('default')})"
               if isinstance(known, dict) else f"default {known}") for name, known in workload.parameters.items()]
    words = [word for word in ("default", "quick") if getattr(workload, word)]
    lines = [f"{workload.name}  ({workload.ops:,} operations a repetition{', ' if words else ''}{', '.join(words)})"]
    for head, text in facts:
        if text:
            lines += textwrap.wrap(head + text, WIDTH, initial_indent="    ", subsequent_indent="        ")
    return "\n".join(lines) + "\n"


def command_run(options: argparse.Namespace) -> int:
    """Measures, streams the rows, prints the table. Status 1 when any boot failed."""
    folder = _resumed_folder(options) if options.resume else None
    plan = make_plan(options, read_run(folder) if folder else {})
    if options.dry_run:
        return _dry_run(plan, folder or options.out)
    plan.check_present()
    folder = folder or (Path(os.path.abspath(options.out)) if options.out else
                        new_folder(plan.paths.out, plan.machine.name, git(plan.paths, "rev-parse", "--short=10", "HEAD")))
    session = Session(plan, ResultFolder(folder), options.arguments)
    session.take_up(options.resume)
    try:
        session.execute()
    except KeyboardInterrupt:
        return _say_stopped(session)
    return _say_result(session)


def _resumed_folder(options: argparse.Namespace) -> Path:
    """The folder of --resume, as it is really called."""
    folder = options.out or options.paths.out / "latest"
    if not (folder / "run.json").is_file():
        raise UsageError(f"there is nothing to go on with in {folder}")
    return folder.resolve()


def make_plan(options: argparse.Namespace, before: dict) -> Plan:
    """The plan that the options ask for; what they leave open is as in the run 'before' that is gone on with."""
    paths: Paths = options.paths
    manifest = read_manifest(paths.manifest)
    machine = find_machine(options.machine or before.get("machine") or MACHINES[0].name)
    modes = choose_modes(options.mode or ",".join(before.get("modes", implemented_names())))
    workloads = choose_workloads(manifest, options.workload or ",".join(before.get("workloads", ["default"])))
    switches = parse_switches(options.switches or [f"{name}={value}" for name, value in before.get("switches", {}).items()])
    parameters = parse_parameters(options.parameters or [f"{name}={value}" for name, value in before.get("params", {}).items()])
    emulator = options.emulator or machine.emulator
    plan = Plan(paths, machine, os.path.abspath(emulator) if "/" in emulator else emulator, modes, workloads, switches,
                parameters, options.runs or before.get("runs"),
                before.get("warmup") if options.warmup is None else options.warmup, options.timeout, options.jobs)
    plan.check()
    return plan


def _dry_run(plan: Plan, out: Path | None) -> int:
    """The plan as command lines that a shell takes."""
    logs = (out or plan.paths.out / "DIR") / "logs"
    cells = plan.cells()
    for cell in cells:
        print(f"# {cell.workload.name} in {cell.mode.name}: {plan.warmup_of(cell.workload)} warm-up and "
              f"{plan.runs_of(cell.workload)} measured repetitions, at most {plan.timeout_of(cell.workload)} s")
        print(shlex.join(plan.command(cell, logs / cell.folder_name)))
    print(f"{len(cells)} boots, {plan.jobs} at a time; run in {plan.paths.root}", file=sys.stderr)
    return 0


def _say_stopped(session: Session) -> int:
    shown = session.plan.paths.shown(session.folder.folder)
    done, total = len(session.outcomes), len(session.cells)
    return _fail(f"stopped: {done} of {total} boots are in {shown}; go on with: "
                 f"bench/coopbench run --resume --out {shlex.quote(shown)}", 130)


def _say_result(session: Session) -> int:
    """The table on standard output; failures and the place of the result on standard error."""
    result, paths = session.result(), session.plan.paths
    shown = paths.shown(result.folder)
    _print_table(result, paths)
    bad = [outcome for outcome in session.outcomes.values() if outcome.bad]
    print(f"{len(session.outcomes)} boots in {duration(session.run['seconds'])}; the result is in {shown}", file=sys.stderr)
    if not bad:
        return 0
    return _fail(f"{len(bad)} of {len(session.outcomes)} boots failed (logs in {shown}/logs; "
                 f"try them again by: bench/coopbench run --resume --out {shlex.quote(shown)})", 1)


def _print_table(result: Result, paths: Paths) -> None:
    print(render_table(result))
    dearest = render_dearest(result)
    if dearest:
        print(dearest)
    for line in judge_by_reference(result, paths.references):
        print(line)


def _read_chosen(options: argparse.Namespace) -> Result:
    """The result that the command line names, or the latest."""
    if options.result:
        return read_result(options.result)
    latest = options.paths.out / "latest"
    if not latest.exists():
        raise UsageError("there is no result yet: 'coopbench run' makes one")
    return read_result(latest.resolve())


def command_table(options: argparse.Namespace) -> int:
    result = _read_chosen(options)
    if options.save_reference:
        folder = save_reference(result, options.paths.references)
        print(f"{options.paths.shown(folder)} is now the reference of {result.run['machine']}", file=sys.stderr)
    _print_table(result, options.paths)
    return 0


def command_exits(options: argparse.Namespace) -> int:
    """Exits by reason, of all modes and workloads or of some."""
    result = _read_chosen(options)
    mode = find_mode(options.mode).name if options.mode else None
    names = None
    if options.workload:
        names = {workload.name for workload in choose_workloads(read_manifest(options.paths.manifest), options.workload)}
    rows = [row for row in result.exits if mode in (None, row.mode) and (names is None or row.workload in names)]
    if not rows:
        raise CoopbenchError(f"{options.paths.shown(result.folder)} holds no exits of that mode and workload")
    print(render_exits(rows, result.run["unit"]), end="")
    return 0


def command_compare(options: argparse.Namespace) -> int:
    comparison = compare(read_result(options.before), read_result(options.after))
    print(render_comparison(comparison), end="")
    if options.fail_above is None:
        return 0
    worse = comparison.regressions(options.fail_above)
    return _fail(f"{len(worse)} rows are worse by more than {options.fail_above:g}%: {'; '.join(worse[:5])}", 1) if worse else 0
