# SPDX-License-Identifier: GPL-2.0-or-later
"""Damaged lines of records.jsonl: told in one line with their number; what is whole is shown, --resume mends."""
import json

import pytest

from conftest import FAKE

# Where the rows of a run of fake/null and fake/cpuid begin: each is a warm-up and three repetitions.
NATIVE_NULL, NESTED_NULL, NATIVE_CPUID, NESTED_CPUID = 1, 5, 9, 13


def change(**members):
    """Puts these members into a line's repetition; those that are None are taken out."""
    def changed(line: bytes) -> bytes:
        whole = json.loads(line)
        whole["repetition"] = {name: value for name, value in (whole["repetition"] | members).items()
                               if value is not None}
        return json.dumps(whole).encode()
    return changed


def change_region(**members):
    def changed(line: bytes) -> bytes:
        whole = json.loads(line)
        whole["region"] |= members
        return json.dumps(whole).encode()
    return changed


def put(line: bytes):
    return lambda _: line


DAMAGES = [
    (NATIVE_NULL + 1, lambda line: line[:50], "line 2: cut off, or no JSON"),
    (NESTED_NULL + 3, lambda line: line[:-1], "line 8: cut off, or no JSON"),
    (NESTED_CPUID + 3, lambda line: line[:50], "line 16: cut off, or no JSON"),
    (NATIVE_NULL + 1, put(b""), "line 2: cut off, or no JSON"),
    (NATIVE_NULL + 1, put(b"\0" * 400), "line 2: cut off, or no JSON"),
    (NATIVE_NULL + 1, put(b"[" * 100000), "line 2: cut off, or no JSON"),
    (NATIVE_NULL + 1, lambda line: line[:40] + b"\xff\xfe" + line[42:], "line 2: bytes that are no text"),
    (NATIVE_NULL + 1, put(b"[]"), "line 2: no record of a repetition"),
    (NATIVE_NULL + 1, put(b'{"mode":"native"}'), "line 2: no record of a repetition"),
    (NATIVE_NULL + 1, put(b'{"mode":7,"repetition":{},"region":null}'), "line 2: no record of a repetition"),
    (NATIVE_NULL + 1, put(b'{"mode":"native","repetition":[],"region":null}'), "line 2: no record of a repetition"),
    (NATIVE_NULL + 1, change(workload=None), "line 2: a repetition record lacks its workload or parameters"),
    (NATIVE_NULL + 1, change(params=3), "line 2: a repetition record lacks its workload or parameters"),
    (NATIVE_NULL + 1, change(tsc=None), "line 2: 'tsc' of a record is None, not a count"),
    (NATIVE_NULL + 1, change(tsc="150000"), "line 2: 'tsc' of a record is '150000', not a count"),
    (NATIVE_NULL + 1, change(ops=True), "line 2: 'ops' of a record is True, not a count"),
    (NATIVE_NULL + 1, change(ops=0), "line 2: repetition 0 did 0 operations"),
    (NESTED_NULL + 1, change_region(idle=-1), "line 6: 'idle' of a record is -1, not a count"),
    (NESTED_NULL + 1, change_region(guest=1), "but the counter advanced by"),
    (NESTED_NULL + 1, change_region(exits=[]), "line 6: 'exits' of a region record is no table"),
    (NESTED_NULL + 1, lambda line: json.dumps(json.loads(line) | {"region": None}).encode(),
     "line 6: repetition 0 has no region record"),
    (NESTED_NULL + 1, lambda line: json.dumps(json.loads(line) | {"start": "one"}).encode(),
     "line 6: 'start' of a record is 'one', not a count"),
    (NESTED_NULL + 1, lambda line: json.dumps(json.loads(line) | {"trace": [[1]]}).encode(),
     "line 6: a trace record holds something that is no crossing"),
]


@pytest.fixture
def records(tree):
    tree.run("-j", "1")
    return tree.root / "result" / "records.jsonl"


def edit(records, number, damage):
    lines = records.read_bytes().split(b"\n")
    lines[number - 1] = damage(lines[number - 1])
    records.write_bytes(b"\n".join(lines))


def words(text):
    """Text as it was before it was wrapped."""
    return " ".join(text.split())


def test_damaged_lines_are_told(tree, records):
    """Each in turn, since a run of its own for each would take long."""
    whole, table = records.read_bytes(), tree("table").out.rstrip("\n").partition("\nDearest")[0]
    for number, damage, said in DAMAGES:
        records.write_bytes(whole)
        edit(records, number, damage)
        answer = tree("table")
        assert answer.status == 1 and answer.err.count("\n") == 1 and "records.jsonl: line" in answer.err, said
        assert said in answer.err and "3 of its 4 records are whole" in answer.err, said
        assert answer.out.startswith(table), said
        assert f"Damaged: records.jsonl: {said}" in words(answer.out) or "advanced" in said


@pytest.mark.parametrize("number, damage, said", DAMAGES[:3] + DAMAGES[6:7])
def test_a_damaged_line_is_mended(tree, records, number, damage, said):
    whole, table = records.read_bytes(), tree("table").out
    edit(records, number, damage)
    started = len(tree.started())
    answer = tree("run", "--resume", "--emulator", str(FAKE))
    assert answer.status == 0 and len(tree.started()) == started + 1
    assert f"was damaged: records.jsonl: {said}: what is not whole is run again" in answer.err
    assert sorted(records.read_bytes().splitlines()) == sorted(whole.splitlines())
    assert tree("table").out == table and tree("table").status == 0


def test_every_view_shows_what_is_whole(tree, records):
    folder, page = str(tree.root / "result"), tree.root / "result/report"
    table, figures = tree("table").out, tree("export").out
    edit(records, NATIVE_NULL + 1, lambda line: line[:-30])
    for command in (["table", folder], ["exits", folder], ["report", folder], ["compare", folder, folder],
                    ["export", folder], ["export", folder, "--format", "json"], ["export", folder, "--format", "md"]):
        answer = tree(*command)
        assert answer.status == 1 and answer.err.count("\n") == 1, command
        assert answer.err.startswith(f"coopbench: {folder} is damaged: records.jsonl: line 2: cut off, or no JSON; "
                                     "native fake/null: 3 of its 4 records are whole"), command
        assert answer.out, command
    assert "4 of 4 rows equal" in tree("compare", folder, folder).out
    assert tree("export", folder).out == figures.replace(",2-4", ",3-4")
    for name in ("index.html", "report.md"):
        assert "Damaged: records.jsonl: line 2: cut off" in (page / name).read_text()
    assert [line for line in table.splitlines() if "fake/cpuid" in line][0] in tree("table", folder).out
    run = tree.json() | {"tree_clean": True}
    (tree.root / "result/run.json").write_text(json.dumps(run))
    assert "records are damaged" in tree("table", "--save-reference").err and not (tree.root / "results").exists()


def test_lines_that_are_there_twice(tree, records):
    whole = records.read_bytes()
    records.write_bytes(whole * 2)
    answer = tree("table")
    assert answer.status == 1
    assert "records.jsonl: lines 17-32: a repetition that an earlier line has already (what" in answer.err
    assert tree("export").out.splitlines()[1].endswith(",2-4")
    assert tree("run", "--resume", "--emulator", str(FAKE)).status == 0
    assert records.read_bytes() == whole and len(tree.started()) == 4, "nothing was run again"


def test_lines_that_are_gone(tree, records):
    records.write_bytes(b"\n".join(records.read_bytes().split(b"\n")[4:]))
    answer = tree("table")
    assert answer.status == 1 and "is damaged: native fake/null: 0 of its 4 records are whole (" in answer.err
    records.write_bytes(b"")
    assert "and 2 more like these" in tree("table").err
    assert tree("run", "--resume", "--emulator", str(FAKE)).status == 0
    assert tree("table").status == 0


def test_a_figure_that_its_records_do_not_say(tree, records):
    edit(records, NATIVE_CPUID + 1, change(tsc=1))
    edit(records, NATIVE_CPUID + 2, change(tsc=1))
    answer = tree("table")
    assert answer.status == 1 and "native fake/cpuid: table.csv has 150, its records 0.001" in answer.err


def test_records_that_cannot_be_read(tree, records):
    records.unlink()
    records.mkdir()
    answer = tree("table")
    assert answer.status == 1 and "records.jsonl cannot be read: Is a directory" in answer.err and answer.out


def test_a_result_of_before_records_were_counted(tree, records):
    run = tree.json()
    for outcome in run["outcomes"]:
        del outcome["records"]
    (tree.root / "result/run.json").write_text(json.dumps(run))
    assert tree("table").status == 0
    edit(records, NATIVE_NULL + 1, put(b"{"))
    assert "native fake/null: 2 of its 3 records are whole" in tree("table").err
    assert tree("run", "--resume", "--emulator", str(FAKE)).status == 0
    assert tree("table").status == 0 and records.read_bytes().count(b"\n") == 16


def test_a_refused_resume_leaves_the_records(tree, records):
    edit(records, NATIVE_NULL + 1, put(b"{"))
    damaged = records.read_bytes()
    answer = tree("run", "--resume", "--emulator", str(FAKE), "--set", "tick=0")
    assert answer.status == 2 and records.read_bytes() == damaged
