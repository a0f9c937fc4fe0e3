# SPDX-License-Identifier: GPL-2.0-or-later
"""One function for each sub-command. Data goes to standard output, talk to standard error.

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

from peers.peer import EMULATED_MACHINE

from . import doctor
from .arguments import parse
from .ask import ask, settle_modes
from .beside_linux import read_reasons, render_beside_linux
from .commands_import import command_import
from .commands_peers import command_peers, latest_of
from .commands_report import REPORT_COMMANDS
from .commands_ablation import command_ablation
from .commands_sweep import command_sweep
from .commands_trace import command_demo, command_trace
from .compare import compare, render_comparison
from .complaints import take_complaints
from .errors import CoopbenchError, UsageError
from .guests import GUESTS, find_guest
from .machines import MACHINES, Machine, find_machine
from .modes import DEFAULT_MODES, MODES, choose_modes, find_mode
from .paths import Paths, default_paths
from .peer_tables import is_of_peers, render_peers
from .plan import Plan
from .pmu import command_pmu
from .probe import settle
from .output import judge_outputs
from .own import build_own, read_own
from .program import Packed, entries_of_program, packed
from .progress import duration
from .provenance import git
from .reference import judge_by_reference, save_reference
from .results import Result, ResultFolder, read_result, read_run
from .rounds import read_sampling
from .session import Session, new_folder
from .shell import run_shell
from .side import render_side_by_side, unexplained
from .side_switches import differ_in_switches, render_switches
from .switches import parse_parameters, parse_switches
from .tables import WIDTH, columns, loss_lines, render_dearest, render_exits, render_table
from .walks import Tlb, find_tlb
from .walks_table import has_walks, render_walks
from .workloads import Workload, choose_workloads, only_quick, read_manifest

QUICK_RUNS = 2
# What the user gives of files, and run.json keeps.
_GIVEN = ("files", "stdin", "workload_dir")


def main(arguments: list[str] | None = None, paths: Paths | None = None) -> int:
    """Runs one sub-command and returns the exit status. 'paths' is another tree, for tests."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        options.paths = paths or default_paths(getattr(options, "build", None))
        take_complaints()
        status = _COMMANDS[options.command](options)
        sys.stdout.flush()
        complaints = take_complaints()
        for text in complaints:
            _fail(text, 1)
        return status or int(bool(complaints))
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


def command_doctor(options: argparse.Namespace) -> int:
    findings = doctor.examine(options.paths)
    print(doctor.render(findings), end="")
    return int(any(finding.needed and not finding.here for finding in findings))


def command_modes(options: argparse.Namespace) -> int:
    """The modes, or the points asked for, and what hv-core says of each on this machine."""
    modes = choose_modes(options.mode) if options.mode else list(MODES)
    machine, _ = _machine(options, {})
    parse_switches(options.switches)
    answers = ask(options.paths, machine, _emulator(options, machine), modes, len(os.sched_getaffinity(0)))
    lines = [(mode.name, mode.cpu or "-", mode.mmu or "-", mode.io or "-", "no" if answers[mode.name] else "yes",
              ", ".join(mode.aliases)) for mode in modes]
    print(columns(("mode", "cpu", "mmu", "io", f"on {machine.name}", "alias"), lines, left=6))
    width = max(14, max(len(mode.name) for mode in modes))
    for mode in modes:
        print(f"{mode.name:<{width}} {mode.stands_for}")
    refused = [wrapped for mode in modes if answers[mode.name]
               for wrapped in textwrap.wrap(f"{mode.name}: {answers[mode.name]}", WIDTH, subsequent_indent="    ")]
    print("\n".join(["", "Any other point is asked for by its triple, such as --mode vt/shadow/queue."]
                    + (["", *refused] if refused else [])))
    return 0


def command_workloads(options: argparse.Namespace) -> int:
    workloads = read_manifest(options.paths.manifest)
    if options.verbose:
        print("\n".join(_describe(workload) for workload in workloads), end="")
        return 0
    width = max(len(workload.name) for workload in workloads)
    for workload in workloads:
        mark = "*" if workload.default else " "
        does = textwrap.shorten(workload.does, WIDTH - width - 4, placeholder=" ...")
        print(f"{mark} {workload.name:<{width}}  {does}")
    print(f"\n{len(workloads)} workloads; * is in 'default'; --verbose tells the whole of each.")
    return 0


def _describe(workload: Workload) -> str:
    """One workload, completely."""
    facts = [("", workload.does), ("region: ", workload.region), ("also known as: ", workload.aka),
             ("code of one mode only: ", workload.mode_specific.replace("none", "")),
             ("needs: ", " and ".join([f"a disk of {workload.disk_mib} MiB"] * bool(workload.disk_mib)
                                      + ["programs of Debian's libraries"] * workload.needs_programs))]
    for name, known in workload.parameters.items():
        known = known if isinstance(known, dict) else {"default": known}
        facts.append((f"param {name}: ", f"{known.get('does', '')} (default {known.get('default')})"))
    words = [word for word in ("default", "quick") if getattr(workload, word)]
    lines = [f"{workload.name}  ({', '.join([f'{workload.ops:,} operations a repetition', *words])})"]
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
    plan = settle_modes(plan, bool(options.mode or folder))
    if plan.packed:
        plan.packed.make()
    folder = folder or _new_folder(options, plan)
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


def _new_folder_of(kind: str):
    """Where a result of another kind goes: --out, which must be empty, or a folder that is named after it."""
    def folder_of(options: argparse.Namespace, plan: Plan) -> Path:
        if options.out:
            folder = Path(os.path.abspath(options.out))
            ResultFolder(folder).create(can_go_on=kind == "sweep")
            return folder
        return new_folder(plan.paths.out, f"{kind}-{plan.machine.name}", git(plan.paths, "rev-parse", "--short=10",
                                                                             "HEAD"))
    return folder_of


def _new_folder(options: argparse.Namespace, plan: Plan) -> Path:
    if options.out:
        return Path(os.path.abspath(options.out))
    return new_folder(plan.paths.out, plan.machine.name, git(plan.paths, "rev-parse", "--short=10", "HEAD"))


def make_plan(options: argparse.Namespace, before: dict) -> Plan:
    """The plan that the options ask for; what they leave open is as in the run 'before' that is gone on with."""
    paths: Paths = options.paths
    machine, fallback = _machine(options, before)
    modes = choose_modes(options.mode or ",".join(before.get("modes", DEFAULT_MODES)))
    program = options.program or before.get("program", [])
    runs, warmup = options.runs or before.get("runs"), before.get("warmup")
    given = {name: os.path.abspath(value) for name in _GIVEN
             if (value := getattr(options, name, None) or before.get(name))}
    workloads = _workloads(options, program, before, given)
    plan = Plan(
        paths=paths, machine=machine, emulator=_emulator(options, machine), modes=modes,
        workloads=workloads, given=given,
        switches=parse_switches(options.switches, before.get("switches")),
        parameters=parse_parameters(options.parameters, before.get("params")),
        runs=runs or (QUICK_RUNS if options.quick else None),
        warmup=warmup if options.warmup is None else options.warmup, timeout_seconds=options.timeout,
        jobs=options.jobs, program=program, packed=_packed(paths, program, workloads, given),
        fallback=fallback or before.get("fallback", {}),
        guest=find_guest(options.guest or before.get("guest") or GUESTS[0].name), tlb=_tlb(options, before),
        sampling=None if options.command in ("trace", "demo") else read_sampling(machine.unit, options.until,
                                                                                 options.budget))
    plan.check()
    return plan


def _tlb(options: argparse.Namespace, before: dict) -> Tlb | None:
    """The TLBs behind which page walks are counted; None where they are not."""
    name = getattr(options, "walks", None) or before.get("walks", {}).get("tlb")
    return find_tlb(name) if name else None


def _machine(options: argparse.Namespace, before: dict) -> tuple[Machine, dict[str, str]]:
    """The machine to use; where it is not the one that was asked for, says so in one line, and why for run.json."""
    asked = find_machine(options.machine or before.get("machine") or MACHINES[0].name)
    measures = options.command in ("run", "trace", "demo", "sweep", "ablation") and not options.dry_run
    machine, reason = settle(asked, options.paths, _emulator(options, asked), boot=measures)
    if not reason:
        return machine, {}
    print(f"coopbench: {asked.name}: {reason}; falling back to {machine.name}", file=sys.stderr)
    return machine, {"asked": asked.name, "reason": reason}


def _packed(paths: Paths, program: list[str], workloads: list[Workload], given: dict[str, str]) -> Packed | None:
    """The initramfs with the user's own program, or workloads, in it; None where the common one will do."""
    files = {name: Path(path) for name, path in given.items()}
    if program:
        entries = entries_of_program(program, files.get("files"), files.get("stdin"))
    elif "workload_dir" in files:
        names = {workload.name for workload in read_own(files["workload_dir"], [])}
        own = [workload for workload in workloads if workload.name in names]
        entries = build_own(paths, files["workload_dir"], own)
    else:
        return None
    needs_programs = any(workload.needs_programs for workload in workloads)
    return packed(paths, paths.images()["programs" if needs_programs else "initramfs"], entries)


def _workloads(options: argparse.Namespace, program: list[str], before: dict, given: dict[str, str]) -> list[Workload]:
    """The workloads asked for; a program of the user's own is one that no manifest knows."""
    if program:
        return [Workload(f"program/{Path(program[0]).name}", program[0], 1)]
    known, chosen = read_manifest(options.paths.manifest), "default"
    if "workload_dir" in given:
        own = read_own(Path(given["workload_dir"]), known)
        known, chosen = known + own, ",".join(workload.name for workload in own)
    workloads = choose_workloads(known, options.workload or ",".join(before.get("workloads", [chosen])))
    return only_quick(workloads) if options.quick else workloads


def _emulator(options: argparse.Namespace, machine: Machine) -> str:
    """The emulator's name, or its absolute path: it is started in another folder than this one."""
    emulator = options.emulator or machine.emulator
    return os.path.abspath(emulator) if "/" in emulator else emulator


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
    lines, agree = judge_outputs(session.outcomes.values())
    print("\n".join(lines), end="\n" * bool(lines))
    sys.stdout.flush()
    bad = [outcome for outcome in session.outcomes.values() if outcome.bad]
    print(f"{len(session.outcomes)} boots in {duration(session.run['seconds'])}; the result is in {shown}",
          file=sys.stderr)
    if not bad:
        return 0 if agree else _fail("the program did not do the same in every mode", 1)
    return _fail(f"{len(bad)} of {len(session.outcomes)} boots failed (logs in {shown}/logs; "
                 f"try them again by: bench/coopbench run --resume --out {shlex.quote(shown)})", 1)


def _print_peers(result: Result, paths: Paths) -> None:
    """The table of peers; where their counts repeat, also whether they are the reference's."""
    print(render_peers([result]), end="")
    for line in judge_by_reference(result, paths.references) if result.run["unit"] == "instr" else ():
        print(textwrap.fill(line, WIDTH, subsequent_indent="    "))


def _print_table(result: Result, paths: Paths) -> None:
    print(render_table(result))
    if has_walks(result):
        print(render_walks(result))
    dearest = render_dearest(result)
    if dearest:
        print(dearest)
    for line in judge_by_reference(result, paths.references):
        print(textwrap.fill(line, WIDTH, subsequent_indent="    "))


def command_shell(options: argparse.Namespace) -> int:
    machine, _ = _machine(options, {})
    modes = choose_modes(options.mode)
    if len(modes) != 1:
        raise UsageError("a shell runs in one mode")
    if not machine.interactive:
        raise UsageError(f"there is no shell on {machine.name}: this emulator's serial lines go to files only "
                         f"(try --machine {MACHINES[0].name})")
    plan = Plan(options.paths, machine, _emulator(options, machine), modes, [], parse_switches(options.switches))
    return run_shell(plan, options.debug)


def _read_chosen(options: argparse.Namespace) -> Result:
    """The result that the command line names, or the latest."""
    if options.result:
        return read_result(options.result)
    latest = options.paths.out / "latest"
    if not latest.exists():
        raise UsageError("there is no result yet: 'coopbench run' makes one")
    return read_result(latest.resolve())


def _show_beside_linux(options: argparse.Namespace) -> int:
    """Our native rows beside Linux's. What is not named is the reference, and the latest of peers."""
    paths: Paths = options.paths
    chosen = dict(enumerate(options.result))
    peers = chosen.get(1) or latest_of(paths, EMULATED_MACHINE)
    if len(chosen) > 2 or not peers:
        raise UsageError("--beside-linux takes a result of ours and one of peers ('coopbench peers run' makes one)")
    ours = read_result(chosen.get(0) or paths.references / EMULATED_MACHINE)
    reasons = read_reasons(paths.root / "bench/peers/longer.json")
    print(render_beside_linux(ours, read_result(peers), reasons), end="")
    return 0


def command_table(options: argparse.Namespace) -> int:
    if options.beside_linux:
        return _show_beside_linux(options)
    if len(options.result) > 1:
        if options.save_reference:
            raise UsageError("--save-reference takes one result")
        results = [read_result(folder) for folder in options.result]
        if any(map(is_of_peers, results)):
            print(render_peers(results), end="")
            return 0
        if differ_in_switches(results):
            print(render_switches(results), end="")
            return 0
        return _show_side_by_side(results, options)
    options.result = options.result[0] if options.result else None
    result = _read_chosen(options)
    if options.save_reference:
        folder = save_reference(result, options.paths.references)
        print(f"{options.paths.shown(folder)} is now the reference of {result.run['machine']}", file=sys.stderr)
    if is_of_peers(result):
        _print_peers(result, options.paths)
        return 0
    _print_table(result, options.paths)
    return 0


def _show_side_by_side(results: list[Result], options: argparse.Namespace) -> int:
    """Several results in one mode. Status 1, where that was asked for, when an exit differs and nobody knows why."""
    mode = find_mode(options.mode)
    print(render_side_by_side(results, mode), end="")
    unknown = unexplained(results, mode) if options.fail_unexplained else []
    return _fail(f"no reason is known for these exits to differ: {'; '.join(unknown)}", 1) if unknown else 0


def command_exits(options: argparse.Namespace) -> int:
    """Exits by reason, of all modes and workloads or of some."""
    result = _read_chosen(options)
    mode = find_mode(options.mode).name if options.mode else None
    names = None
    if options.workload:
        chosen = choose_workloads(read_manifest(options.paths.manifest), options.workload)
        names = {workload.name for workload in chosen}
    rows = [row for row in result.exits if mode in (None, row.mode) and (names is None or row.workload in names)]
    if not rows:
        raise CoopbenchError(f"{options.paths.shown(result.folder)} holds no exits of that mode and workload")
    print(render_exits(rows, result.run["unit"]), end="")
    return 0


def command_compare(options: argparse.Namespace) -> int:
    """Two results of one machine row by row; of two machines side by side, mode after mode, since their units
    differ."""
    before, after = read_result(options.before), read_result(options.after)
    if before.run["machine"] != after.run["machine"]:
        return _compare_machines(before, after, options)
    comparison = compare(before, after)
    print(render_comparison(comparison) + _losses([before, after]), end="")
    worse = [] if options.fail_above is None else comparison.regressions(options.fail_above)
    if not worse:
        return 0
    return _fail(f"{len(worse)} rows are worse by more than {options.fail_above:g}%: {'; '.join(worse[:5])}", 1)


def _compare_machines(before: Result, after: Result, options: argparse.Namespace) -> int:
    if options.fail_above is not None:
        raise UsageError("--fail-above compares results of one machine; these are of two, whose units differ")
    common = {row.mode for row in before.rows} & {row.mode for row in after.rows}
    modes = [mode for mode in dict.fromkeys(row.mode for row in before.rows) if mode in common]
    if not modes:
        raise UsageError("these results of two machines have no mode in common")
    print("\n".join(render_side_by_side([before, after], find_mode(mode)) for mode in modes), end="")
    print(_losses([before, after]), end="")
    return 0


def _losses(results: list[Result]) -> str:
    """What of the records behind several results is damaged."""
    return "".join(f"{result.folder}: {line}\n" for result in results for line in loss_lines(result))


_COMMANDS = {"doctor": command_doctor, "modes": command_modes, "workloads": command_workloads, "run": command_run,
             "shell": command_shell, "table": command_table, "exits": command_exits, "compare": command_compare,
             "sweep": lambda options: command_sweep(options, make_plan, _new_folder_of("sweep")),
             "trace": lambda options: command_trace(options, make_plan, _new_folder_of("trace")),
             "ablation": lambda options: command_ablation(options, make_plan, _new_folder_of("ablation")),
             "demo": lambda options: command_demo(options, make_plan, _new_folder_of("demo")),
             "peers": command_peers, "pmu": command_pmu, "import": command_import, **REPORT_COMMANDS}
