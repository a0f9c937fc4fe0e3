# SPDX-License-Identifier: GPL-2.0-or-later
"""The claims that the README makes, as data (bench/claims.json), and their judgement by a result.

A claim names a workload, a mode, a column of table.csv, and the interval in which the figure must lie. ARTIFACT.md's
table is rendered from the same data, so that the two cannot differ.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError
from .outcome import OK
from .results import Result
from .tables import columns

FIGURES = {"value": "value", "added": "added_per_op", "exits": "exits_per_op", "ratio": "ratio_to_native"}


@dataclass(frozen=True)
class Claim:
    """One claim: 'figure' is a key of FIGURES, least and most are inclusive."""

    name: str
    says: str
    workload: str
    mode: str
    figure: str
    least: float
    most: float


@dataclass(frozen=True)
class Verdict:
    """A claim beside what was measured; None: there is no such row, or it failed."""

    claim: Claim
    measured: float | None

    @property
    def passed(self) -> bool:
        return self.measured is not None and self.claim.least <= self.measured <= self.claim.most


def read_claims(path: Path) -> list[Claim]:
    """All claims; UsageError for what is not one."""
    try:
        claims = [Claim(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    for claim in claims:
        if claim.figure not in FIGURES or claim.least > claim.most:
            raise UsageError(f"{path}: claim {claim.name} has no figure that can be judged")
    if len({claim.name for claim in claims}) != len(claims):
        raise UsageError(f"{path}: two claims have one name")
    return claims


def needed(claims: list[Claim]) -> tuple[str, str]:
    """The words for --mode and --workload that measure all of them; native first, for ratios."""
    modes = dict.fromkeys(["native", *(claim.mode for claim in claims)])
    return ",".join(modes), ",".join(dict.fromkeys(claim.workload for claim in claims))


def judge(claims: list[Claim], result: Result) -> list[Verdict]:
    """Each claim by its row."""
    rows = {(row.mode, row.workload): row for row in result.rows if row.status == OK}

    def measured(claim: Claim) -> float | None:
        row = rows.get((claim.mode, claim.workload))
        return getattr(row, FIGURES[claim.figure]) if row else None

    return [Verdict(claim, measured(claim)) for claim in claims]


def render_verdicts(verdicts: list[Verdict]) -> str:
    """A line a claim, and the count."""
    lines = [("passed" if verdict.passed else "FAILED", verdict.claim.name,
              "none" if verdict.measured is None else _number(verdict.measured), _interval(verdict.claim),
              verdict.claim.says) for verdict in verdicts]
    failed = sum(not verdict.passed for verdict in verdicts)
    return columns(("", "claim", "measured", "expected", "what it says"), lines, left=2) + \
        f"\n{len(verdicts) - failed} passed, {failed} failed\n"


def render_markdown(claims: list[Claim]) -> str:
    """The table of ARTIFACT.md."""
    head = "| claim | what it says | workload, mode | figure | expected |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {claim.name} | {claim.says} | `{claim.workload}`, {claim.mode} | {claim.figure} | "
                          f"{_interval(claim)} |\n" for claim in claims)


def _interval(claim: Claim) -> str:
    if claim.least == claim.most:
        return _number(claim.least)
    return f"{_number(claim.least)} to {_number(claim.most)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.3g}"
