# SPDX-License-Identifier: GPL-2.0-or-later
"""coopbench trace and demo: crossings as CSV, side by side, and as a timeline."""
import csv
import shutil

import pytest

from conftest import FAKE
from coopbench_lib.cost_plot import cost_plot
from coopbench_lib.modes import find_mode
from coopbench_lib.records import Crossing, RecordError, read_region, read_repetition, read_traces
from coopbench_lib.timeline import timeline_plot
from coopbench_lib.trace import Lane, Symbols, kind, what


def make_crossing(reason="cpuid", at=0, detail=0, argument=0, cost=100, idle=0):
    return Crossing(at, reason, 0x1000, detail, argument, cost, idle)


def make_lane(count, cost=60, mode="full-shadow"):
    """A repetition with a crossing every 100 units."""
    line = dict(type="region", region=1, tsc=100 * count + 100, guest=100 * count + 100 - cost * count,
                hypervisor=cost * count,
                idle=0, injections=0, exits={"cpuid": dict(count=count, total=cost * count, min=cost, p50=cost,
                                                           p99=cost,
                                                           max=cost)} if count else {}, hypercalls={})
    record = dict(type="repetition", workload="a/b", region=1, repetition=0, warmup=False, ops=1, tsc=100 * count + 50)
    crossings = [make_crossing(at=100 * place, cost=cost) for place in range(count)]
    repetition = read_repetition(record, read_region(line))
    return Lane(find_mode(mode), repetition, repetition, crossings)


@pytest.mark.parametrize("crossing, words", [
    (make_crossing("port_io", detail=0x3f8 | 1 << 16 | 1 << 24), "out port 0x3f8"),
    (make_crossing("hypercall", detail=0x101, argument=42), "hypercall mmu_batch of 42"),
    (make_crossing("hypercall", detail=0x999), "hypercall 0x999"),
    (make_crossing("cr_access", detail=3 | 1 << 16), "mov to cr3"),
    (make_crossing("page_fault", detail=0x7000), "page_fault at 0x7000"),
    (make_crossing("exception", detail=13), "exception 13"),
    (make_crossing("hlt"), "hlt"),
])
def test_words(crossing, words):
    assert what(crossing) == words
    assert kind(crossing) in words or kind(crossing) == crossing.reason


def test_broken_crossings_are_refused():
    good = [5, "cpuid", 1, 2, 3, 4, 5]
    lines = [{"type": "trace", "region": 1, "crossings": [good]}, {"type": "trace", "region": 1, "crossings": [good,
                                                                                                               good]}]
    assert read_traces(lines) == {1: [good] * 3}
    for bad in ([5, "cpuid"], [5, 6, 1, 2, 3, 4, 5], "text", [-1, "cpuid", 1, 2, 3, 4, 5]):
        with pytest.raises(RecordError):
            read_traces([{"type": "trace", "region": 1, "crossings": [bad]}])


def test_symbols(tmp_path):
    symbols = Symbols(tmp_path / "none")
    assert symbols.name(0x401000) == "user" and symbols.name(0xffffffff81000000) == symbols.name(0) == ""


def test_timeline_has_a_box_for_each_crossing():
    plot = timeline_plot([make_lane(10), make_lane(0, mode="full-nested")], "Title", "instr")
    assert "full-shadow (vt/shadow/emulated): 1,050 instr, 10 crossings" in plot.script and "cpuid ×10" in plot.script
    blocks = plot.data.split("\n\n\n")
    assert blocks[2].split() [:2] == ["0", "60"] and len(blocks[2].splitlines()) == 10


def test_timeline_of_many_crossings_stays_small():
    plot = timeline_plot([make_lane(10000)], "Title", "instr")
    assert len(plot.data.splitlines()) < 3000 and "cpuid ×10,000" in plot.script
    column = next(line for line in plot.data.split("\n\n\n")[2].splitlines()).split()
    assert (float(column[3]) - float(column[2])) / 30 == pytest.approx(0.6, abs=0.05)


def test_trace_command(tree):
    answer = tree("trace", "--emulator", str(FAKE), "--mode", "native,full-nested,coop", "--workload", "fake/cpuid",
                  "--out",
                  str(tree.root / "trace"))
    assert answer.status == 0, answer.err
    assert "crossings" in answer.out and "cpuid" in answer.out and "1,000" in answer.out
    with (tree.root / "trace/trace-coop.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1000 and rows[7]["at"] == "1060" and rows[7]["what"] == "cpuid 0x0"
    if shutil.which("gnuplot"):
        assert "<svg" in (tree.root / "trace/timeline.svg").read_text()
    assert not (tree.root / "trace/trace-native.csv").exists()
    assert "trace=131072" in str(tree.outcomes("trace/traced")["coop", "fake/cpuid"]["command"])


def test_a_ring_that_is_too_small_is_told(tree):
    answer = tree("trace", "--emulator", str(FAKE), "--mode", "full-nested", "--workload", "fake/cpuid", "--set",
                  "trace=100",
                  "--out", str(tree.root / "trace"))
    assert answer.status == 0 and "full-nested: the first 900 crossings were lost" in answer.out


def test_trace_refuses(tree):
    for words, text in ((["--workload", "fake/"], "a trace is of one workload"), (["--mode", "paravirt"],
                                                                                  "cannot run on")):
        words = ["--workload", "fake/null", *words]
        answer = tree("trace", "--emulator", str(FAKE), "--out", str(tree.root / "refused"), *words)
        assert answer.status == 2 and text in answer.err, answer.err
    answer = tree("trace", "--emulator", str(FAKE), "--workload", "fake/failed", "--out", str(tree.root / "failed"))
    assert answer.status == 1 and "the workload ended with status 3" in answer.err


def test_demo_takes_what_the_machine_can_run(tree):
    tree.write_manifest([{"name": "latency/fork", "ops": 20, "params": {"iterations": {"default": 20}}}])
    answer = tree("demo", "--emulator", str(FAKE), "--out", str(tree.root / "demo"))
    assert answer.status == 0, answer.err
    assert "mode paravirt cannot run on qemu-svm" in answer.err and "full-nested" in answer.out
    assert "One fork on qemu-svm" in answer.out
    answer = tree("demo", "--emulator", str(FAKE), "--mode", "paravirt", "--out", str(tree.root / "asked"))
    assert answer.status == 2 and answer.err.count("\n") == 1, answer.err


def test_distribution_of_costs():
    assert cost_plot([make_lane(0)], "Title", "instr") is None
    lane = make_lane(1000)
    plot = cost_plot([lane, make_lane(10, cost=30, mode="coop")], "Title", "instr")
    assert "full-shadow: cpuid ×1,000" in plot.script and "coop: cpuid ×10" in plot.script
    assert len(plot.data.splitlines()) < 600 and plot.data.strip().endswith("30 100")
