# SPDX-License-Identifier: GPL-2.0-or-later
"""The publications: what the tree has is right, spot checks of its figures, and whatever is wrong is told by line."""
import csv
import json
import shutil
from pathlib import Path

import pytest

from coopbench_lib.papers import COLUMNS, read_papers, render_papers
from coopbench_lib.workloads import read_manifest

ROOT = Path(__file__).resolve().parents[2]
WORKLOADS = {workload.name for workload in read_manifest(ROOT / "bench/workloads/manifest.json")}

GOLDEN_LIST = """\
name   figures  mapped  title
-------------------------------
first        2       1  A title
"""
FIGURES = """\
Table 1,native,null,1.5,us,read,,fake/null,native,
Table 1,Xen,null,2,us,digitised,,fake/null,,
"""
CITATION = {"key": "a-2006", "title": "A title", "authors": "A", "venue": "V", "year": 2006, "read_at": "x",
            "hardware": "h"}


def test_the_publications_of_the_tree():
    papers = read_papers(ROOT / "papers", WORKLOADS)
    assert [paper.wrong for paper in papers] == [()] * len(papers)
    names = {paper.name for paper in papers}
    assert names >= {"asplos2006", "sosp2003", "atc2012", "kvm-paravirt-2007", "sosp2023-pvm", "asplos2008", "vee2020",
                     "kernelnewbies-techcomparison"}
    assert max(map(len, render_papers(papers).splitlines())) <= 100


@pytest.mark.parametrize("paper, configuration, operation, setting, value, unit, status", [
    ("asplos2006", "hardware VMM", "pgfault", "3.8 GHz P4 672", "11242", "cycles", "read"),
    ("asplos2006", "software VMM", "syscall/sysret", "3.8 GHz P4 672", "2307", "cycles", "digitised"),
    ("sosp2003", "Xen", "fork", "", "198", "us", "read+img"),
    ("sosp2003", "UML", "sh", "", "58000", "us", "read+img"),
    ("atc2012", "Merom", "hardware round trip of an exit", "launched 2Q2006", "1579", "cycles", "read"),
    ("kvm-paravirt-2007", "KVM trunk + paravirt/cr3", "2-task context switch", "", "1.6", "us", "read"),
    ("sosp2023-pvm", "pvm (NST)", "PIO", "KPTI off, mean of 10 million", "12.03", "us", "read+img"),
    ("asplos2008", "JavaServer", "gain by a perfect TLB, 2D", "no page walk cache", "89", "%", "read"),
    ("vee2020", "virtualized", "write MSR", "", "1367", "cycles", "read"),
])
def test_figures(paper, configuration, operation, setting, value, unit, status):
    with (ROOT / "papers" / paper / "figures.csv").open(newline="") as file:
        found = [row for row in csv.DictReader(file)
                 if (row["configuration"], row["operation"], row["setting"]) == (configuration, operation, setting)]
    assert [(row["value"], row["unit"], row["status"]) for row in found] == [(value, unit, status)]


@pytest.fixture
def paper(tree):
    folder = tree.root / "papers/first"
    folder.mkdir(parents=True)
    (folder / "citation.json").write_text(json.dumps(CITATION))
    (folder / "figures.csv").write_text(",".join(COLUMNS) + "\n" + FIGURES)
    return folder


def test_list_and_check(tree, paper):
    assert tree("papers", "list").out == GOLDEN_LIST
    answer = tree("papers", "check")
    assert (answer.status, answer.out) == (0, "1 publications, 2 figures, 0 wrong\n")


@pytest.mark.parametrize("old, new, text", [
    ("1.5,us", "about 1,us", "line 2: value 'about 1' is no number"),
    ("1.5,us", "1.5,furlongs", "there is no unit 'furlongs'"),
    ("1.5,us", "nan,us", "value 'nan' is no number"),
    (",read,", ",remembered,", "status 'remembered' is none of read, read+img, digitised"),
    ("fake/null,native", "fake/none,native", "there is no workload 'fake/none'"),
    ("fake/null,native", "fake/null,fastest", "there is no mode 'fastest'"),
    ("Table 1,native", ",native", "where is empty"),
    ("Xen,null", "native,null", "line 3: the same figure as in line 2"),
    ("where,", "place,", "its columns must be"),
    (",native,\n", ",native\n", "line 2 has not 10 cells"),
])
def test_what_is_wrong_is_told(tree, paper, old, new, text):
    path = paper / "figures.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    answer = tree("papers", "check")
    assert answer.status == 1 and text in answer.out and answer.out.splitlines()[0].startswith("papers/first: ")


def test_citation(tree, paper):
    (paper / "citation.json").write_text(json.dumps(CITATION | {"hardware": "", "year": "then"}))
    out = tree("papers", "check").out
    assert "hardware is missing" in out and "year is no number" in out
    (paper / "citation.json").write_text("{")
    assert "not valid JSON" in tree("papers", "check").out
    (paper / "citation.json").unlink()
    assert "cannot read citation.json" in tree("papers", "check").out


def test_no_publication(tree):
    answer = tree("papers", "check")
    assert answer.status == 2 and "there is no publication" in answer.err


def test_comparison_table_is_checked(tree):
    name = "kernelnewbies-techcomparison"
    shutil.copytree(ROOT / "papers" / name, tree.root / "papers" / name)
    assert tree("papers", "check").out == "1 publications, 20 figures, 0 wrong\n"
    (tree.root / "papers" / name / "thresholds.json").write_text("{")
    assert tree("papers", "check").status == 1
