# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a result gives the numbers of the committed reference, results/<machine>/.

A reference is a result folder without records and logs. Counts must be equal when images, switches and emulator are
the same; where the images differ, equality is not asked for, and the distance is shown instead.
"""
from __future__ import annotations

import shutil
from pathlib import Path

from .errors import UsageError
from .guests import GUESTS
from .outcome import OK
from .results import Result, read_result
from .samples import varies
from .summary import Row

_FILES = ("run.json", "table.csv", "table.md", "exits.csv", "hypercalls.csv")
_FILES_OF_LATER = ("samples.csv",)
_SHOWN_DIFFERENCES = 5


def save_reference(result: Result, references: Path) -> Path:
    """Copies a result to be the reference of its machine. UsageError: it has failures, an unclean tree or
    damaged records."""
    bad = [row for row in result.rows if row.status not in (OK, "n/a")]
    if bad:
        raise UsageError(f"{len(bad)} of its rows are {bad[0].status}: this result can be no reference")
    if not result.run.get("tree_clean"):
        raise UsageError("this result is of a tree with changes that are in no commit: it can be no reference")
    if result.raw.damage:
        raise UsageError("this result's records are damaged: it can be no reference")
    folder = references / reference_name(result)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*_FILES, *_FILES_OF_LATER):
        if name in _FILES or (result.folder / name).exists():
            shutil.copyfile(result.folder / name, folder / name)
    return folder


def reference_name(result: Result) -> str:
    """The folder of a result's reference: its machine, behind its kind where that is not the common one."""
    kind = result.run.get("kind")
    return f"{kind}-{result.run['machine']}" if kind else result.run["machine"]


def judge_by_reference(result: Result, references: Path) -> list[str]:
    """The lines that stand under a table: do the counts equal the reference's?"""
    machine = reference_name(result)
    folder = references / machine
    if not (folder / "run.json").exists():
        return [f"There is no reference for {machine} in results/: these counts are compared with nothing."]
    if folder.resolve() == result.folder.resolve():
        return [f"This is the reference of {machine}."]
    if varies(result.run["unit"]):
        return [f"The unit is {result.run['unit']}, and no run repeats: 'coopbench compare' tests whether two differ."]
    reference = read_result(folder)
    rows = {row.key: row for row in reference.rows}
    pairs = [(row, rows[row.key]) for row in result.rows if _comparable(row, rows.get(row.key))]
    name = f"the reference (results/{machine}, commit {reference.run.get('commit')})"
    ours, theirs = (each.run.get("guest", GUESTS[0].name) for each in (result, reference))
    if ours != theirs:
        return [f"{name[0].upper()}{name[1:]} is of another guest ({theirs}, not {ours}): no row can be compared."]
    if not pairs:
        return [f"No row can be compared with {name}: other workloads, modes, parameters or switches."]
    changed = differing_images(result, reference)
    if changed:
        return [f"Images differ from those of {name}: {', '.join(changed)}.",
                f"Equality is not asked for; {distance(pairs)}."]
    return _verdict(result, reference, pairs, name)


def _comparable(row: Row, other: Row | None) -> bool:
    return (other is not None and row.status == OK and other.status == OK and row.repeatable == "yes"
            and (row.params, row.ops, row.switches, row.unit) == (other.params, other.ops, other.switches, other.unit))


def _verdict(result: Result, reference: Result, pairs: list[tuple[Row, Row]], name: str) -> list[str]:
    """The same images: every count is either equal or a difference to be explained."""
    unequal = [(row, other) for row, other in pairs if not equal_counts(row, other)]
    if not unequal:
        return [f"Your machine gives our numbers: {len(pairs)} rows equal {name} to the {row_unit(pairs)}, "
                "same images."]
    lines = [f"Differs from {name} with the same images: {len(unequal)} of {len(pairs)} rows."]
    for row, other in unequal[:_SHOWN_DIFFERENCES]:
        lines.append(f"  {row.mode} {row.workload}: {row.value} here, {other.value} there")
    ours, theirs = result.run["emulator"].get("version"), reference.run["emulator"].get("version")
    if ours != theirs:
        lines.append(f"  The emulators differ: {ours} here, {theirs} there.")
    return lines


def row_unit(pairs: list[tuple[Row, Row]]) -> str:
    """What one step of the unit is called in a sentence."""
    return "instruction" if pairs[0][0].unit == "instr" else pairs[0][0].unit


def equal_counts(row: Row, other: Row) -> bool:
    """Whether two rows say the same: cost and crossings; the spread too, where there is one and both ran as often.
    Crossings are means: those of fewer repetitions of a row with a spread, into which a tick fell, are others."""
    if row.repetitions != other.repetitions and other.low != other.high:
        return row.value == other.value
    same = all(getattr(row, name) == getattr(other, name) for name in ("value", "exits_per_op", "hypercalls_per_op"))
    return same and (row.repetitions != other.repetitions or (row.low, row.high) == (other.low, other.high))


def differing_images(result: Result, other: Result) -> list[str]:
    """The images of 'result' that 'other' had another content of, with the beginnings of both SHA-256."""
    return [f"{name} ({digest[:8]}, there {other.images.get(name, 'none')[:8]})"
            for name, digest in result.images.items() if digest != other.images.get(name)]


def distance(pairs: list[tuple[Row, Row]]) -> str:
    """How far two results are apart, in one clause."""
    equal = sum(equal_counts(row, other) for row, other in pairs)
    furthest, where = max(((change_percent(row, other), row) for row, other in pairs), key=lambda pair: abs(pair[0]))
    return (f"{equal} of {len(pairs)} rows are equal all the same"
            + (f", the furthest is {furthest:+.2f}% ({where.mode} {where.workload})" if equal < len(pairs) else ""))


def change_percent(row: Row, other: Row) -> float:
    """How much more 'row' costs than 'other', in percent of 'other'."""
    if row.value == other.value:
        return 0.0
    return 100.0 * (row.value - other.value) / other.value if other.value else float("inf")
