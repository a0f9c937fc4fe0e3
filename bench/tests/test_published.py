# SPDX-License-Identifier: GPL-2.0-or-later
"""Published figures beside ours, and the model that is judged by them."""
import json
import shutil
from pathlib import Path

import pytest

from conftest import FAKE
from coopbench_lib.model import CPUS, Cost, Model, calibrate, find_cpu, read_cost
from coopbench_lib.papers import COLUMNS
from coopbench_lib.published import read_pairs, render_published
from coopbench_lib.results import read_result
from coopbench_lib.summary import Row
from coopbench_lib.tables import WIDTH

PAPERS = Path(__file__).resolve().parents[2] / "papers"
FIGURES = """\
Table 1,native,cpuid,100,cycles,read,,fake/cpuid,native,
Table 1,HVM,cpuid,180,cycles,read,,fake/cpuid,full-nested,
Table 1,HVM slow,cpuid,900,cycles,digitised,,fake/cpuid,coop,
Table 1,native,rate,100,op/s,read,,fake/null,native,
Table 1,HVM,rate,50,op/s,read,,fake/null,full-nested,
Table 1,HVM,unmapped,50,op/s,read,,,full-nested,
Table 1,HVM,no native,50,us,read,,fake/null,coop,
"""
CITATION = {"key": "a", "title": "A title", "authors": "A", "venue": "V 2006", "year": 2006, "read_at": "x",
            "hardware": "a machine",
            "misses": {"fake/cpuid": "for a reason"}}


@pytest.fixture
def paper(tree):
    folder = tree.root / "papers/first"
    folder.mkdir(parents=True)
    (folder / "citation.json").write_text(json.dumps(CITATION))
    (folder / "figures.csv").write_text(",".join(COLUMNS) + "\n" + FIGURES)
    return folder


def make_row(mode="full-shadow", cpu="vt", value=1000.0, exits=10.0):
    return Row("qemu-svm", "", mode, cpu, "", "", "", "", "a/b", "instr", "ok", value=value, exits_per_op=exits)


def test_pairs(paper):
    pairs = read_pairs(paper, None)
    assert [(pair.configuration, pair.published) for pair in pairs] == [("HVM", 1.8), ("HVM slow", 9.0), ("HVM", 2.0)]
    assert all(pair.within is None for pair in pairs)
    assert "Nothing of ours to compare: bench/coopbench run --mode native,full-nested,coop" in \
        " ".join(render_published(paper, None).split())


def test_reproduce(tree, paper):
    tree.run("--mode", "native,full-nested,coop")
    answer = tree("reproduce", "first", str(tree.root / "result"))
    text = " ".join(answer.out.split())
    assert answer.status == 0 and max(map(len, answer.out.splitlines())) <= WIDTH
    assert "2 of 3 ratios agree; order of the modes: 4 of 4 pairs" in text
    assert "misses: fake/cpuid in coop: 9.000 there (HVM slow), 1.667 here: for a reason" in text
    assert "Held different: theirs is a machine; ours is qemu-svm" in text
    answer = tree("reproduce", "second", str(tree.root / "result"))
    assert answer.status == 2 and "nothing to reproduce called 'second' (there is: techcomparison, first)" in answer.err


def test_every_cpu_has_published_costs():
    for cpu in CPUS:
        for line in (cpu.exit, cpu.ring):
            assert read_cost(PAPERS, line).cycles > 0
    assert read_cost(PAPERS, find_cpu("sandybridge").exit) == Cost(
        784, "atc2012, Table 1: hardware round trip of an exit (Sandy Bridge), read")


def test_model():
    model = Model(find_cpu("merom"), Cost(1000, "x"), Cost(100, "y"), 2.0)
    assert model.cycles(make_row()) == 2 * 1000 + 10 * 1000
    assert model.cycles(make_row(cpu="deprivileged")) == 2 * 1000 + 10 * 100
    assert model.cycles(make_row("native", "", 500, None)) == 1000
    assert model.naive(make_row(), make_row("native", "", 500, None)) == 1000 + 10000


def test_model_command(tree):
    for name in ("atc2012", "asplos2006", "vee2020", "sosp2003"):
        shutil.copytree(PAPERS / name, tree.root / "papers" / name)
    tree.run("--mode", "native,full-nested,coop")
    answer = tree("model", str(tree.root / "result"), "--cpu", "westmere", "--cpi", "2", "--out",
                  str(tree.root / "plots"))
    assert answer.status == 0, answer.err
    assert answer.out.startswith("MODEL of westmere, not measured") and max(map(len,
                                                                                answer.out.splitlines()[:20])) <= WIDTH
    assert f"{(2 * 250 + 761) / 300:.3f}" in answer.out
    text = " ".join(answer.out.split())
    assert "A VM exit: 761 cycles (atc2012, Table 1" in text and "another CPU's" in text
    assert "No published ratio of westmere to judge it by" in text
    script = (tree.root / "plots/fake-cpuid-model.gp").read_text()
    assert "MODEL" in script
    data = (tree.root / "plots/fake-cpuid-model.dat").read_text().split("\n\n\n")[1]
    assert data.splitlines()[1] == "0 1.66667" and data.strip().splitlines()[-1] == f"5000 {(500 + 5000) / 300:.6g}"
    for words in (["--cpu", "z80"], ["--cpi", "0"]):
        assert tree("model", str(tree.root / "result"), *words).status == 2


def test_calibration():
    result = read_result(PAPERS.parent / "results/qemu-svm")
    cpi, count = calibrate(PAPERS, result)
    assert count >= 4 and 1 < cpi < 100


def test_new_paper(tree):
    answer = tree("papers", "new", "mine-2026")
    assert answer.status == 0 and "fill in citation.json" in answer.out
    assert json.loads((tree.root / "papers/mine-2026/citation.json").read_text())["title"] == ""
    assert tree("papers", "check").status == 1
    for words in (["new"], ["new", "mine-2026"], ["new", "No Name"], ["list", "x"]):
        assert tree("papers", *words).status == 2
    assert FAKE.is_file()
