# SPDX-License-Identifier: GPL-2.0-or-later
"""coopbench ablation: points, paths between them, and the sentence."""
from conftest import FAKE
from coopbench_lib import session
from coopbench_lib.ablation import all_points, measured_paths, paths, render_ablation
from coopbench_lib.modes import find_mode
from coopbench_lib.summary import Row
from coopbench_lib.tables import WIDTH

SHADOW, HYBRID, COOP, BARE = (find_mode(name) for name in ("full-shadow", "hybrid-shadow", "coop",
                                                           "vt/direct/emulated"))


def row(mode, value, native=100):
    return Row("qemu-svm", "", mode, "", "", "", "", "", "latency/fork", "instr", "ok", value=value,
               added_per_op=value - native,
               exits_per_op=1, hypercalls_per_op=0, bounces_per_op=0, repetitions=1)


def test_points():
    assert len(all_points()) == 12 and sum(point.name != point.axes for point in all_points()) == 7


def test_paths():
    found = paths(SHADOW, COOP)
    assert [[step[0] for step in path] for path in found] == [["mmu", "io"], ["io", "mmu"]]
    assert found[0][0][2] == BARE and found[1][0][2] == HYBRID
    assert len(paths(find_mode("lguest"), find_mode("vt/nested/emulated"))) == 6


def test_both_orders():
    rows = {mode.name: row(mode.name, value) for mode, value in ((SHADOW, 1100), (HYBRID, 1000), (BARE, 300), (COOP,
                                                                                                               100))}
    steps = measured_paths(SHADOW, COOP, rows)
    assert [[step.saved for step in path] for path in steps] == [[800, 200], [100, 900]]
    text = render_ablation(list(rows.values()), {}, "instr", SHADOW, COOP)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "latency/fork                 1,100   100  1,000  80 to 90  10 to 20" in text
    flat = " ".join(text.split())
    assert "coop saves 1,000 of the 1,000 instr that full-shadow adds to an operation; in either order" in flat
    assert "80 to 90 % (800 to 900) from the mmu axis, 10 to 20 % (100 to 200) from the io axis" in flat


def test_one_order_and_none():
    rows = {mode.name: row(mode.name, value) for mode, value in ((SHADOW, 1100), (HYBRID, 1000), (COOP, 600))}
    text = render_ablation(list(rows.values()), {"vt/direct/emulated": "mode vt/direct/emulated: no"}, "instr", SHADOW,
                           COOP)
    assert "in the one order that can be measured: 20 % (100) from the io axis" in " ".join(text.split())
    assert "Points that cannot run here:\n  mode vt/direct/emulated: no" in text
    del rows["coop"]
    assert "there is no way all of whose points were measured" in render_ablation(list(rows.values()), {}, "instr",
                                                                                  SHADOW, COOP)


def test_without_native_and_without_saving():
    rows = {mode.name: row(mode.name, value) for mode, value in ((SHADOW, 500), (HYBRID, 500), (BARE, 500), (COOP,
                                                                                                             500))}
    assert "coop saves nothing over full-shadow here" in render_ablation(list(rows.values()), {}, "instr", SHADOW, COOP)
    rows["coop"].value, rows["full-shadow"].added_per_op = 400, None
    text = " ".join(render_ablation(list(rows.values()), {}, "instr", SHADOW, COOP).split())
    assert "coop saves 100 instr of the 500 that an operation takes in full-shadow" in text


def test_command(tree):
    answer = tree("ablation", "--emulator", str(FAKE), "--workload", "fake/cpuid", "--out", str(tree.root / "ablation"))
    assert answer.status == 0, answer.err
    assert "in the one order that can be measured" not in answer.out and "coop saves nothing" in answer.out
    assert "Points that cannot run here:" in answer.out and "vt/direct/emulated" in answer.out
    answer = tree("ablation", "--emulator", str(FAKE), "--workload", "fake/cpuid", "--from", "native")
    assert answer.status == 2 and "native has no axes" in answer.err


def test_refused_end(tree):
    """Where one end cannot run there is nothing to take apart: its reason in one line, and nothing is measured."""
    for option in ("--from", "--to"):
        answer = tree("ablation", "--emulator", str(FAKE), "--workload", "fake/cpuid", option, "vt/direct/emulated",
                      "--out", str(tree.root / "refused"))
        assert answer.status == 2 and answer.err.count("\n") == 1 and "cannot run on" in answer.err, answer.err
        assert not (tree.root / "refused").exists()


def test_stopped(tree, monkeypatch):
    """What is finished stays, and the one line says where."""
    def stop(plan, cells, logs, finished, started):
        raise KeyboardInterrupt
    monkeypatch.setattr(session, "run_cells", stop)
    answer = tree("ablation", "--emulator", str(FAKE), "--workload", "fake/cpuid", "--out", str(tree.root / "stopped"))
    assert answer.status == 130 and answer.err.count("\n") == 1 and "stopped: 0 of" in answer.err
    assert str(tree.root / "stopped") in answer.err.replace("stopped: 0", "") or "stopped' shows" in answer.err
    assert (tree.root / "stopped/table.csv").exists()
