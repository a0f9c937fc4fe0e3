# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of twenty systems: whole, honest where nothing was measured, its classes by the committed bounds."""
import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from coopbench_lib import technology
from coopbench_lib.model import explainer
from coopbench_lib.modes import find_mode
from coopbench_lib.results import Result, read_result
from coopbench_lib.summary import Row
from coopbench_lib.tables import WIDTH

FOLDER = Path(__file__).resolve().parents[2] / "papers" / technology.NAME
THRESHOLDS = json.loads((FOLDER / "thresholds.json").read_text())


@pytest.fixture
def papers(tree):
    shutil.copytree(FOLDER, tree.root / "papers" / technology.NAME)
    return tree.root / "papers" / technology.NAME


def result_of(mode, *ratios, status="ok"):
    """A result that has the rule's workloads, in their order, in one mode."""
    axes = find_mode(mode)
    rows = [Row("qemu-svm", "x", axes.name, axes.cpu, axes.mmu, axes.io, "", "", workload, "instr", status, ops=1,
                value=number, ratio_to_native=number, exits_per_op=2) for workload,
                number in zip(THRESHOLDS["workloads"], ratios)]
    return Result(Path("/x"), {"machine": "qemu-svm", "run_id": "test", "unit": "instr"}, rows, [], [])


def measured(mode, *ratios):
    lines = technology.make_lines(FOLDER, result_of(mode, *ratios))
    return {(line.system["system"], line.part): line.measured for line in lines}


def test_twenty_systems(tree, papers):
    answer = tree("reproduce", "techcomparison", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert answer.status == 0 and len({row["system"] for row in rows}) == 20
    assert all(row["point"] and row["measured"] for row in rows)
    assert all(row["measured"].startswith(("not measured: ", "not possible here: ")) for row in rows)
    xen = rows[0]
    assert (xen["system"], xen["license"], xen["hotplug"]) == ("Xen", "GPL", "yes")
    assert xen["performance"] == "paravirt very fast, full virt medium"


def test_text_fits(tree, papers):
    text = tree("reproduce", "techcomparison").out
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "there is none" in text and "Toshiba CellEB" in text
    table = tree("reproduce", "techcomparison", "--format", "md").out.split("\n\n")[0].splitlines()
    assert len(table) == 22 and {line.count("|") for line in table} == {14}


def test_figure():
    found = measured("full-nested", *[1.1] * 10)
    assert found["KVM", "full virt today"] == ("very fast: 1.100 times native in instr, 2 exits/op, 10 workloads")
    assert "is not in this result" in measured("native", *[1.0] * 10)["KVM", "full virt today"]


def test_unstable_class():
    found = measured("full-nested", *[1.2] * 10)["KVM", "full virt today"]
    assert found.endswith("(fast to very fast with bounds half to one and a half as large)")


def test_too_few_workloads():
    assert "fewer than 5" in measured("full-nested", 1, 1, 1, 1)["KVM", "full virt today"]
    assert technology.measure(result_of("full-nested", *[1.0] * 10, status="failed"), "full-nested", THRESHOLDS) is None


def test_disagreement_is_told():
    result = result_of("full-nested", *[1.0] * 10)
    text = technology.render(technology.make_lines(FOLDER, result), result, "text")
    assert "KVM, full virt today: the table says medium, the figures native" in text
    assert "had no nested paging" in " ".join(text.split())
    lines = technology.make_lines(FOLDER, result, explain=lambda mode: 3.0)
    assert "modelled with what an exit cost in 2005 it is 3.000 times native: medium" in lines[4].disagrees
    result = result_of("full-nested", *[3.0] * 10)
    assert "the table says" not in technology.render(technology.make_lines(FOLDER, result), result, "text")


def test_every_row_of_the_kept_results():
    """Measured live, measured on a point, or not possible here with the reason; every disagreement with its why."""
    root = FOLDER.parents[1]
    result = read_result(root / "results/qemu-svm")
    peers = [read_result(root / "results" / name) for name in ("peers-qemu-svm", "peers-host")]
    lines = technology.make_lines(FOLDER, result, peers, explainer(root / "papers", result))
    assert len({line.system["system"] for line in lines}) == 20
    for line in lines:
        assert " times native in " in line.measured or line.measured.startswith("not possible here: "), line
        assert not line.disagrees or "modelled" in line.disagrees and line.disagrees.count(": ") > 1, line.disagrees
    live = {line.system["system"] for line in lines if line.measured.startswith("live, ")}
    assert live == {"Xen", "KVM", "UML", "qemu", "LXC"}
    alike = {line.system["system"] for line in lines if line.measured.startswith("the same technique live, bubblewrap")}
    assert alike == {"OpenVZ", "Linux-VServer"}


@pytest.mark.parametrize("mean, scale, name", [(1.0, 1, "native"), (1.02, 1, "native"), (1.02, 0.5, "very fast"),
                                               (2.0, 1, "fast"), (2.4, 1.5, "fast"), (5.1, 1, "slow"),
                                               (900, 1, "slow")])
def test_classes(mean, scale, name):
    assert technology.classify(mean, THRESHOLDS, scale) == name


def test_broken_data(tree, papers):
    path = papers / "points.csv"
    path.write_text(path.read_text() + "NoSystem,paravirt,coop,,x,,\n")
    answer = tree("reproduce", "techcomparison")
    assert answer.status == 1 and "NoSystem stands in only one of systems.csv and points.csv" in answer.err
    path.write_text("system\nXen\n")
    assert "its columns must be" in tree("reproduce", "techcomparison").err
    assert tree("reproduce", "nothing").status == 2
