# SPDX-License-Identifier: GPL-2.0-or-later
"""coopbench sweep: points, folders, resuming, tables and plots."""
import csv
import json
import shutil

import pytest

from conftest import FAKE
from coopbench_lib.commands_sweep import PRESETS
from coopbench_lib.errors import UsageError
from coopbench_lib.plot_style import linear, marks, powers, steps
from coopbench_lib.sweep import points_of, split_axes
from coopbench_lib.tables import WIDTH
from coopbench_lib.workloads import read_manifest


def sweep(tree, *words, out="sweep"):
    return tree("sweep", "--emulator", str(FAKE), "--out", str(tree.root / out), *words)


def test_axes():
    single, axes = split_axes(["a=1", "b=1,2", "c=3,3,4"], "parameter")
    assert single == ["a=1"] and [(axis.name, axis.values) for axis in axes] == [("b", ("1", "2")), ("c", ("3", "4"))]
    assert [point.name for point in points_of(axes)] == ["b=1_c=3", "b=1_c=4", "b=2_c=3", "b=2_c=4"]
    assert [point.name for point in points_of([])] == ["all"]
    for bad in (["a"], ["=1"], ["a="], ["a=,"], ["a=1", "a=2,3"]):
        with pytest.raises(UsageError):
            split_axes(bad, "switch")
    with pytest.raises(UsageError, match="points; at most"):
        points_of(split_axes([f"a={','.join(map(str, range(100)))}", f"b={','.join(map(str, range(100)))}"],
                             "switch")[1])


def test_sweep(tree):
    answer = sweep(tree, "--workload", "fake/cpuid", "--mode", "native,full-nested,full-shadow", "--param",
                   "size=16,64,256",
                   "--set", "tick=0,5000")
    assert answer.status == 0, answer.err
    assert max(map(len, answer.out.splitlines())) <= WIDTH
    assert "fake/cpuid: instr per operation, added to native" in answer.out
    with (tree.root / "sweep/sweep.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18 and (rows[0]["at_tick"], rows[0]["at_size"]) == ("0", "16")
    assert rows[0]["params"] == "size=16" and rows[0]["switches"] == "tick=0"
    assert (tree.root / "sweep/points/tick=5000_size=256/records.jsonl").read_text().count("\n") == 12
    script = (tree.root / "sweep/fake-cpuid-cost.gp").read_text()
    assert "full-nested tick=0" in script and "native tick=5000" in script
    if shutil.which("gnuplot"):
        assert "<svg" in (tree.root / "sweep/fake-cpuid-cost.svg").read_text()
    assert not (tree.root / "out/latest").exists()


def test_resume(tree):
    words = ["--workload", "fake/cpuid", "--mode", "native,full-nested", "--param", "size=16,64"]
    assert sweep(tree, *words).status == 0
    boots = len(tree.started())
    shutil.rmtree(tree.root / "sweep/points/size=64")
    answer = sweep(tree, "--resume")
    assert answer.status == 0 and len(tree.started()) == boots + 2
    assert "256" not in answer.out and "64" in answer.out
    answer = sweep(tree, "--resume", "--param", "size=16,32")
    assert answer.status == 2 and "is of another sweep" in answer.err
    answer = sweep(tree, *words)
    assert answer.status == 2 and "exists and is not empty" in answer.err
    answer = sweep(tree, "--resume", out="nowhere")
    assert answer.status == 2 and "there is no sweep to go on with" in answer.err


def test_resume_keeps_the_guest(tree):
    """Points of one sweep run under one kernel, though only its first command names it."""
    (tree.root / "build/peers").mkdir()
    (tree.root / "build/peers/vmlinuz").write_bytes(b"kernel")
    words = ["--workload", "fake/cpuid", "--mode", "native", "--param", "size=16,64", "--guest", "linux"]
    assert sweep(tree, *words).status == 0
    shutil.rmtree(tree.root / "sweep/points/size=64")
    answer = sweep(tree, "--resume")
    assert answer.status == 0, answer.err
    runs = tree.root.glob("sweep/points/*/run.json")
    guests = {path.parent.name: json.loads(path.read_text())["guest"] for path in runs}
    assert guests == {"size=16": "linux", "size=64": "linux"}


def test_a_failed_boot_does_not_end_a_sweep(tree):
    answer = sweep(tree, "--workload", "fake/cpuid,fake/failed", "--mode", "full-nested", "--param", "size=16,64")
    assert answer.status == 1 and answer.err.count("the workload ended with status 3") >= 2
    assert "2 boots failed" in answer.err and "--resume" in answer.err
    assert "fake/cpuid" in answer.out


@pytest.mark.parametrize("words, text", [
    (["--param", "colour=1,2"], "has a parameter 'colour'"),
    (["--param", "size=1,10000"], "parameter size cannot be 10000"),
    (["--set", "turbo=1,2"], "there is no switch 'turbo'"),
    (["--set", "tick=1,often"], "switch tick cannot be 'often'"),
    (["--preset", "none"], "there is no preset 'none'"),
    (["--resume"], "there is no sweep to go on with"),
    (["--param", "size=16"], "several values"), ([], "several values"),
])
def test_bad_usage(tree, words, text):
    answer = sweep(tree, "--workload", "fake/cpuid", *words)
    assert answer.status == 2 and text in answer.err and answer.err.count("\n") == 1
    assert not tree.started()


def test_presets_name_what_there_is(tree):
    from coopbench_lib.paths import default_paths
    workloads = {workload.name: workload for workload in read_manifest(default_paths().manifest)}
    for preset in PRESETS:
        single, axes = split_axes(list(preset.params), "parameter")
        for name in [word.partition("=")[0] for word in single] + [axis.name for axis in axes]:
            assert name in workloads[preset.workload].parameters
    assert all(preset.name in tree("sweep", "--preset", "list").out for preset in PRESETS)


def test_dry_run(tree):
    answer = sweep(tree, "--workload", "fake/cpuid", "--param", "size=16,64", "--mode", "native", "--dry-run")
    assert answer.status == 0 and answer.out.count("bench=fake/cpuid") == 2 and not tree.started()


def test_marks():
    assert marks([1, 2, 4, 8], True) == [1, 2, 4, 8] and len(marks(list(range(1, 100)), True)) <= 12
    assert marks([2, 4, 8, 16, 32, 64], False) == [2, 16, 32, 64]
    assert powers([500, 20000]) == '"100" 100, "1,000" 1000, "10,000" 10000, "100,000" 100000'
    assert steps([252641, 1391638]) == [200000.0 * number for number in range(8)] and steps([0]) == [0, 0.2]
    assert linear([3, 5])[0] == 'set ytics ("0" 0, "1" 1, "2" 2, "3" 3, "4" 4, "5" 5)'
    assert linear([1391638])[1] == "set yrange [0:1.4e+06]" and '"1,400,000" 1400000' in linear([1391638])[0]
    assert '"10 million" 1e+07' in powers([1e6, 9e6])


def test_stopped_sweep_goes_on(tree):
    """What sweep.json says is enough."""
    sweep(tree, "--workload", "fake/cpuid", "--mode", "native", "--param", "size=16,64", "--set", "tick=0")
    asked = json.loads((tree.root / "sweep/sweep.json").read_text())["arguments"]
    assert asked["workload"] == "fake/cpuid" and asked["switches"] == ["tick=0"]
    assert asked["parameters"] == ["size=16,64"]
