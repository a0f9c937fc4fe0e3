# SPDX-License-Identifier: GPL-2.0-or-later
"""A result as it is cited: BibTeX, and a paragraph on methods. It says only what run.json and the tables say."""
from __future__ import annotations

import hashlib
import textwrap

from .export import latex
from .machines import unit_means
from .modes import find_mode
from .outcome import OK
from .result_shape import has_changed_tree
from .results import Result
from .samples import varies
from .tables import WIDTH


def render_citation(result: Result) -> str:
    """BibTeX, an empty line, the paragraph."""
    return bibtex(result) + "\n" + textwrap.fill(methods(result), WIDTH) + "\n"


def bibtex(result: Result) -> str:
    """An entry for the software in the version that measured, with what identifies the run in its note."""
    run = result.run
    commit = run.get("commit") or "unknown"
    fields = [("title", "{Coopvirt}: what each way of virtualizing a machine costs, and why"),
              ("author", "{The Coopvirt authors}"), ("year", str(run.get("started", ""))[:4]),
              ("version", latex(f"commit {commit}{_tree(result)}")),
              ("note", latex(f"Run {run['run_id']} on {run['machine']}, unit {run['unit']}; "
                             f"{_sources(result)}"))]
    body = ",\n".join(f"  {name} = {{{text}}}" for name, text in fields if text)
    return f"@misc{{coopvirt-{commit},\n{body}\n}}\n"


def _sources(result: Result) -> str:
    """What was booted; of boots made by hand, what was captured of them."""
    logs = sorted(map(str, result.run.get("logs", {}).values()))
    if logs:
        digest = hashlib.sha256(" ".join(logs).encode()).hexdigest()
        return f"{len(logs)} captures, SHA-256 of the list of theirs: {digest[:12]}"
    return "images by SHA-256: " + ", ".join(f"{name} {digest[:12]}" for name, digest in result.images.items())


def _tree(result: Result) -> str:
    return "" if not has_changed_tree(result.run) else ", with changes that are in no commit"


def methods(result: Result) -> str:
    """Machine, unit, versions, switches, repetitions, and what the figures do not say."""
    run = result.run
    modes = [find_mode(name) for name in dict.fromkeys(row.mode for row in result.rows)]
    names = ", ".join(mode.name if mode.native else f"{mode.name} ({mode.axes})" for mode in modes)
    measured = [row for row in result.rows if row.status == OK]
    repetitions = sorted({row.repetitions for row in measured})
    exact = sum(row.interval == "exact" for row in measured)
    unit = unit_means(run["unit"])
    emulator = run.get("emulator", {})
    parameters = _words(run.get("params")) or "each workload's own"
    spread = ("in none of them did the repetitions differ" if exact == len(measured)
              else f"in {exact} of them all repetitions were equal")
    sentences = [
        f"We ran Coopvirt, commit {run.get('commit')}{_tree(result)}, on the machine {run['machine']} "
        f"({run['cpu_model']}; "
        f"{emulator.get('version') or emulator.get('name', 'emulator unknown')}), "
        f"built by {run.get('compiler') or 'an unnamed compiler'}.",
        f"Modes: {names}; {len({row.workload for row in measured})} workloads, "
        f"{'several boots' if varies(run['unit']) else 'one boot'} for each mode and workload, "
        "the same kernel image and the same static programs in all.",
        f"Switches: {_words(run.get('switches'))}; parameters: {parameters}.",
        f"The unit is {run['unit']} ({unit})." if unit else f"The unit is {run['unit']}.",
        f"A figure is the median over {'-'.join(map(str, repetitions[:1] + repetitions[1:][-1:]))} measured "
        f"repetitions of busy units per operation, idle time left out; "
        + (_intervals(run) if varies(run["unit"]) else f"of {len(measured)} rows, {spread}."),
        "No instruction count is a time." if run["unit"] == "instr" else ""]
    return " ".join(sentence for sentence in sentences if sentence)


def _intervals(run: dict[str, object]) -> str:
    """How figures of a clock were taken, and on what."""
    about, computer = run.get("sampling"), run.get("environment") or {}
    known = ", ".join(f"{name} {computer[name]}" for name in ("cpu", "microcode", "governor", "smt", "kernel")
                      if computer.get(name) not in (None, "unknown"))
    turns = (f"Modes took turns ({about.get('order', 'order not written down')}), until every interval was within "
             f"{about.get('until_percent', '?')}% of its median or {about.get('budget_seconds', '?')} s were spent"
             if about else f"{run.get('boots', 'The')} boots were made by hand, in an order that nobody wrote down")
    return (f"intervals are of 95% by bootstrap over starts. {turns}; nothing was left out as an outlier. "
            f"The computer: {known or 'not written down'}.")


def _words(table: dict[str, object] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted((table or {}).items()))
