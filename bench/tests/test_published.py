# SPDX-License-Identifier: GPL-2.0-or-later
"""Published figures beside ours, and the model that is judged by them."""
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FAKE
from coopbench_lib.model import CPUS, Cost, Model, calibrate, find_cpu, read_cost, render_model
from coopbench_lib.papers import COLUMNS
from coopbench_lib.published import read_pairs
from coopbench_lib.published_rule import read_rule
from coopbench_lib.published_views import render_published
from coopbench_lib.results import Result, read_result
from coopbench_lib.summary import Row
from coopbench_lib.tables import WIDTH
from coopbench_lib.technology import read_table

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
        " ".join(render_published(paper, []).split())


def test_reproduce(tree, paper):
    tree.run("--mode", "native,full-nested,coop")
    answer = tree("reproduce", "first", str(tree.root / "result"))
    text = " ".join(answer.out.split())
    assert answer.status == 0 and max(map(len, answer.out.splitlines())) <= WIDTH
    assert "2 of 3 ratios agree; order of the modes: 4 of 4 pairs" in text
    assert "misses: fake/cpuid in coop: 9.000 there (HVM slow), 1.667 here: for a reason" in text
    assert "Held different: theirs is a machine; ours is qemu-svm" in text
    answer = tree("reproduce", "second", str(tree.root / "result"))
    assert answer.status == 2
    assert "nothing to reproduce called 'second' (there is: techcomparison, first, all)" in answer.err


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
    native = make_row("native", "", 500, None)
    assert model.naive(make_row(), native) == 1000 + 10000 and model.naive(native, native) == 1000


def test_naive_model_knows_no_walks(tmp_path):
    """Without a crossing it says 1, also where page walks were counted."""
    for name in ("asplos2006", "sosp2003"):
        shutil.copytree(PAPERS / name, tmp_path / name)
    rows = [replace(make_row(mode, "vt" * (mode != "native"), 1000, 0 if mode != "native" else None),
                    workload="macro/forkwait", walk_references_per_op=50.0, walks_per_op=10.0)
                    for mode in ("native", "full-shadow")]
    result = Result(None, {"machine": "qemu-svm", "run_id": "r", "unit": "instr", "walks": {"tlb": "zen"}}, rows, [],
                    [])
    model = Model(find_cpu("prescott"), Cost(1000, "x"), Cost(100, "y"), 1.0, Cost(10, "z"))
    lines = [line.split() for line in render_model(result, model, tmp_path, (1.0, 0)).splitlines()]
    judged = next(line for line in lines if line[:2] == ["macro/forkwait", "full-shadow"])
    assert judged[-2] == "1.000"


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


def test_rule_of_a_paper(tree, paper):
    """Another base than native, switches, settings that count, speed-ups, and where the hypervisor is entered."""
    (paper / "figures.csv").write_text(",".join(COLUMNS) + "\n" + """\
Table 1,KVM,cpuid,10,us,read,one,fake/cpuid,full-nested,
Table 1,PVM,cpuid,11,us,read,one,fake/cpuid,coop,
Table 1,KVM,cpuid,10,us,read,many,fake/cpuid,full-nested,
Table 1,PVM,cpuid,99,us,read,many,fake/cpuid,coop,
Fig. 1,clusters,build,1.25,ratio,read,one,fake/null,full-nested,
""")
    (paper / "rule.json").write_text(json.dumps({
        "why": "Said before.", "base_configurations": ["KVM"], "base_mode": "full-nested", "settings": ["one"],
        "switches": {"clusters": {"cluster": "16"}}, "speed_up_in": ["Fig. 1"], "misses": {"fake/null": "a reason"},
        "mechanism": {"fake/cpuid": {"coop": "some"}, "fake/null": {"full-nested": "some"}}}))
    tree.run("--mode", "native,full-nested,coop", out="usual")
    places = [str(tree.root / "usual")]
    pairs = read_pairs(paper, read_result(tree.root / "usual"))
    assert [(pair.configuration, pair.published, pair.ours) for pair in pairs] == [("PVM", 1.1, 1.0),
                                                                                   ("clusters", 0.8, None)]
    text = " ".join(tree("reproduce", "first", *places).out.split())
    assert "1 figures have no row of ours in these results: bench/coopbench run --mode full-nested --workload "\
        "fake/null --set cluster=16" in text
    tree.run("--mode", "native,full-nested", "--set", "cluster=16", out="clustered")
    text = " ".join(tree("reproduce", "first", *places, str(tree.root / "clustered")).out.split())
    assert "Said before." in text and "2 of 2 ratios agree" in text and "entered as published: 1 of 2" in text
    assert "misses: fake/null in full-nested: some expected, 0 crossings an operation here: a reason" in text
    tree.paths.images()["hv-core"].write_bytes(b"another")
    tree.run("--mode", "native,full-nested", "--set", "cluster=16", out="of-another-build")
    text = " ".join(tree("reproduce", "first", *places, str(tree.root / "of-another-build")).out.split())
    assert "1 of 1 ratios agree" in text and "Some rows have nothing beside them that they may be divided by" in text
    for name in ("cited", "empty"):
        shutil.copytree(paper, paper.parent / name)
    (paper.parent / "empty/figures.csv").write_text(",".join(COLUMNS) + "\n")
    table = tree("reproduce", "all", *places, str(tree.root / "clustered")).out.splitlines()
    assert [line.split() for line in table[2:5]] == [
        ["cited", "2", "of", "2", "2", "of", "2", "1", "of", "2", "0"], ["empty", "-", "-", "-", "0"],
        ["first", "2", "of", "2", "2", "of", "2", "1", "of", "2", "0"]]
    for wrong in ('{"mechanism": {"a": {"b": "often"}}}', '{"no": 1}', "[1]", "{"):
        (paper / "rule.json").write_text(wrong)
        assert "rule.json" in tree("reproduce", "first", *places).err


def test_a_pair_is_of_one_result(tree, paper):
    """A row is divided by its own result's native row, also where an earlier result has a native row alone, or an odd
    one."""
    tree.run("--mode", "native", out="first")
    tree.run("--mode", "native,full-nested,coop", "--set", "tick=0", out="second")
    table = tree.root / "first/table.csv"
    table.write_text(table.read_text().replace("150", "9"))
    (tree.root / "first/run.json").write_text((tree.root / "second/run.json").read_text())
    rows = [read_result(tree.root / name) for name in ("first", "second")]
    for results in (rows, rows[::-1]):
        results = [replace(result, rows=[replace(row, switches="tick=10000000") for row in result.rows])
                   for result in results]
        pairs = read_pairs(paper, results)
        assert {pair.base.value for pair in pairs} == {150} and all(pair.ours for pair in pairs)
    read = read_pairs(paper, [replace(rows[0], rows=[replace(row, switches="") for row in rows[0].rows])])
    assert all(pair.row is None and pair.base.value == 9 for pair in read)


def test_every_rule_is_about_its_paper():
    """Workloads, modes, configurations and settings of each rule are those of its figures."""
    for folder in sorted(path.parent for path in PAPERS.glob("*/figures.csv")):
        rule, figures = read_rule(folder), read_table(folder / "figures.csv", COLUMNS)
        assert rule.why and folder.joinpath("rule.json").exists()
        places = {(figure["workload"], figure["mode"]) for figure in figures}
        assert {(name, mode) for name, modes in rule.mechanism.items() for mode in modes} <= places
        assert set(rule.base_configurations) | set(rule.switches) <= {figure["configuration"] for figure in figures}
        assert set(rule.misses) <= {figure["workload"] for figure in figures}
        assert set(rule.settings or ()) <= {figure["setting"] for figure in figures}
        assert set(rule.mechanism_only) <= {figure["operation"] for figure in figures}
