# SPDX-License-Identifier: GPL-2.0-or-later
"""A result made of several runs that differ in switches or parameters: each part is an ordinary result folder, so that
nothing finished is lost, and that what is finished is not run again."""
from __future__ import annotations

from pathlib import Path

from .errors import CoopbenchError
from .outcome import Outcome
from .plan import Plan
from .results import ResultFolder
from .session import Session


def run_part(plan: Plan, folder: Path, arguments: list[str]) -> Session:
    """Runs what is not finished of one part. At Ctrl-C what is finished is on disk, and KeyboardInterrupt goes on."""
    session = Session(plan, ResultFolder(folder), arguments, is_part=True)
    session.take_up((folder / "run.json").is_file())
    if session.waiting():
        session.execute()
    return session


def outcomes_of(session: Session) -> dict[str, Outcome]:
    """The outcomes of a part with one workload, by mode; CoopbenchError names the first that is bad."""
    for outcome in session.outcomes.values():
        if outcome.bad:
            raise CoopbenchError(f"{outcome.workload} in {outcome.mode}: {outcome.status}: {outcome.reason} (logs in "
                                 f"{session.plan.paths.shown(session.folder.logs)})")
    return {outcome.mode: outcome for outcome in session.outcomes.values()}


def check_parts(plan: Plan) -> None:
    """What has to be there before the first part is run."""
    plan.check_present()
    if plan.packed:
        plan.packed.make()
