# SPDX-License-Identifier: GPL-2.0-or-later
"""One 'coopbench run' from its plan to its result folder: resuming, streaming rows, losing none when stopped early."""
from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .environment import describe_computer
from .errors import CoopbenchError, UsageError
from .evidence import features_by_counts, shown_active
from .outcome import OK, Outcome
from .plan import Cell, Plan
from .progress import Estimate, make_progress
from .provenance import describe, describe_tree
from .results import Result, ResultFolder, read_result, read_run
from .run import run_cells
from .rounds import Sampling, run_rounds
from .summary import Row, by_start, measured, summarise, summarise_exits, summarise_hypercalls, summarise_samples
from .switches import recorded
from .tables import added, amount, ratio, render_markdown
from .walks_table import render_walks_markdown

_DECIDES_COUNTS = ("machine", "emulator", "images", "switches", "params", "runs", "warmup", "program", "walks")


class Session:
    """Holds what is finished, and writes it down after each boot."""

    def __init__(self, plan: Plan, folder: ResultFolder, arguments: list[str], is_part: bool = False) -> None:
        """'is_part': of several that make one result; out/latest does not name it."""
        self.plan = plan
        self._is_part = is_part
        self.folder = folder
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self.cells = plan.cells()
        self._held: list[Outcome] = []
        self._began = time.monotonic()
        self.run = describe(plan) | describe_tree(plan) | {
            "run_id": folder.folder.name, "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "modes": [mode.name for mode in plan.modes], "workloads": [workload.name for workload in plan.workloads],
            "timeout_seconds": plan.timeout_seconds, "jobs": plan.jobs, "arguments": arguments,
        }
        if plan.sampling:
            self.run |= {"sampling": plan.sampling.describe(), "environment": describe_computer()}

    def take_up(self, resume: bool) -> None:
        """Makes the folder, or takes over what is finished in it. UsageError: another run's, or of other images."""
        if not resume:
            self.folder.create()
            self._save()
            return
        before, finished, damage = self.folder.read_finished()
        changed = [name for name in _DECIDES_COUNTS if (before.get(name) or None) != (self.run[name] or None)]
        if changed:
            raise UsageError(f"cannot go on with {self.folder.folder}: its {' and '.join(changed)} "
                             f"{'are' if len(changed) > 1 or changed[0].endswith('s') else 'is'} not the same any more")
        self.folder.keep_only(finished)
        if damage:
            print(f"coopbench: {self.folder.folder} was damaged: {damage[0]}"
                  + (f" and {len(damage) - 1} more" if damage[1:] else "") + ": what is not whole is run again",
                  file=sys.stderr)
        self.run["started"] = before.get("started", self.run["started"])
        self.outcomes = {outcome.key: outcome for outcome in finished}

    def waiting(self) -> list[Cell]:
        """The cells that are still to be run."""
        return [cell for cell in self.cells if cell.key not in self.outcomes]

    def execute(self) -> None:
        """Runs what is waiting. Finished boots are on disk whatever happens; tables are written at every end."""
        cells = self.waiting()
        estimate = Estimate(cells, self.plan.jobs, history(self.plan.paths.out / "latest"))
        if not self._is_part:
            self.folder.point_latest(self.plan.paths.out)
        if self.plan.sampling:
            self._execute_rounds(self.plan.sampling)
            return
        try:
            with make_progress(cells, estimate) as progress:
                def finished(outcome: Outcome) -> None:
                    self._keep(outcome)
                    estimate.finished(outcome)
                    for ready in self._to_print(outcome):
                        progress.finished(ready, self._line(ready))

                if cells:
                    run_cells(self.plan, cells, self.folder.logs, finished, progress.started)
        finally:
            self._finish()

    def _execute_rounds(self, sampling: Sampling) -> None:
        """The same where repetitions vary: one boot at a time, again and again, until the intervals are narrow."""
        alone = replace(self.plan, jobs=1)

        def start(cells: list[Cell], number: int) -> None:
            run_cells(alone, cells, self.folder.logs, lambda outcome: self._add(outcome, number), lambda cell: None)
            good = [outcome for outcome in self.outcomes.values() if outcome.status == OK]
            done = sum(sampling.is_enough(by_start(measured(outcome))) for outcome in good)
            print(f"start {number}: {len(cells)} boots, {done} of {len(good)} rows done", file=sys.stderr, flush=True)

        try:
            self.run["stopped_because"] = run_rounds(self.cells, self._groups, sampling, start, time.monotonic)
        finally:
            self._finish()

    def _groups(self, cell: Cell) -> list[list[float]] | None:
        """What there is of a row; None where more boots are of no use."""
        outcome = self.outcomes.get(cell.key)
        if outcome is None:
            return []
        return by_start(measured(outcome)) if outcome.status == OK else None

    def _add(self, outcome: Outcome, number: int) -> None:
        """Keeps one boot of several; a bad one is the verdict on the row."""
        outcome.repetitions = [replace(repetition, start=number) for repetition in outcome.repetitions]
        before = self.outcomes.get(outcome.key)
        self._keep(outcome)
        if before:
            outcome.repetitions = before.repetitions + outcome.repetitions
            outcome.seconds += before.seconds
            self._save()

    def _to_print(self, outcome: Outcome) -> list[Outcome]:
        """The outcomes whose lines can be printed now: one beside native waits for native's."""
        native = ("native", outcome.workload)
        if outcome.key != native and native not in self.outcomes and native in {cell.key for cell in self.cells}:
            self._held.append(outcome)
            return []
        ready = [outcome] + [held for held in self._held if held.workload == outcome.workload]
        self._held = [held for held in self._held if held.workload != outcome.workload]
        return ready

    def _keep(self, outcome: Outcome) -> None:
        self.folder.append(outcome)
        self.outcomes[outcome.key] = outcome
        self._save()

    def _save(self) -> None:
        self.folder.write_run(self.run, self._in_order())

    def _in_order(self) -> list[Outcome]:
        """What is finished, in the plan's order; then what an earlier run of this folder did besides."""
        planned = [cell.key for cell in self.cells]
        keys = [key for key in planned if key in self.outcomes] + [key for key in self.outcomes if key not in planned]
        return [self.outcomes[key] for key in keys]

    def _rows(self, outcomes: list[Outcome]) -> list[Row]:
        return summarise(outcomes, self.plan.machine, recorded(self.plan.switches), self.plan.parameters,
                         self.run["run_id"])

    def _finish(self) -> None:
        self.run["shown_active"] = shown_active(self._in_order(), self.plan.switches)
        self.run["features"] = features_by_counts(self._in_order(), self.plan.switches)
        self.run["seconds"] = round(time.monotonic() - self._began, 1)
        outcomes = self._in_order()
        rows, exits, hypercalls = self._rows(outcomes), summarise_exits(outcomes), summarise_hypercalls(outcomes)
        samples = summarise_samples(outcomes)
        result = Result(self.folder.folder, self.run, rows, exits, hypercalls, samples)
        markdown = render_markdown(result) + render_walks_markdown(result)
        self.folder.write_tables(rows, exits, hypercalls, markdown)
        self.folder.write_samples(samples)
        self._save()
        self.folder.remove_empty_logs()

    def _line(self, outcome: Outcome) -> str:
        """One finished boot in one line."""
        head = f"{outcome.workload:<{max(len(cell.workload.name) for cell in self.cells)}}  {outcome.mode:<12}"
        if outcome.status != OK:
            return f"{head}  {outcome.status}: {outcome.reason}"
        native = self.outcomes.get(("native", outcome.workload))
        row = self._rows([native, outcome] if native and native is not outcome else [outcome])[-1]
        text = f"{head}  {amount(row.value):>12} {row.unit}/op"
        if row.mode != "native" and row.added_per_op is not None:
            text += f", ratio {ratio(row.ratio_to_native)}, added {added(row.added_per_op)}"
        return text

    def result(self) -> Result:
        """The result as it stands on disk."""
        return read_result(self.folder.folder)


def history(folder: Path) -> dict[tuple[str, str], float]:
    """How many seconds each boot of an earlier run took; empty when there is none."""
    try:
        outcomes: list[dict[str, Any]] = read_run(folder).get("outcomes", [])
        return {(outcome["mode"], outcome["workload"]): float(outcome["seconds"]) for outcome in outcomes}
    except (CoopbenchError, KeyError, TypeError, ValueError):
        return {}


def new_folder(out: Path, machine: str, commit: str | None) -> Path:
    """A result folder that is not there yet: out/<date>-<machine>-<commit>."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}-{machine}-{commit or 'no-commit'}"
    candidate, number = out / name, 2
    while candidate.exists():
        candidate, number = out / f"{name}-{number}", number + 1
    return candidate
