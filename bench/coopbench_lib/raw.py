# SPDX-License-Identifier: GPL-2.0-or-later
"""Where in records.jsonl the repetitions behind a row stand, so that every printed figure can name its raw lines."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UsageError


@dataclass
class RawRecords:
    """The lines of records.jsonl, and the numbers (from 1) of those that a row was made of."""

    lines: list[str] = field(default_factory=list)
    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def numbers(self, mode: str, workload: str) -> list[int]:
        """The line numbers of the measured repetitions; none where a result came without its records."""
        return self.rows.get((mode, workload), [])

    def span(self, mode: str, workload: str) -> str:
        """The same as text: '14-16', or '14 17' where they are not neighbours; '' where there are none."""
        numbers = self.numbers(mode, workload)
        if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"{numbers[0]}-{numbers[-1]}"
        return " ".join(map(str, numbers))


def read_raw(folder: Path) -> RawRecords:
    """The records of a result; empty for a reference, which has none. UsageError names a line that is none."""
    path = folder / "records.jsonl"
    if not path.exists():
        return RawRecords()
    raw = RawRecords(path.read_text(encoding="utf-8", errors="replace").splitlines())
    for number, text in enumerate(raw.lines, 1):
        try:
            line = json.loads(text)
            repetition = line["repetition"]
            if not repetition["warmup"]:
                raw.rows.setdefault((line["mode"], repetition["workload"]), []).append(number)
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path}: line {number} is no record of a repetition") from error
    return raw
