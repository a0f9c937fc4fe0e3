# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program of the user's own printed, and the status it ended with: the same in every mode, or else told."""
from __future__ import annotations

from collections.abc import Iterable

from .outcome import OK, Outcome


def judge_outputs(outcomes: Iterable[Outcome]) -> tuple[list[str], bool]:
    """The lines that stand under the table of a program, and whether all modes agree."""
    said: dict[tuple[int, int, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.output and outcome.status == OK:
            key = tuple(outcome.output.get(name) for name in ("status", "bytes", "digest"))
            said.setdefault(key, []).append(outcome.mode)
    if not said:
        return [], True
    if len(said) == 1:
        (status, size, _), modes = next(iter(said.items()))
        where = f", the same in all {len(modes)} modes" if len(modes) > 1 else ""
        return [f"The program ended with status {status} and printed {size:,} bytes{where}."], True
    lines = ["The program did not do the same in every mode (its output is in output-MODE.txt of the result):"]
    lines += [f"  {', '.join(modes)}: status {status}, {size:,} bytes, digest {digest}"
              for (status, size, digest), modes in said.items()]
    return lines, False
