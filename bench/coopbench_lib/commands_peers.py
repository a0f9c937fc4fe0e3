# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench peers': other people's systems on the same programs. 'list' says which can be started, 'run' measures."""
from __future__ import annotations

import argparse
import os
import shlex
import sys
import textwrap
from pathlib import Path

from peers import PEERS, Peer, Setup
from peers.peer import EMULATED_MACHINE, HOST

from .errors import CoopbenchError, Stopped, UsageError
from .paths import Paths
from .peer_session import PeerSession
from .peer_tables import render_peers
from .provenance import git
from .results import ResultFolder, read_result
from .rounds import BUDGET_SECONDS, UNTIL_PERCENT, read_sampling
from .session import new_folder
from .tables import WIDTH
from .workloads import choose_workloads, read_manifest

# What the rule of the table of twenty systems asks for, and faults.
DEFAULT_WORKLOADS = ("latency/null_call,latency/read,latency/write,latency/stat,latency/open_close,"
                     "latency/signal_install,latency/signal_handle,latency/pipe,latency/fork,latency/exec,"
                     "latency/page_fault,latency/page_fault_anonymous")
DEFAULT_TIMEOUT_SECONDS = 900


def add_peers_command(commands, add, positive, count) -> None:
    """Adds the sub-command; 'positive' and 'count' read its numbers."""
    peers = add(commands, "peers", "systems of other people on the same programs: Linux, Xen, KVM, UML, containers")
    peers.add_argument("action", choices=("list", "run"), help="which there are and can be started here; or measure")
    peers.add_argument("--machine", metavar="M", choices=(EMULATED_MACHINE, HOST),
                       help=f"all peers on the emulated machine ({EMULATED_MACHINE}, in instructions; the default), or "
                       f"on this computer ({HOST}, in steps of its clock)")
    peers.add_argument("--peer", metavar="A,B", help="these only, of one machine")
    peers.add_argument("--workload", metavar="X,Y", default=DEFAULT_WORKLOADS,
                       help="workloads, or groups such as 'latency/' (default: those of the table of 20 systems, "
                       "and faults)")
    peers.add_argument("-r", "--runs", metavar="N", type=positive,
                       help="measured repetitions of a start (default: 5)")
    peers.add_argument("-w", "--warmup", metavar="N", type=count, help="warm-up repetitions (default: 1)")
    peers.add_argument("--until", metavar="PERCENT", type=float,
                       help="on this computer: start again until the 95%% interval of every median is so wide "
                            "(default: "
                       f"{UNTIL_PERCENT:g})")
    peers.add_argument("--budget", metavar="SECONDS", type=positive,
                       help=f"and begin nothing more after so long (default: {BUDGET_SECONDS})")
    peers.add_argument("--timeout", metavar="SECONDS", type=positive, default=DEFAULT_TIMEOUT_SECONDS,
                       help="kill a peer that takes longer for all of its workloads (default: %(default)s)")
    peers.add_argument("--out", metavar="DIR", type=Path,
                       help="result folder (default: out/<date>-peers-<machine>-<commit>)")
    peers.add_argument("--build", metavar="DIR", help="where images and peers are (default: build)")
    peers.add_argument("--dry-run", action="store_true", help="print the command lines and start nothing")


def choose_peers(text: str | None, machine: str | None) -> list[Peer]:
    """The peers of a list, or all of a machine. One result has one unit, so all are of one machine."""
    if not text:
        return [peer for peer in PEERS if peer.machine == (machine or EMULATED_MACHINE)]
    known = {peer.name: peer for peer in PEERS}
    chosen: list[Peer] = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name not in known:
            raise UsageError(f"there is no peer '{name}' (peers: {', '.join(known)})")
        chosen += [known[name]] if known[name] not in chosen else []
    machines = {peer.machine for peer in chosen} | ({machine} if machine else set())
    if not chosen or len(machines) != 1:
        raise UsageError("one run has one unit: choose peers of one machine ('coopbench peers list' shows them)")
    return chosen


def command_peers(options: argparse.Namespace) -> int:
    """Status 1 when a peer that was started failed. One that is skipped is no failure, unless all are."""
    paths: Paths = options.paths
    if options.action == "list":
        return _list(Setup(Path(os.path.abspath(paths.build)), paths.out, ()))
    peers = choose_peers(options.peer, options.machine)
    folder = Path(os.path.abspath(options.out)) if options.out else new_folder(
        paths.out, f"peers-{peers[0].machine}", git(paths, "rev-parse", "--short=10", "HEAD"))
    session = PeerSession(paths, peers, choose_workloads(read_manifest(paths.manifest), options.workload),
                          ResultFolder(folder), options.timeout, options.runs, options.warmup, options.arguments,
                          sampling=read_sampling(peers[0].unit, options.until, options.budget))
    if options.dry_run:
        for peer in peers:
            print(f"# {peer.name}: {peer.does}\n{shlex.join(peer.command(session.setup(peer)))}")
        return 0
    initramfs = paths.images()["initramfs"]
    if not initramfs.is_file():
        raise CoopbenchError(f"the programs are not built ({paths.shown(initramfs)} is missing): say 'make'")
    try:
        session.execute(lambda line: print(line, file=sys.stderr))
    except KeyboardInterrupt:
        raise Stopped("stopped" + (f": what is finished is in {paths.shown(folder)}"
                                   if session.outcomes else "")) from None
    if not session.outcomes:
        raise CoopbenchError(f"no peer can be started here: {next(iter(session.skipped.values()))}")
    point_latest(paths, session)
    print(render_peers([read_result(folder)]), end="")
    print(f"the result is in {paths.shown(folder)}", file=sys.stderr)
    return int(any(outcome.bad for outcome in session.outcomes))


def _list(setup: Setup) -> int:
    """Every peer of every machine, whatever was chosen."""
    for peer in PEERS:
        missing = peer.missing(setup)
        print(f"{peer.name:<15} {peer.machine:<9} {'no ' if missing else 'yes'} {peer.does}")
        if missing:
            print(textwrap.fill(missing, WIDTH, initial_indent=" " * 30, subsequent_indent=" " * 30))
    return 0


def latest_of(paths: Paths, machine: str) -> Path | None:
    """The latest result of a machine's peers, or else the one that is kept in results/."""
    for place in (paths.out / f"latest-peers-{machine}", paths.references / f"peers-{machine}"):
        if (place / "table.csv").exists():
            return place.resolve()
    return None


def point_latest(paths: Paths, session: PeerSession) -> None:
    """Lets out/latest-peers-MACHINE name this result."""
    paths.out.mkdir(parents=True, exist_ok=True)
    link = paths.out / f"latest-peers-{session.machine}"
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(session.folder.folder, paths.out))


def find_peers(paths: Paths) -> list[Path]:
    """The folders of what there is of peers, of every machine."""
    return [place for machine in (EMULATED_MACHINE, HOST) if (place := latest_of(paths, machine))]


def peer_results(paths: Paths) -> list:
    """What there is of peers, of every machine: the latest, and behind it what is kept, which may have peers that it
    has not."""
    latest = [read_result(place) for place in find_peers(paths)]
    kept = [paths.references / f"peers-{machine}" for machine in (EMULATED_MACHINE, HOST)]
    return latest + [read_result(place) for place in kept
                     if (place / "table.csv").exists() and place.resolve() not in [result.folder for result in latest]]
