# SPDX-License-Identifier: GPL-2.0-or-later
"""The sub-commands that make something to read or to cite out of results: options and functions."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from . import published, technology
from .cite import render_citation
from .claims import judge, needed, read_claims, render_markdown, render_verdicts
from .commands_peers import find_peers, peer_results
from .errors import CoopbenchError, Stopped, UsageError
from .export import FORMATS, export
from .extras import read_extra, read_timeline
from .machines import MACHINES
from .model import CPUS, WALK, Cost, Model, calibrate, exit_cost_plots, explainer, find_cpu, read_cost, render_model
from .model_order import render_orders
from .model_plane import plane_plots
from .papers import new_paper, read_papers, render_papers
from .paths import Paths
from .peer_tables import is_of_peers
from .plots import draw
from .published_views import render_agreement, render_published
from .report import check_unit, make_report
from .results import Result, read_result
from .walks_table import has_walks
from .workloads import read_manifest

ALL = "all"
# Results that were measured for one publication, with switches or on a machine of its own.
REPRODUCED = "reproduce-"
REPRODUCTIONS = {"techcomparison": technology.NAME}
MODEL_CPU = "sandybridge"


def add_report_commands(commands, add) -> None:
    """Adds the sub-commands; 'add' makes one from its name and its line of help."""
    report = add(commands, "report", "a page with tables and plots of results, and the same as Markdown, CSV and LaTeX")
    report.add_argument("result", metavar="RESULT", type=Path, nargs="*",
                        help="result folders, and folders of sweeps, traces and ablations (default: out/latest, or "
                             "what is in results/)")
    report.add_argument("--out", metavar="DIR", type=Path,
                        help="where it goes (default: RESULT/report; out/report for several, or for a reference)")
    exported = add(commands, "export", "the rows of a result for other programs and for papers")
    _add_result(exported)
    exported.add_argument("--format", choices=FORMATS, default="csv", help="of the rows (default: %(default)s)")
    _add_reproduce(add(commands, "reproduce", "a published comparison again, beside what was measured here"))
    papers = add(commands, "papers", "the publications whose figures are kept in papers/")
    papers.add_argument("action", choices=("list", "check", "new"),
                        help="list them, check every figure's form and provenance, or begin a new one")
    papers.add_argument("name", metavar="NAME", nargs="?", help="the folder of a new one")
    _add_model(add(commands, "model", "what the counts would be in cycles: a model, with its sources and its errors"))
    _add_result(add(commands, "cite", "a result as BibTeX and as a paragraph on methods"))
    claims = add(commands, "claims", "which of the claims in ARTIFACT.md a result bears out")
    claims.add_argument("result", metavar="RESULT", type=Path, nargs="?",
                        help="a result that has their rows (default: they are measured now, on qemu-svm)")
    claims.add_argument("--markdown", action="store_true", help="print the table of ARTIFACT.md instead")


def _add_reproduce(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME",
                         help=f"{', '.join(REPRODUCTIONS)}, a publication with figures ('coopbench papers list'), or "
                              f"'{ALL}': how far each of them agrees")
    command.add_argument("result", metavar="RESULT", type=Path, nargs="*",
                         help="result folders (default: out/latest and what is in results/)")
    command.add_argument("--format", choices=("text", "md", "csv"), default="text",
                         help="of the table (default: %(default)s)")


def _add_model(command: argparse.ArgumentParser) -> None:
    _add_result(command)
    command.add_argument("--cpu", metavar="C", default=MODEL_CPU,
                         help=f"one of: {', '.join(cpu.name for cpu in CPUS)} (default: %(default)s)")
    command.add_argument("--cpi", metavar="X", type=_cpi, default=1.0,
                         help="cycles per instruction (default: %(default)s)")
    command.add_argument("--walk-cost", metavar="X", type=_walk_cycles,
                         help="cycles that a page walk's reference costs, of a result with walks (default: as "
                              "published)")
    command.add_argument("--out", metavar="DIR", type=Path,
                         help="where plots over the cost of an exit, and of a walk reference, go (default: none are "
                              "drawn)")


def _cpi(text: str) -> float:
    return _cycles(text, "cycles per instruction")


def _walk_cycles(text: str) -> float:
    return _cycles(text, "cycles a reference")


def _cycles(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of {what}")
    return value


def _add_result(command: argparse.ArgumentParser) -> None:
    command.add_argument("result", metavar="RESULT", type=Path, nargs="?",
                         help="a result folder (default: out/latest, or what is in results/)")


def find_results(paths: Paths) -> list[Path]:
    """out/latest, or else every reference; UsageError when there is neither."""
    latest = paths.out / "latest"
    if latest.exists():
        return [latest.resolve()]
    references = [path for path in find_references(paths) if not path.name.startswith(REPRODUCED)]
    if not references:
        raise UsageError("there is no result yet: 'coopbench run' makes one")
    return references


def find_references(paths: Paths) -> list[Path]:
    """What is in results/ of our modes, the default machine's first, what was measured for one publication last."""
    references = sorted(path.parent for path in paths.references.glob("*/run.json")
                        if not path.parent.name.startswith(("peers-", "sweep-"))
                        and (path.parent / "table.csv").exists())
    return sorted(references, key=lambda path: (path.name.startswith(REPRODUCED), path.name != MACHINES[0].name))


def find_sweeps(paths: Paths) -> list[Path]:
    """The sweeps that are kept beside the references."""
    return sorted(path.parent for path in paths.references.glob("*/sweep.md"))


def read_one(options: argparse.Namespace) -> Result:
    """The result that the command line names, or the latest, or the only reference."""
    folders = [options.result] if options.result else find_results(options.paths)
    if len(folders) > 1:
        raise UsageError(f"which result? {' '.join(options.paths.shown(folder) for folder in folders)}")
    return _ours(read_result(folders[0]))


def _ours(result: Result) -> Result:
    """UsageError: it is of peers, or of mixed units."""
    if is_of_peers(result):
        raise UsageError(f"{result.folder} is of peers: 'coopbench table' and 'coopbench report' show it, beside a "
                         "result of ours too")
    check_unit(result)
    return result


def command_report(options: argparse.Namespace) -> int:
    """Writes the report, and prints where the page is."""
    paths: Paths = options.paths
    folders = options.result or find_results(paths) + find_peers(paths) + find_sweeps(paths)
    folders = [Path(os.path.abspath(folder)) for folder in folders]
    extras = [extra for number, place in enumerate(folders, 1) if (extra := read_extra(place, number))]
    results = [read_result(place) for place in folders if (place / "run.json").exists() or not read_extra(place, 0)]
    if not results:
        raise UsageError("a report needs a result beside its sweeps and traces")
    if not options.result:
        extras += read_timeline(paths.references, len(folders) + 1)
    folder = Path(os.path.abspath(options.out)) if options.out else _report_folder(paths, results)
    note = make_report(results, read_manifest(paths.manifest), folder, extras)
    if note:
        print(f"coopbench: {note}", file=sys.stderr)
    print(paths.shown(folder / "index.html"))
    return 0


def _report_folder(paths: Paths, results: list[Result]) -> Path:
    """Beside the tables of the one result; references are committed, and nothing is written into them."""
    if len(results) == 1 and not results[0].folder.resolve().is_relative_to(paths.references.resolve()):
        return results[0].folder / "report"
    return paths.out / "report"


def command_export(options: argparse.Namespace) -> int:
    print(export(read_one(options), options.format), end="")
    return 0


def command_cite(options: argparse.Namespace) -> int:
    print(render_citation(read_one(options)), end="")
    return 0


def command_reproduce(options: argparse.Namespace) -> int:
    """A publication's figures beside ours, all publications in a table, or the table of systems with two columns
    more."""
    papers, name = options.paths.root / "papers", options.name
    if name in REPRODUCTIONS:
        result = _first(options)
        lines = technology.make_lines(papers / REPRODUCTIONS[name], result, peer_results(options.paths),
                                      explainer(papers, result))
        print(technology.render(lines, result, options.format), end="")
        return 0
    results = [_ours(read_result(folder)) for folder in options.result or find_all(options.paths)]
    if name == ALL:
        print(render_agreement(papers, results), end="")
        return 0
    if name not in published.names(papers):
        raise UsageError(f"there is nothing to reproduce called '{name}' (there is: "
                         f"{', '.join([*REPRODUCTIONS, *published.names(papers), ALL])})")
    print(render_published(papers / name, results), end="")
    return 0


def _first(options: argparse.Namespace) -> Result | None:
    """The one result that the table of systems is filled from; None where there is none yet."""
    if len(options.result) > 1:
        raise UsageError("the table of systems takes one result; what there is of peers is found")
    if options.result:
        return _ours(read_result(options.result[0]))
    found = find_all(options.paths)
    return _ours(read_result(found[0])) if found else None


def find_all(paths: Paths) -> list[Path]:
    """The latest result and the references behind it, the default machine's first."""
    latest = paths.out / "latest"
    found = [latest.resolve()] if (latest / "table.csv").exists() else []
    return found + find_references(paths)


def command_model(options: argparse.Namespace) -> int:
    """Modelled cycles, their sources, and how far they are from what was published."""
    result, papers, cpu = read_one(options), options.paths.root / "papers", find_cpu(options.cpu)
    if result.run["unit"] != "instr":
        raise UsageError(f"this result is in {result.run['unit']}: the model is for counts of instructions")
    model = Model(cpu, read_cost(papers, cpu.exit), read_cost(papers, cpu.ring), options.cpi,
                  _walk_cost(options, result))
    print(render_model(result, model, papers, calibrate(papers, result)), end="")
    print("\n" + render_orders(result, model), end="")
    if options.out:
        folder = Path(os.path.abspath(options.out))
        for name in draw(exit_cost_plots(result, model) + plane_plots(result, model), folder):
            print(options.paths.shown(folder / f"{name}.svg"))
    return 0


def _walk_cost(options: argparse.Namespace, result: Result) -> Cost:
    """What a walk's reference costs: nothing where the run counted none."""
    if not has_walks(result):
        if options.walk_cost is not None:
            raise UsageError("this result has no count of page walks: 'run --walks' takes one")
        return Cost(0, "")
    published_cost = read_cost(options.paths.root / "papers", WALK)
    return published_cost if options.walk_cost is None else Cost(options.walk_cost, "--walk-cost")


def command_papers(options: argparse.Namespace) -> int:
    """Lists the publications, or checks them: one line for each thing that is wrong, status 1 when there is any."""
    if (options.action == "new") != bool(options.name):
        raise UsageError("papers new NAME begins a publication; list and check take no name")
    if options.action == "new":
        folder = new_paper(options.paths.root / "papers", options.name)
        print(f"{options.paths.shown(folder)}: fill in citation.json and figures.csv, then: bench/coopbench papers "
              "check")
        return 0
    names = {workload.name for workload in read_manifest(options.paths.manifest)}
    papers = read_papers(options.paths.root / "papers", names)
    if options.action == "list":
        print(render_papers(papers), end="")
        return 0
    wrong = [f"papers/{paper.name}: {text}" for paper in papers for text in paper.wrong]
    print("".join(f"{line}\n" for line in wrong)
          + f"{len(papers)} publications, {sum(paper.figures for paper in papers)} figures, {len(wrong)} wrong")
    return int(bool(wrong))


def command_claims(options: argparse.Namespace) -> int:
    """Status 1 when a claim does not hold."""
    claims = read_claims(options.paths.root / "bench" / "claims.json")
    if options.markdown:
        print(render_markdown(claims), end="")
        return 0
    folder = options.result or _measure_claims(options, needed(claims))
    result = _ours(read_result(folder))
    if result.run["unit"] != "instr":
        raise UsageError(f"this result is in {result.run['unit']}: the claims are of counts of instructions")
    verdicts = judge(claims, result)
    print(render_verdicts(verdicts), end="")
    return int(not all(verdict.passed for verdict in verdicts))


def _measure_claims(options: argparse.Namespace, words: tuple[str, str]) -> Path:
    """Runs what the claims need, in a coopbench of its own, whose table is talk here."""
    folder = options.paths.root / "out" / f"claims-{os.getpid()}"
    command = [sys.executable, str(options.paths.root / "bench" / "coopbench"), "run", "--mode", words[0], "--workload",
               words[1], "--out", str(folder)]
    with subprocess.Popen(command, stdout=sys.stderr) as measuring:
        try:
            status = measuring.wait()
        except KeyboardInterrupt:  # the other one was stopped too, and says so
            status = measuring.wait()
    if status == Stopped.status:
        raise SystemExit(status)
    if status:
        raise CoopbenchError("the claims could not be measured (see above)")
    return folder


REPORT_COMMANDS = {"claims": command_claims, "report": command_report, "export": command_export, "cite": command_cite,
                   "reproduce": command_reproduce, "model": command_model, "papers": command_papers}
