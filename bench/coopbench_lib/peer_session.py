# SPDX-License-Identifier: GPL-2.0-or-later
"""One 'coopbench peers run': every peer is started one after another, on a computer's clock again and again, and its
records become a result like any other, whose modes are the peers' names.

A start runs all workloads, each as a process of its own; what came before may have moved a cache of the kernel.
"""
from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from peers import Peer, Setup
from peers.hosted import in_front
from peers.peer import EMULATED_MACHINE, HOST, Job

from .environment import describe_computer
from .errors import RecordError
from .machines import find_machine, version_line
from .modes import Mode
from .outcome import FAILED, NOT_APPLICABLE, OK, TIMEOUT, Outcome
from .paths import Paths, sha256
from .peer_tables import render_peers
from .process import Ended, Processes
from .provenance import git
from .records import Boot, join, parse
from .results import Result, ResultFolder
from .run import read_text
from .rounds import Sampling, run_rounds
from .summary import Row, by_start, fill, join_words, measured, set_beside, summarise_samples
from .workloads import Workload

KIND = "peers"
RUNS = {EMULATED_MACHINE: 5, HOST: 5}
WARMUP = 1
# A kernel that is a process keeps its memory in a file, and writes far behind the end of it.
_FILE_LIMIT_BYTES = 1 << 40
_WORDS = 120
Start = Callable[[list[str], Path, Path, float], Ended]


@dataclass
class PeerSession:
    """What is to be run, and what is finished. 'start' runs one command: another one in tests."""

    paths: Paths
    peers: list[Peer]
    workloads: list[Workload]
    folder: ResultFolder
    timeout_seconds: int
    runs: int | None = None
    warmup: int | None = None
    arguments: list[str] = field(default_factory=list)
    start: Start | None = None
    sampling: Sampling | None = None
    processes: Processes = field(default_factory=lambda: Processes(_FILE_LIMIT_BYTES))
    skipped: dict[str, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def machine(self) -> str:
        return self.peers[0].machine

    def setup(self, peer: Peer) -> Setup:
        """The jobs of one start. Its processor is the last of those that we may use."""
        runs = self.runs or RUNS[peer.machine]
        jobs = tuple(Job(workload.name, workload.program, runs, WARMUP if self.warmup is None else self.warmup)
                     for workload in self.workloads)
        return Setup(Path(os.path.abspath(self.paths.build)), Path(os.path.abspath(self.folder.logs / peer.name)), jobs,
                     max(os.sched_getaffinity(0)), self._initramfs_name)

    @property
    def _initramfs_name(self) -> str:
        return "programs" if any(workload.needs_programs for workload in self.workloads) else "initramfs"

    def execute(self, say: Callable[[str], None]) -> Result:
        """Runs every peer whose packages are there; what is finished is on disk after each, also when it is stopped."""
        self.folder.create()
        try:
            return self._execute(self._describe(), time.monotonic(), say)
        finally:
            self.processes.stop_all()

    def _execute(self, run: dict[str, Any], began: float, say: Callable[[str], None]) -> Result:
        startable = []
        for peer in self.peers:
            missing = peer.missing(self.setup(peer))
            if missing:
                self.skipped[peer.name] = missing
                say(f"{peer.name}: skipped: {missing}")
            else:
                startable.append(peer)
        if self.sampling:
            self._execute_rounds(self.sampling, startable, run, began, say)
        else:
            for peer in startable:
                self._keep(self._run(peer), say)
                self._write(run, began)
        return self._write(run, began)

    def _execute_rounds(self, sampling: Sampling, peers: list[Peer], run: dict[str, Any], began: float,
                        say: Callable[[str], None]) -> None:
        """One start of each peer after the other, again and again: a start of one carries all of its workloads, so it
        is needed as long as one of these is too uncertain."""
        def start(names: list[str], number: int) -> None:
            for peer in sorted((peer for peer in peers if peer.name in names), key=lambda peer: names.index(peer.name)):
                self._keep(self._run(peer), say, number)
                self._write(run, began)

        run["sampling"] = sampling.describe()
        cells = [(peer.name, workload.name) for peer in peers for workload in self.workloads]
        run["stopped_because"] = run_rounds(
            cells, self._groups, sampling,
            lambda waiting, number: start(list(dict.fromkeys(name for name, _ in waiting)), number), time.monotonic)

    def _groups(self, key: tuple[str, str]) -> list[list[float]] | None:
        """What there is of one row; None where more starts are of no use."""
        outcome = next((outcome for outcome in self.outcomes if outcome.key == key), None)
        if outcome is None:
            return []
        return by_start(measured(outcome)) if outcome.status == OK else None

    def _run(self, peer: Peer) -> list[Outcome]:
        setup = self.setup(peer)
        shutil.rmtree(setup.folder, ignore_errors=True)
        setup.folder.mkdir(parents=True)
        peer.prepare(setup)
        command = peer.command(setup)
        start = self.start or self.processes.run
        ended = start(command, setup.folder, setup.folder / "emulator.txt", self.timeout_seconds)
        talk = read_text(setup.folder / "emulator.txt")
        boot = parse(read_text(setup.records) if setup.records.exists() else talk)
        outcomes = [judge(peer, job, ended, boot, self._last_words(setup, talk)) for job in setup.jobs]
        setup.initramfs.unlink(missing_ok=True)
        if not any(outcome.bad for outcome in outcomes):
            shutil.rmtree(setup.folder)
        shown = [word.replace(str(setup.folder), peer.name).replace(f"{self.paths.root}/", "") for word in command]
        for outcome in outcomes:
            outcome.command, outcome.guest_record = shown, boot.first("guest")
        return outcomes

    @staticmethod
    def _last_words(setup: Setup, talk: str) -> str:
        lines = [line.strip() for line in (read_text(setup.console) or talk).splitlines() if line.strip()]
        panics = [line for line in lines if "panic" in line]
        return (panics or lines or [""])[-1][:_WORDS]

    def _keep(self, outcomes: list[Outcome], say: Callable[[str], None], number: int = 0) -> None:
        """Takes up the outcomes of one start; 'number' is its own, where there are several."""
        for outcome in outcomes:
            outcome.repetitions = [replace(repetition, start=number) for repetition in outcome.repetitions]
            self.folder.append(outcome)
            before = next((before for before in self.outcomes if before.key == outcome.key), None)
            if before is None:
                self.outcomes.append(outcome)
            elif before.status == OK:
                outcome.repetitions = before.repetitions + outcome.repetitions
                outcome.seconds += before.seconds
                self.outcomes[self.outcomes.index(before)] = outcome
        good = sum(outcome.status == OK for outcome in outcomes)
        bad = [outcome for outcome in outcomes if outcome.bad]
        say(f"{outcomes[0].mode}: {good} of {len(outcomes)} workloads, {outcomes[0].seconds:.0f} s"
            + (f"; {bad[0].workload}: {bad[0].reason}" if bad else ""))

    def rows(self) -> list[Row]:
        """One row for each peer and workload, beside those of the peer that it is compared with."""
        peers = {peer.name: peer for peer in self.peers}
        rows: list[Row] = []
        for outcome in self.outcomes:
            peer = peers[outcome.mode]
            row = Row(peer.machine, _cpu_model(peer.machine), peer.name, "", "", "", peer.switches, join_words({}),
                      outcome.workload, peer.unit, outcome.status, run_id=self.folder.folder.name,
                      reason=outcome.reason, repeatable="yes" if peer.machine == EMULATED_MACHINE else "no")
            if outcome.status == OK:
                fill(row, Mode(peer.name, "", "", "", ""), measured(outcome))
            rows.append(row)
        bases = {row.key: row for row in rows}
        for row in rows:
            set_beside(row, bases.get((peers[row.mode].base, row.workload)))
        return rows

    def _write(self, run: dict[str, Any], began: float) -> Result:
        run |= {"skipped": self.skipped, "seconds": round(time.monotonic() - began, 1)}
        self.folder.write_run(run, self.outcomes)
        commands = [{"command": outcome.command} for outcome in self.outcomes]
        result = Result(self.folder.folder, run | {"outcomes": commands}, self.rows(), [], [],
                        summarise_samples(self.outcomes))
        self.folder.write_samples(result.samples)
        self.folder.write_tables(result.rows, [], [], f"```\n{render_peers([result])}```\n")
        self.folder.remove_empty_logs()
        return result

    def _describe(self) -> dict[str, Any]:
        paths, machine = self.paths, self.machine
        fetched = {need[8:] for peer in self.peers for need in peer.needs if need.startswith("fetched:")}
        images = {name: paths.build / "peers" / name for name in sorted(fetched)}
        images["initramfs"] = paths.images()[self._initramfs_name]
        programs = {workload.program: paths.program(workload.program) for workload in self.workloads}
        packages = read_text(paths.build / "peers/packages.txt").splitlines()
        commit = git(paths, "rev-parse", "--short=10", "HEAD")
        return {
            "kind": KIND, "machine": machine, "guest": "", "cpu_model": _cpu_model(machine), "unit": self.peers[0].unit,
            "emulator": _emulator(machine), "switches": {}, "params": {}, "runs": self.runs, "warmup": self.warmup,
            "program": [], "commit": commit, "tree_clean": bool(commit) and git(paths, "status", "--porcelain") == "",
            "compiler": "", "fallback": {}, "run_id": self.folder.folder.name, "jobs": 1, "arguments": self.arguments,
            "images": {name: {"path": paths.shown(path), "sha256": sha256(path)} for name, path in images.items()
                       if path.is_file()},
            "programs": {name: sha256(path) for name, path in programs.items() if path.is_file()},
            "packages": dict(line.split(" ", 1) for line in packages if " " in line),
            "peers": {peer.name: {"does": peer.does, "besides": peer.besides, "base": peer.base}
                      for peer in self.peers},
            "environment": environment() if machine == HOST else {},
            "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "modes": [peer.name for peer in self.peers], "workloads": [workload.name for workload in self.workloads],
            "timeout_seconds": self.timeout_seconds, "shown_active": {},
        }


def judge(peer: Peer, job: Job, ended: Ended, boot: Boot, last_words: str) -> Outcome:
    """What became of one workload: its own records decide, and how the start ended where they are not all there."""
    outcome = Outcome(peer.name, job.workload, OK, seconds=round(ended.seconds, 3),
                      repeatable=peer.machine == EMULATED_MACHINE)
    own = Boot([line for line in boot.lines if line.get("workload") == job.workload], boot.broken)
    error, skip = own.first("error") or own.broken, own.first("skip")
    if error:
        outcome.status = FAILED
        outcome.reason = error if isinstance(error, str) else str(error.get("reason", "no reason given"))
    elif skip:
        outcome.status, outcome.reason = NOT_APPLICABLE, str(skip.get("reason", ""))
    else:
        _take(outcome, own, job, ended, last_words)
    return outcome


def _take(outcome: Outcome, own: Boot, job: Job, ended: Ended, last_words: str) -> None:
    try:
        outcome.repetitions = join(own, job.workload, hypervised=False)
    except RecordError as error:
        outcome.status, outcome.reason = FAILED, str(error)
        return
    found = sum(not repetition.warmup for repetition in outcome.repetitions)
    if found == job.runs:
        return
    outcome.repetitions = []
    outcome.status = TIMEOUT if ended.timed_out else FAILED
    outcome.reason = (f"it was killed after {ended.seconds:.0f} s" if ended.timed_out else
                      f"{found} repetitions were recorded, {job.runs} were asked for") + (
                          f"; its last words: {last_words}" if last_words else "")


def _emulator(machine: str) -> dict[str, str]:
    if machine == HOST:
        return {"name": "none", "version": f"{os.uname().sysname} {os.uname().release}"}
    name = find_machine(machine).emulator
    return {"name": name, "version": version_line(name)}


def _cpu_model(machine: str) -> str:
    return environment()["cpu"] if machine == HOST else find_machine(machine).cpu_model



def environment() -> dict[str, Any]:
    """What a figure of this computer's clock depends on."""
    return describe_computer() | {"scheduling": "in front of other work" if in_front() else "among other work"}
