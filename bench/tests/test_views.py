# SPDX-License-Identifier: GPL-2.0-or-later
"""What is printed: the tables against golden text, the reference's verdict, comparisons, the listings."""
import csv
import json
import os
import pty
import re

import pytest

from conftest import FAKE
from coopbench_lib.results import read_result
from coopbench_lib.tables import WIDTH, added, amount, crossings, ratio, render_table, spread

GOLDEN_TABLE = """\
qemu-svm (QEMU TCG EPYC), unit instr, run result, tree not clean

workload              native            full-nested
                    instr/op         vt/nested/emulated
                                  ratio   +instr/op  exits/op
-------------------------------------------------------------
fake/null                150      1.000           0         0
fake/cpuid               150      1.667        +100         1
fake/hypercall           n/a          -       (250)         1
fake/spread             152*      1.658       +100*         1

instr = instructions retired: software path length, blind to what a world switch or a TLB miss costs
    in silicon.
native: busy instr per operation. ratio: to native. +instr/op: added to native's. exits/op: VM exits
    per operation.
(in parentheses: instr per operation, where there is no native row to compare with)
* native fake/spread: 151 to 153 in 3 repetitions
* full-nested fake/spread: 251 to 253 in 3 repetitions
repetitions with a timer interrupt in them: native fake/spread (1 of 3), full-nested fake/spread (1
    of 3)
n/a: fake/hypercall in native: no hypervisor

Dearest exits, by their part of the workload's busy units
mode         workload        reason  per op  min  p50  p99  max  share
----------------------------------------------------------------------
full-nested  fake/cpuid      cpuid        1  100  100  100  100  40.0%
full-nested  fake/hypercall  cpuid        1  100  100  100  100  40.0%
full-nested  fake/spread     cpuid        1  100  100  100  100  39.7%
min, p50, p99, max: instr from an exit to the next entry.

There is no reference for qemu-svm in results/: these counts are compared with nothing.
"""

GOLDEN_SIDE_BY_SIDE = """\
full-nested (vt/nested/emulated) on 2 machines

workload          qemu-svm            bochs-svm
             per op added exits   per op added exits
----------------------------------------------------
fake/null       150     0     0      150     0     0
fake/cpuid      250  +100     1      252  +100     1

qemu-svm: QEMU TCG EPYC, Fake emulator version 1.0, unit instr, run first
bochs-svm: Bochs ryzen, Fake emulator version 1.0, unit instr, run second
per op: busy units per operation in this mode. added: to native's of the same machine. exits: VM
    exits per operation. * repetitions differ. No ratio between machines: each counts in its own
    way.

Exits per operation in which the machines differ
workload   reason              qemu-svm  bochs-svm
--------------------------------------------------
fake/null  external_interrupt         0       0.50
external_interrupt: whether a tick falls into a region depends on all that was executed before it.
"""

GOLDEN_MARKDOWN = """\
| workload | native instr/op | full-nested (vt/nested/emulated) ratio | +instr/op | crossings/op |
| --- | ---: | ---: | ---: | ---: |
| fake/null | 150 | 1.000 | 0 | 0 |
| fake/cpuid | 150 | 1.667 | +100 | 1 |
"""


def edit(folder, change):
    """Rewrites the rows of a result's table.csv, and leaves no records that say otherwise."""
    (folder / "records.jsonl").unlink(missing_ok=True)
    with (folder / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        change(row)
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def set_value(workload, value, mode="full-nested"):
    def change(row):
        if (row["mode"], row["workload"]) == (mode, workload):
            row.update(value=value, low=value, high=value)
    return change


def set_run(folder, **fields):
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def flat(text):
    """Text without its line breaks."""
    return " ".join(text.split())


def make_reference(tree):
    """A reference from a run of this tree, as if its tree had been clean."""
    tree.run(out="first")
    set_run(tree.root / "first", tree_clean=True, commit="abcdef0123")
    assert tree("table", str(tree.root / "first"), "--save-reference").status == 0
    return tree.root / "results/qemu-svm"


def test_golden_table(tree):
    answer = tree.run("--workload", "default,fake/hypercall,fake/spread")
    assert answer.out == GOLDEN_TABLE
    assert tree("table").out == GOLDEN_TABLE
    assert tree("table", str(tree.root / "result")).out == GOLDEN_TABLE


def test_golden_markdown(tree):
    tree.run()
    text = (tree.root / "result/table.md").read_text()
    assert text.startswith("# qemu-svm (QEMU TCG EPYC), unit instr, run result") and GOLDEN_MARKDOWN in text


def test_many_modes_fit(tree):
    """Modes that this build cannot run are in other people's results: their table is still one of 100 columns."""
    tree.run("--mode", "full-nested,native")
    result = read_result(tree.root / "result")
    for mode in ("coop", "paravirt", "lguest"):
        result.rows += [type(row)(**(vars(row) | {"mode": mode})) for row in result.rows if row.mode == "full-nested"]
    lines = render_table(result).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[2].split() == ["native", "full-nested", "coop", "paravirt", "lguest"]
    assert lines[3].split() == ["vt", "vt", "deprivileged", "deprivileged"]
    assert lines[4].split() == ["nested", "direct", "direct", "shadow"]
    found = [line.split() for line in lines if line.startswith("  cpuid")]
    assert found[0] == ["cpuid", "150", *["1.667"] * 4]
    assert found[1] == ["cpuid", *["+100"] * 4] and found[2] == ["cpuid", *["1"] * 4]


def test_crossings_by_class(tree):
    tree.run("--workload", "fake/hypercall")
    row = next(row for row in read_result(tree.root / "result").rows if row.mode == "full-nested")
    assert crossings(row) == "1h"
    row.exits_per_op, row.hypercalls_per_op, row.bounces_per_op = 4.5, 1, 1.25
    assert crossings(row) == "2.2+1h+1.2b"
    row.exits_per_op = row.hypercalls_per_op = row.bounces_per_op = 0
    assert crossings(row) == "0"


def test_numbers():
    assert [amount(value) for value in (None, 0, 7, 1234567, 12345.6, 123.45, 1.234, 0.00123)] == \
        ["-", "0", "7", "1,234,567", "12,346", "123.5", "1.23", "0.0012"]
    assert (spread(1, 1.5), spread(19712.9, 19713.25)) == ("1 to 1.50", "19,712.9 to 19,713.25")
    assert [added(value) for value in (None, 0, 12, -3.5)] == ["-", "0", "+12", "-3.50"]
    assert [ratio(value) for value in (None, 1, 12.345, 123.4)] == ["-", "1.000", "12.3", "123"]


def test_never_faster(tree):
    """An instruction count says nothing about time."""
    answer = tree.run()
    assert not re.search(r"\b(fast|faster|slow|slower|speed)\b", answer.out + answer.err)


def test_reference_equal(tree):
    folder = make_reference(tree)
    assert sorted(path.name for path in folder.iterdir()) == ["exits.csv", "hypercalls.csv", "run.json", "table.csv",
                                                              "table.md"]
    answer = tree.run()
    assert flat(answer.out).endswith("Your machine gives our numbers: 4 rows equal the reference (results/qemu-svm, "
                                     "commit abcdef0123) to the instruction, same images.")


def test_reference_differs(tree):
    folder = make_reference(tree)
    edit(folder, set_value("fake/cpuid", "240"))
    text = flat(tree.run().out)
    assert "Differs from the reference (results/qemu-svm, commit abcdef0123) with the same images: 1 of 4" in text
    assert text.endswith("full-nested fake/cpuid: 250 here, 240 there")


def test_reference_of_other_images(tree):
    folder = make_reference(tree)
    edit(folder, set_value("fake/cpuid", "200"))
    tree.paths.images()["hv-core"].write_bytes(b"another")
    text = flat(tree.run().out)
    assert "Images differ from those of the reference (results/qemu-svm, commit abcdef0123): hv-core (" in text
    assert text.endswith("3 of 4 rows are equal all the same, the furthest is +25.00% (full-nested fake/cpuid).")


def test_reference_of_other_work(tree):
    make_reference(tree)
    answer = tree.run("--param", "size=128")
    assert "No row can be compared with the reference" in flat(answer.out)


def test_reference_of_another_guest(tree):
    """The same rows of another kernel are no other result of this one."""
    make_reference(tree)
    (tree.root / "build/peers").mkdir(exist_ok=True)
    (tree.root / "build/peers/vmlinuz").write_bytes(b"kernel")
    text = flat(tree.run("--guest", "linux").out)
    assert "unit instr, guest linux, run" in text
    assert text.endswith("is of another guest (guest-coop, not linux): no row can be compared.")


def test_no_reference_from_failures(tree):
    tree.run("--workload", "fake/failed")
    answer = tree("table", "--save-reference")
    assert answer.status == 2 and "can be no reference" in answer.err


def test_no_reference_from_an_unclean_tree(tree):
    tree.run()
    assert "can be no reference" in tree("table", "--save-reference").err


@pytest.mark.parametrize("percent, status", [("5", 1), ("30", 0)])
def test_compare_finds_regressions(tree, percent, status):
    tree.run()
    tree.run(out="later")
    edit(tree.root / "later", set_value("fake/cpuid", "300"))
    answer = tree("compare", str(tree.root / "result"), str(tree.root / "later"), "--fail-above", percent)
    assert answer.status == status
    assert "full-nested  fake/cpuid     250    300     +50  +20.00                1      1" in answer.out
    assert "3 of 4 rows equal to the instruction" in answer.out
    assert ("1 rows are worse" in answer.err) == bool(status)


def test_compare_a_row_that_broke(tree):
    tree.run()
    tree.run(out="later")
    edit(tree.root / "later", lambda row: row.update(status="failed") if row["workload"] == "fake/null" else None)
    answer = tree("compare", str(tree.root / "result"), str(tree.root / "later"), "--fail-above", "50")
    assert answer.status == 1 and "native fake/null was ok, is failed" in answer.out


@pytest.mark.parametrize("fields, text", [
    ({"unit": "cycles"}, "unit is instr in"), ({"cpu_model": "QEMU TCG max"}, "cpu_model is QEMU TCG EPYC in"),
    ({"switches": {"tick": "0"}}, "switches is tick=10000000 in"), ({"kind": "peers"}, "kind is none in"),
    ({"switches": {}}, ", none in"),
])
def test_compare_refuses(tree, fields, text):
    tree.run()
    tree.run(out="other")
    set_run(tree.root / "other", **fields)
    answer = tree("compare", str(tree.root / "result"), str(tree.root / "other"), "--fail-above", "5")
    assert answer.status == 2 and text in answer.err and "cannot be compared" in answer.err


def test_compare_refuses_other_work(tree):
    tree.run()
    tree.run("--param", "size=128", out="other")
    answer = tree("compare", str(tree.root / "result"), str(tree.root / "other"))
    assert answer.status == 2 and "[size=64]" in answer.err and "[size=128]" in answer.err


def test_compare_needs_results(tree):
    answer = tree("compare", str(tree.root), str(tree.root))
    assert answer.status == 2 and "is no result folder" in answer.err


def test_a_result_of_another_schema(tree):
    tree.run()
    set_run(tree.root / "result", schema=99)
    answer = tree("table", str(tree.root / "result"))
    assert answer.status == 2 and "schema 99" in answer.err


def test_a_result_with_a_broken_table(tree):
    tree.run()
    edit(tree.root / "result", lambda row: row.update(value="dear"))
    answer = tree("table", str(tree.root / "result"))
    assert answer.status == 2 and "cannot be read" in answer.err and answer.err.count("\n") == 1


def test_exits_of_some(tree):
    tree.run("--workload", "fake/cpuid,fake/hypercall")
    answer = tree("exits", "--workload", "fake/hypercall", "--mode", "full-nested")
    assert answer.status == 0 and "fake/hypercall" in answer.out and "fake/cpuid" not in answer.out
    assert tree("exits", "--mode", "native").status == 1
    assert tree("exits", "--mode", "warp").status == 2


def test_table_without_a_result(tree):
    answer = tree("table")
    assert answer.status == 2 and "there is no result yet" in answer.err


def test_modes(tree):
    answer = tree("modes", "--emulator", str(FAKE))
    assert answer.status == 0 and max(map(len, answer.out.splitlines())) <= WIDTH
    assert re.search(r"^full-nested +vt +nested +emulated +yes", answer.out, re.MULTILINE)
    assert re.search(r"^paravirt +deprivileged +direct +queue +no", answer.out, re.MULTILINE)
    assert "paravirt: mode paravirt needs what this build does not have" in answer.out
    answer = tree("modes", "--emulator", str(FAKE), "--mode", "vt/shadow/queue,vt/nested/emulated")
    assert answer.status == 0 and "hybrid-shadow" in answer.out and "lguest" not in answer.out


def test_workloads(tree):
    answer = tree("workloads")
    assert answer.status == 0 and "* fake/null" in answer.out and "  fake/hang" in answer.out
    verbose = tree("workloads", "--verbose").out
    assert "fake/null  (1,000 operations a repetition, default, quick)" in verbose
    assert "param size: bytes (default 64)" in verbose


def test_doctor(tree):
    answer = tree("doctor")
    assert "ok       image hv-core" in answer.out and "programs are not built" in answer.out and answer.status == 1


def test_live_progress_draws(tree):
    """The bar itself is python3-rich's; that our use of it works is shown by a run on a pseudo-terminal."""
    controller, terminal = pty.openpty()
    live = tree.process("run", "--emulator", str(FAKE), "--mode", "native,full-nested", "--workload", "fake/slow",
                        "-j", "1", error=terminal,
                        env={"TERM": "xterm", "PATH": os.environ["PATH"]})
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(controller, 4096):
            shown += chunk
    except OSError:
        pass
    assert live.wait(20) == 0
    assert b"fake/slow" in shown and b"2/2" in shown and b"Traceback" not in shown


def run_two(tree, *words):
    """A result as usual, and one that was measured with these words: their folders."""
    tree.run(out="first")
    tree.run(*words, out="second")
    return [str(tree.root / name) for name in ("first", "second")]


def test_machines_side_by_side(tree):
    two = run_two(tree, "--machine", "bochs-svm")
    edit(tree.root / "second", set_value("fake/cpuid", "252"))
    exits = tree.root / "second/exits.csv"
    exits.write_text(exits.read_text() + "full-nested,fake/null,external_interrupt,0.5,100,100,100,100,0.1\n")
    folders = two + 3 * two[1:]
    answer = tree("table", *folders[:2])
    assert answer.status == 0 and answer.out == GOLDEN_SIDE_BY_SIDE
    assert max(map(len, tree("table", *folders).out.splitlines())) <= WIDTH
    assert tree("table", *folders, "--fail-unexplained").status == 0
    exits.write_text(exits.read_text() + "full-nested,fake/null,wbinvd,0.5,100,100,100,100,0.1\n")
    answer = tree("table", *folders, "--fail-unexplained")
    assert answer.status == 1 and "for these exits to differ: fake/null wbinvd" in answer.err


def test_compare_of_two_machines(tree):
    folders = run_two(tree, "--machine", "bochs-svm")
    answer = tree("compare", *folders)
    assert answer.status == 0 and "native (bare machine) on 2 machines" in answer.out
    assert tree("table", *folders).out in answer.out, "full-nested as 'table' shows it"
    answer = tree("compare", *folders, "--fail-above", "1")
    assert answer.status == 2 and "units differ" in answer.err


def test_switches_side_by_side(tree):
    folders = run_two(tree, "--set", "cluster=16")
    answer = tree("table", *folders)
    heads = " ".join(line for line in answer.out.splitlines() if "per op" not in line)
    assert answer.status == 0 and heads.count("native") == 1, "the bare machine has one column"
    assert "full-nested" in heads and "full-nested cluster=16" in heads
    assert max(map(len, answer.out.splitlines())) <= WIDTH
    run = tree.root / "second/run.json"
    run.write_text(run.read_text().replace('"params": {}', '"params": {"size": "128"}'))
    answer = tree("table", *folders)
    assert answer.status == 2 and "cannot stand side by side" in answer.err


def test_side_by_side_refuses_other_work(tree):
    folders = run_two(tree, "--param", "size=128")
    answer = tree("table", *folders)
    assert answer.status == 2 and "cannot stand side by side: params differ" in answer.err
    assert tree("table", folders[0], folders[0], "--mode", "coop").status == 2
