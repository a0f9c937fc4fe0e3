# SPDX-License-Identifier: GPL-2.0-or-later
"""Page walks as a third column, and where the order of modes changes with what exits and walks cost."""
import json
import shutil
from dataclasses import replace

import pytest

from conftest import HERE
from coopbench_lib.model import MOST_EXIT_COST, Cost, Model, find_cpu
from coopbench_lib.model_order import Line, area, changes, fields, lines_of, render_orders
from coopbench_lib.model_plane import MOST_WALK_COST, plane_plots
from coopbench_lib.results import Result, read_result
from coopbench_lib.summary import Row
from coopbench_lib.tables import WIDTH
from coopbench_lib.walks import PLUGIN, TLBS, find_tlb

MODEL = Model(find_cpu("merom"), Cost(1000, "x"), Cost(100, "y"), 1.0, Cost(10, "z"))


@pytest.fixture
def plugged(tree):
    plugin = tree.paths.build / PLUGIN
    plugin.parent.mkdir(parents=True)
    plugin.write_bytes(b"")
    return tree


def test_third_column(plugged):
    answer = plugged.run("--workload", "fake/null,fake/cpuid", "--walks")
    assert answer.status == 0 and "fake/cpuid   8 (2)       48 (2)" in answer.out and "TLBs: zen (AMD Zen" in answer.out
    rows = {row.key: row for row in read_result(plugged.root / "result").rows}
    native, nested = rows["native", "fake/cpuid"], rows["full-nested", "fake/cpuid"]
    assert (native.walks_per_op, native.walk_references_per_op, native.nested_references_per_op) == (2, 8, 0)
    assert (nested.walk_references_per_op, nested.nested_references_per_op) == (48, 40)
    assert plugged.json()["walks"] == {"tlb": "zen", "words": find_tlb("zen").words}
    record = json.loads((plugged.root / "result/records.jsonl").read_text().splitlines()[0])
    assert record["repetition"]["walks"]["walks"] == 2000
    assert plugged("table", str(plugged.root / "result")).out == answer.out
    command = plugged("run", "--walks", "skylake", "--dry-run", "--workload", "fake/null").out
    assert f"-plugin build/{PLUGIN},out=out/DIR/logs/native/fake-null/walks.json,{find_tlb('skylake').words}" in command


def test_untrusted_counts(plugged):
    answer = plugged.run("--workload", "fake/spread,fake/noise,fake/idle", "--mode", "native", "--walks")
    assert answer.status == 1
    reasons = {key[1]: outcome["reason"] for key, outcome in plugged.outcomes().items()}
    assert reasons == {"fake/spread": "the count of page walks in region 1 is not to be trusted",
                       "fake/noise": "the count of page walks in region 4 is not to be trusted",
                       "fake/idle": "the plugin in the emulator left no count of page walks"}


def test_refused(tree, plugged):
    assert "takes plugins: not on bochs-svm" in tree.run("--walks", "--machine", "bochs-svm", out="a").err
    assert "no TLBs called 'vax' (TLBs: zen, " in tree.run("--walks", "vax", out="b").err
    (tree.paths.build / PLUGIN).unlink()
    answer = tree.run("--walks", out="c")
    assert answer.status == 1 and "libcoopwalk.so is not built" in answer.err


def test_resume_keeps_the_tlbs(plugged):
    plugged.run("--workload", "fake/cpuid", "--walks", "barcelona", "--mode", "native")
    result = str(plugged.root / "result")
    assert plugged("run", "--emulator", str(HERE / "fake_emulator.py"), "--resume", "--out", result).status == 0
    answer = plugged("run", "--emulator", str(HERE / "fake_emulator.py"), "--resume", "--out", result, "--walks", "zen")
    assert answer.status == 2 and "its walks" in answer.err


def test_every_tlb_has_words_that_the_plugin_takes():
    for tlb in TLBS:
        for word in tlb.words.split(","):
            name, _, value = word.partition("=")
            assert name in ("l1i", "l1d", "l2i", "l2d", "l2", "walk_cache", "nested_cache", "tags"), tlb.name
            if name.startswith("l"):
                entries, ways = map(int, value.split("/"))
                assert entries % ways == 0


def make_row(mode, cpu, value, exits, references):
    return Row("qemu-svm", "", mode, cpu, "", "", "", "", "a/b", "instr", "ok", value=value, exits_per_op=exits,
               walk_references_per_op=references, walks_per_op=references / 4)


def make_result(*rows):
    return Result(None, {"machine": "qemu-svm", "run_id": "r", "walks": {"tlb": "zen"}}, list(rows), [], [])


ROWS = (make_row("native", "", 1000, None, 8), make_row("full-shadow", "vt", 1000, 10, 8),
        make_row("coop", "vt", 2000, 5, 8), make_row("full-nested", "vt", 1000, 1, 48),
        make_row("coop-nested", "vt", 1000, 1, 48), make_row("paravirt", "deprivileged", 1500, 20, 8))


def test_order():
    lines = lines_of(make_result(*ROWS), MODEL, "a/b")
    assert [line.name for line in lines] == ["full-shadow", "coop", "full-nested = coop-nested", "paravirt"]
    assert lines[3] == Line(("paravirt",), 3500.0, 0.0, 8.0)
    found = [(round(change.exit_cost, 3), change.cheaper.name, change.dearer.name) for change in changes(lines, 10)]
    assert found == [(round(400 / 9, 3), "full-nested = coop-nested", "full-shadow"), (200.0, "coop", "full-shadow"),
                     (250.0, "paravirt", "full-shadow"), (300.0, "paravirt", "coop"),
                     (2100.0, "paravirt", "full-nested = coop-nested")]
    text = render_orders(make_result(*ROWS), MODEL)
    assert "a/b: full-shadow < full-nested = coop-nested < coop < paravirt; from 44 on" in text
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "never changes" in render_orders(make_result(*ROWS[:2], make_row("coop", "vt", 2000, 20, 8)), MODEL)
    assert render_orders(make_result(*ROWS[:2]), MODEL) == ""


def test_fields_cover_the_plane_and_are_the_cheapest():
    lines = lines_of(make_result(*ROWS), MODEL, "a/b")
    found = fields(lines, MOST_WALK_COST)
    assert abs(sum(area(field) for _, field in found) - MOST_EXIT_COST * MOST_WALK_COST) < 1
    for line, field in found:
        middle = tuple(sum(corner[axis] for corner in field) / len(field) for axis in (0, 1))
        assert min(lines, key=lambda other: other.cycles(*middle)) is line
    assert [line.modes[0] for line, _ in found] == ["full-shadow", "coop", "full-nested", "paravirt"]


def test_plots():
    chase = [replace(row, workload="latency/page_chase", value=10, exits_per_op=0,
                     walk_references_per_op=2.5 if "nested" in row.mode else 1) for row in ROWS]
    plots = plane_plots(make_result(*ROWS, *chase), MODEL)
    assert [plot.name for plot in plots] == ["a-b-plane", "a-b-misses", "latency-page-chase-plane"]
    assert "without nested paging: full-shadow in" in plots[0].about and 'set yrange [0:100]' in plots[0].script
    assert all(script.count(" with lines ") == data.count("\n# ") for script, data in
               ((plot.script, plot.data) for plot in plots))
    assert not plane_plots(make_result(*(replace(row, walk_references_per_op=None) for row in ROWS)), MODEL)


def test_model_takes_walks(plugged):
    if not shutil.which("gnuplot"):
        pytest.skip("gnuplot is not here")
    shutil.copytree(HERE.parents[1] / "papers", plugged.root / "papers")
    plugged.run("--mode", "native,full-nested,coop", "--workload", "fake/cpuid", "--walks")
    result = str(plugged.root / "result")
    answer = plugged("model", result, "--cpu", "merom", "--out", str(plugged.root / "plots"))
    text = " ".join(answer.out.split())
    assert answer.status == 0 and "A table entry that a page walk reads: 11 cycles (asplos2008, Table 2" in text
    assert (plugged.root / "plots/fake-cpuid-model.svg").is_file()
    cheap, dear = (plugged("model", result, "--walk-cost", cost).out.splitlines()[4].split() for cost in ("1", "100"))
    assert int(dear[1].replace(",", "")) - int(cheap[1].replace(",", "")) == 99 * 8
    plugged.run("--mode", "native,full-nested", "--workload", "fake/cpuid", out="plain")
    answer = plugged("model", str(plugged.root / "plain"), "--walk-cost", "3")
    assert answer.status == 2 and "no count of page walks" in answer.err
    assert "Page walks: left out" in " ".join(plugged("model", str(plugged.root / "plain")).out.split())


def test_in_markdown_and_report(plugged):
    plugged.run("--workload", "fake/cpuid", "--walks")
    result = plugged.root / "result"
    line = "| fake/cpuid | 8 (2) | 48 (2) |"
    assert line in (result / "table.md").read_text() and line in plugged("export", str(result), "--format", "md").out
    plugged("report", str(result), "--out", str(plugged.root / "page"))
    assert line in (plugged.root / "page/report.md").read_text()
    page = (plugged.root / "page/index.html").read_text()
    assert "<td>48 (2)</td></tr>" in page and "TLBs: zen" in page
    plugged.run("--workload", "fake/cpuid", out="plain")
    assert "Page walks" not in (plugged.root / "plain/table.md").read_text()
