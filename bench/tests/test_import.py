# SPDX-License-Identifier: GPL-2.0-or-later
"""coopbench import: captures of a serial line. Those in captures/ were taken from QEMU without -icount, booted from the
GRUB image, with GRUB's own talk before the records; others are made of them here."""
import json
import re
from pathlib import Path

import pytest

pytest.importorskip("numpy")

from conftest import FAKE
from coopbench_lib.results import read_result
from test_golden import check

CAPTURES = Path(__file__).resolve().parent / "captures"
HYPERVISED, NATIVE = ((CAPTURES / name).read_text() for name in ("full-nested-com1.log", "native-com2.log"))


@pytest.fixture
def measured(tree):
    """A tree whose manifest knows what the captures measured."""
    tree.write_manifest([{"name": "latency/null_call", "ops": 1000, "does": "A system call."}])
    return tree


def moved(text, add):
    """The same boot with other costs, as another boot of the same computer would have them."""
    text = re.sub(r'("ops":1000,"tsc":)(\d+)', lambda found: f"{found[1]}{int(found[2]) + add}", text)
    return re.sub(r'("region":\d+,"tsc":)(\d+),"guest":(\d+)',
                  lambda found: f'{found[1]}{int(found[2]) + add},"guest":{int(found[3]) + add}', text)


def write(tree, **texts):
    """Captures by name; the words that name them."""
    for name, text in texts.items():
        (tree.root / f"{name}.log").write_text(text)
    return [str(tree.root / f"{name}.log") for name in texts]


def imported(tree, logs, *words, out="result"):
    return tree("import", *logs, "--out", str(tree.root / out), *words)


def test_golden(measured):
    """Five boots of each, one capture behind the other in a file, as a terminal keeps them."""
    texts = [moved(text, 1000 * boot) for boot in range(5) for text in (HYPERVISED, NATIVE)]
    answer = imported(measured, write(measured, all="".join(texts)), "--machine", "mine", "--about", "microcode=0xf0",
                      "--about", "turbo=off")
    assert answer.status == 0, answer.err
    assert answer.err.startswith("10 boots; the result is in ")
    check("import.txt", answer.out)
    result = read_result(measured.root / "result")
    row = next(row for row in result.rows if row.mode == "full-nested")
    assert (row.machine, row.unit, row.interval, row.repetitions) == ("mine", "cycles", "ci95", 25)
    assert [len(group) for group in result.groups("full-nested", "latency/null_call")] == [5] * 5
    assert result.run["environment"] | {"cpu": "AMD EPYC Processor (family 23, model 1)", "mhz": "2607",
                                        "microcode": "0xf0", "turbo": "off",
                                        "smt": "unknown"} == result.run["environment"]
    assert list(result.run["logs"]) == [str(measured.root / "all.log")]


def test_every_view_takes_it(measured):
    logs = write(measured, a=HYPERVISED, b=NATIVE, c=moved(HYPERVISED, 9999), d=moved(NATIVE, 99))
    assert imported(measured, logs[:2], out="one").status == imported(measured, logs, out="two").status == 0
    one, two = (str(measured.root / name) for name in ("one", "two"))
    for words in (("table", one), ("table", one, two), ("compare", one, two), ("exits", two), ("cite", two),
                  ("report", two), ("export", two, "--format", "json"), ("export", two, "--format", "latex")):
        answer = measured(*words)
        assert answer.status == 0, (words, answer.err)
    assert "2 captures" in measured("cite", one).out and "Mann and Whitney" in measured("compare", one, two).out
    assert "in cycles" in measured("model", one).err


def test_units_do_not_meet(measured):
    """No ratio of cycles and instructions, also where one name stands for both."""
    imported(measured, write(measured, a=HYPERVISED, b=NATIVE), out="cycles")
    measured.write_manifest([{"name": "fake/null", "ops": 1000, "does": "x", "default": True}])
    measured.run(out="counts")
    path = measured.root / "counts/run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"machine": "hardware"}))
    answer = measured("compare", str(measured.root / "cycles"), str(measured.root / "counts"))
    assert answer.status == 2 and "unit is cycles in" in answer.err


CUT = HYPERVISED[:HYPERVISED.index('@coop {"type":"stop"')]
WITHOUT_A_REPETITION = "\n".join(line for line in HYPERVISED.split("\n") if '"region":4,' not in line)
WITHOUT_THE_LAST = "\n".join(line for line in HYPERVISED.split("\n") if '"region":6,"repetition"' not in line)
INVARIANT = HYPERVISED.replace('"guest":326118', '"guest":326117')
COUNTED = re.sub(r'("ops":1000,"tsc":)\d+', r"\g<1>260000", HYPERVISED)

# What is told of all captures together names none of them.
OF_ALL = ("counts of an emulator", "iterations=500", "no hypervisor has written down what the CPU is")


@pytest.mark.parametrize("text, says", [
    ("", "holds no record"),
    ("GRUB loading.\nhv 0 info: 1 CPU\n", "holds no record"),
    (HYPERVISED.replace('"region":3,"repetition":1', '"region":3,"rep\0\0'), "line 19 is a damaged record"),
    (HYPERVISED.replace('"params":{"iterations":1000}}\n', '"params":{"iterat', 1), "is a damaged record"),
    (CUT, "does not come to its end"), (HYPERVISED[HYPERVISED.index('@coop {"type":"region"'):], "beginning is not in"),
    (CUT + NATIVE, "does not come to its end"),
    (WITHOUT_A_REPETITION, "are 0 1 3 4: lines are lost"),
    (WITHOUT_THE_LAST, "region 6 has no repetition: lines are lost"), (INVARIANT, "but the counter advanced by"),
    (COUNTED, "counts of an emulator"), (HYPERVISED + HYPERVISED, "is the same as"),
    (HYPERVISED + moved(HYPERVISED, 9).replace("AMD EPYC", "AMD Ryzen"), "mixed captures: the CPU is AMD EPYC"),
    (HYPERVISED + moved(HYPERVISED, 9).replace('"tsc_khz":2606697', '"tsc_khz":3606697', 1),
     "mixed captures: the time-stamp counter"),
    (HYPERVISED + moved(HYPERVISED, 9).replace('"cluster":0', '"cluster":8'),
     "mixed captures: the switch cluster is 0"),
    (HYPERVISED + moved(HYPERVISED, 9).replace("guest-coop\",\"mode", "Linux 6.1\",\"mode"),
     "mixed captures: the kernel is"),
    (HYPERVISED + moved(HYPERVISED, 9).replace('"iterations":1000', '"iterations":500'), "iterations=500"),
    (HYPERVISED.replace("full-nested", "sideways"), "there is no mode 'sideways'"),
    (HYPERVISED.replace('"nested_paging":"1"', '"nested_paging":"0"'), "nested paging is off"),
    (HYPERVISED.replace("latency/null_call", "latency/nothing"), "there is no workload 'latency/nothing'"),
    (NATIVE, "no hypervisor has written down what the CPU is"),
    (re.sub(r'@coop {"type":"re.*\n', "", HYPERVISED), "it measured nothing"),
    ('@coop {"type":"error","who":"guest","reason":"no such word"}\n@coop {"type":"end","status":"failed"}\n',
     "no such word"),
], ids=lambda value: value if len(value) < 60 else "capture")
def test_no_measurement(measured, text, says):
    answer = imported(measured, write(measured, bad=text))
    assert answer.status == 2 and says in answer.err
    assert "bad.log" in answer.err or says in OF_ALL
    assert answer.err.count("\n") == 1 and not (measured.root / "result").exists()


def test_a_boot_that_failed_is_a_row_that_failed(measured):
    failed = HYPERVISED.replace('"vm":0,"reason":"exit-port"', '"vm":0,"reason":"triple-fault"')
    answer = imported(measured, write(measured, a=failed, b=NATIVE, c=moved(HYPERVISED, 9)))
    row = next(row for row in read_result(measured.root / "result").rows if row.mode == "full-nested")
    assert answer.status == 1 and row.status == "failed" and "triple-fault" in row.reason and "a.log" in row.reason
    assert "1 of 2 rows failed" in answer.err


def test_usage(measured):
    logs = write(measured, a=HYPERVISED)
    for words, says in ((("--machine", "qemu-svm"), "cannot be called 'qemu-svm'"),
                        (("--machine", "a/b"), "cannot be called"),
                        (("--about", "weather=fine"), "write it as NAME=VALUE"),
                        (("--about", "smt="), "write it as NAME=VALUE")):
        answer = imported(measured, logs, *words)
        assert answer.status == 2 and says in answer.err and answer.err.count("\n") == 1
    assert "No such file" in imported(measured, ["/nowhere.log"]).err
    assert imported(measured, [str(FAKE)]).status == 2
    (measured.root / "result").mkdir()
    (measured.root / "result/x").write_text("")
    assert "is not empty" in imported(measured, logs).err
    assert imported(measured, write(measured, n=NATIVE), "--about", "cpu=An old one", out="other").status == 0
