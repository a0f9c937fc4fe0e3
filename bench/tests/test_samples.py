# SPDX-License-Identifier: GPL-2.0-or-later
"""Statistics of figures that vary, on samples whose truth is known, and the rounds in which they are measured."""
import math

import pytest

numpy = pytest.importorskip("numpy")

from coopbench_lib import kvm
from coopbench_lib.environment import describe_computer, doubts_of
from coopbench_lib.errors import UsageError
from coopbench_lib.results import read_result
from coopbench_lib.rounds import Sampling, read_sampling, run_rounds
from coopbench_lib.samples import (comparable_draws, dip, doubts, flat, has_two_humps, mann_whitney, median_interval,
                                   width_percent)
from test_machines import GOOD_FACTS
from test_views import set_run

ONE, TWO = 100, 120


@pytest.fixture
def draw():
    return numpy.random.default_rng(20)


def split(values, size):
    values = list(map(float, values))
    return [values[place:place + size] for place in range(0, len(values), size)]


def covered(samples, truth):
    intervals = [median_interval(groups) for groups in samples]
    return sum(low <= truth <= high for low, high in intervals)


def test_interval_holds_the_median_of_a_skewed_distribution(draw):
    samples = [split(draw.lognormal(3, 0.5, 25), 25) for _ in range(100)]
    assert 88 <= covered(samples, math.exp(3)) <= 100


def test_interval_knows_that_starts_differ(draw):
    """Ten starts whose levels differ, of five alike repetitions each: single repetitions would give a tenth of the
    width."""
    levels = [[100 + draw.normal(0, 3)] * 10 for _ in range(100)]
    samples = [[list(map(float, 100 + draw.normal(0, 3) + draw.normal(0, 0.1, 5))) for _ in level] for level in levels]
    assert 85 <= covered(samples, 100) <= 100
    single = [[[value] for value in flat(groups)] for groups in samples]
    assert covered(single, 100) < 80
    assert width_percent(samples[0]) > width_percent(single[0])
    unequal = [[group[:2 + place % 4] for place, group in enumerate(groups)] for groups in samples]
    assert 85 <= covered(unequal, 100) <= 100, "starts that were cut short are starts all the same"


def test_interval_repeats_and_holds_its_median(draw):
    groups = split(draw.normal(100, 5, 30), 5)
    low, high = median_interval(groups)
    assert median_interval(groups) == (low, high) and low <= numpy.median(flat(groups)) <= high
    assert median_interval([[7.0]]) == (7.0, 7.0) and median_interval([[7.0] * 12]) == (7.0, 7.0)
    assert width_percent([[0.0, 0.0]]) == 0 and width_percent([[100.0]]) == 0


def test_mann_whitney(draw):
    same = [mann_whitney(draw.lognormal(3, 0.5, 25), draw.lognormal(3, 0.5, 25)) < 0.05 for _ in range(200)]
    assert 2 <= sum(same) <= 20
    moved = [mann_whitney(draw.normal(100, 2, 25), draw.normal(103, 2, 25)) < 0.05 for _ in range(50)]
    assert sum(moved) >= 48
    assert mann_whitney([5.0] * 9, [5.0] * 9) == 1.0


def test_repetitions_of_one_start_are_one_draw(draw):
    """Starts of one system differ among themselves: tested by single repetitions, it would differ from itself."""
    def starts():
        return [list(map(float, 100 + draw.normal(0, 3) + draw.normal(0, 0.1, 5))) for _ in range(10)]
    pairs = [(starts(), starts()) for _ in range(100)]
    assert sum(mann_whitney(*comparable_draws(*pair)) < 0.05 for pair in pairs) <= 12
    assert sum(mann_whitney(*map(flat, pair)) < 0.05 for pair in pairs) > 25
    few, many = [[1.0, 2.0], [5.0]], [[3.0, 4.0, 8.0]] * 5
    assert comparable_draws(many, many) == ([4.0] * 5, [4.0] * 5)
    assert comparable_draws(few, many) == ([1.0, 2.0, 5.0], [3.0, 4.0, 8.0] * 5)


def dip_by_programming(values):
    """The dip by its definition: the least t such that some distribution function with one hump, its mode at one of the
    points, lies within t of every step."""
    from scipy.optimize import linprog
    x, size, best = sorted(values), len(values), 1.0
    for mode in range(size):
        rows, limits = [], []
        for here in range(size):
            for sign, limit in ((1, here / size), (-1, -(here + 1) / size)):
                row = numpy.zeros(size + 1)
                row[here], row[size] = sign, -1
                rows.append(row)
                limits.append(limit)
            if 0 < here < size - 1 and here != mode:
                before, after = 1 / (x[here] - x[here - 1]), 1 / (x[here + 1] - x[here])
                row = numpy.zeros(size + 1)
                row[here - 1:here + 2] = (before, -before - after, after)
                rows.append(row if here > mode else -row)
                limits.append(0)
            if here:
                row = numpy.zeros(size + 1)
                row[here - 1], row[here] = 1, -1
                rows.append(row)
                limits.append(0)
        found = linprog([0] * size + [1], A_ub=numpy.array(rows), b_ub=limits, bounds=[(0, 1)] * (size + 1))
        best = min(best, found.fun if found.success else 1)
    return best


@pytest.mark.parametrize("size", [6, 11, 20])
def test_dip_is_what_its_definition_says(draw, size):
    for values in (draw.normal(size=size), draw.random(size), draw.exponential(size=size),
                   numpy.append(draw.normal(0, 1, size // 2), draw.normal(6, 1, size - size // 2))):
        assert dip(values) == pytest.approx(dip_by_programming(values), abs=1e-9)


def test_humps(draw):
    def found(make):
        return sum(has_two_humps(list(map(float, make()))) for _ in range(50))
    assert found(lambda: draw.normal(ONE, 2, 25)) <= 2
    assert found(lambda: draw.lognormal(3, 0.5, 25)) <= 2
    assert found(lambda: numpy.append(draw.normal(ONE, 2, 24), 800)) <= 2
    assert found(lambda: draw.integers(ONE, ONE + 10, 25)) <= 4
    assert found(lambda: numpy.append(draw.normal(ONE, 2, 13), draw.normal(TWO, 2, 12))) >= 48
    assert not has_two_humps([1.0, 1.0, 2.0, 2.0])


def test_doubts(draw):
    few = doubts([[1.0, 2.0]])
    assert "only 2 repetitions" in few[0] and "1 start only" in few[1]
    assert doubts(split(draw.normal(ONE, 2, 25), 5)) == []
    two = doubts(split(numpy.append(draw.normal(ONE, 2, 13), draw.normal(TWO, 2, 12)), 5))
    assert two == ["two humps: a median between them is no typical value"]


def run_items(spread_of, sampling, items="ab", seconds=1.0):
    """Rounds over a made-up clock; what was started, in order, and why it ended."""
    draw, now, started, groups = numpy.random.default_rng(5), [0.0], [], {item: [] for item in items}

    def run(waiting, number):
        for item in waiting:
            now[0] += seconds
            started.append(f"{item}{number}")
            groups[item].append(list(map(float, draw.normal(100, spread_of[item], 3))))
    return started, run_rounds(list(items), groups.get, sampling, run, lambda: now[0])


def test_rounds_alternate_until_narrow():
    started, why = run_items({"a": 0.1, "b": 5}, Sampling(3.0, 1000, 40))
    assert started[:6] == ["a1", "b1", "b2", "a2", "a3", "b3"] and started.count("a5") == 1 and "a6" not in started
    assert "b6" in started and "every interval is within 3%" in why


def test_rounds_end_with_the_budget_or_the_most_starts():
    started, why = run_items({"a": 50, "b": 50}, Sampling(0.1, 7, 40))
    assert len(started) == 8 and "the budget of 7 s is spent: 2 intervals" in why
    started, why = run_items({"a": 50, "b": 0.1}, Sampling(0.5, 1000, 9))
    assert started.count("a9") == 1 and "a10" not in started and "b6" not in started


def test_counts_take_no_sampling(tree):
    assert read_sampling("instr", None, None) is None and read_sampling("tsc", None, 5).budget_seconds == 5
    with pytest.raises(UsageError):
        read_sampling("tsc", float("nan"), None)
    answer = tree.run("--until", "1")
    assert answer.status == 2 and "repetitions are equal" in answer.err


@pytest.fixture
def clocked(tree, monkeypatch):
    """Runs on a machine whose repetitions vary."""
    monkeypatch.setattr(kvm, "gather", lambda: GOOD_FACTS)

    def run(out, *words):
        answer = tree.run("--machine", "qemu-kvm", "--workload", "fake/noise", *words, out=out)
        assert answer.status == 0, answer.err
        return answer
    return run


def test_run_on_a_clock(tree, clocked):
    answer = clocked("a", "--until", "1", "--budget", "20")
    result, starts = read_result(tree.root / "a"), [line for line in tree.started() if "fake/noise" in line]
    assert [line.split()[1] for line in starts[:6]] == ["native", "hypervised", "hypervised", "native", "native",
                                                        "hypervised"]
    for row in result.rows:
        groups = result.groups(row.mode, row.workload)
        assert row.interval == "ci95" and row.low < row.value < row.high and len(groups) >= 5
        assert row.repetitions == len(flat(groups)) and all(len(group) == 3 for group in groups)
        assert row.value == pytest.approx(numpy.median(flat(groups)))
    assert result.run["sampling"]["until_percent"] == 1 and result.run["environment"]["kernel"]
    assert "ends of its 95% interval" in " ".join(answer.out.split()) and "Computer: " in answer.out
    text = " ".join(tree("cite", str(tree.root / "a")).out.split())
    assert "several boots for each" in text and "intervals are of 95% by bootstrap" in text and "within 1.0% of" in text
    assert tree.run("--resume", out="a").status == 0


def test_compare_tests_for_chance(tree, clocked):
    for out in "ab":
        clocked(out, "--until", "50")
    answer = tree("compare", str(tree.root / "a"), str(tree.root / "b"), "--fail-above", "0.001")
    assert answer.status == 0 and "0 of 2 rows changed" in answer.out and " ~ " in answer.out
    clocked("c", "--until", "50", "--param", "size=64")
    path = tree.root / "c/samples.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0]] + [f"{line.rpartition(',')[0]},{float(line.rpartition(',')[2]) * 2}"
                                            for line in lines[1:]]) + "\n")
    table = (tree.root / "c/table.csv").read_text()
    values = {str(row.value) for row in read_result(tree.root / "c").rows}
    for value in values:
        table = table.replace(f",{value},", f",{float(value) * 2},")
    (tree.root / "c/table.csv").write_text(table)
    answer = tree("compare", str(tree.root / "a"), str(tree.root / "c"), "--fail-above", "10")
    assert answer.status == 1 and "2 of 2 rows changed" in answer.out and "0.008" in answer.out
    (tree.root / "b/samples.csv").unlink()
    answer = tree("compare", str(tree.root / "a"), str(tree.root / "b"))
    assert "judged by whether the intervals overlap" in answer.out
    set_run(tree.root / "b", unit="cycles")
    assert "unit is cycles-nested in" in tree("compare", str(tree.root / "a"), str(tree.root / "b")).err


def test_computer_that_is_described(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU\nmicrocode\t: 0x12\nflags\t: "
                                           "constant_tsc nonstop_tsc\n\nprocessor\t: 1\n")
    devices = tmp_path / "sys/devices/system/cpu"
    for name, text in (("cpu0/cpufreq/scaling_governor", "powersave"), ("intel_pstate/no_turbo", "0"),
                       ("smt/control", "on"), ("vulnerabilities/meltdown", "Mitigation: PTI")):
        (devices / name).parent.mkdir(parents=True, exist_ok=True)
        (devices / name).write_text(text + "\n")
    about = describe_computer(tmp_path)
    assert (about["cpu"], about["microcode"], about["governor"], about["turbo"], about["smt"], about["processors"]) == (
        "Some CPU", "0x12", "powersave", "on", "on", 2)
    assert about["mitigations"] == {"meltdown": "Mitigation: PTI"} and about["steady_clock"]
    text = "; ".join(doubts_of(about | {"load": 7.0}))
    assert all(word in text for word in ("powersave", "turbo on", "SMT on", "load 7.0")) and "virtual" not in text
    assert doubts_of(about | {"load": 0.1, "governor": "performance", "turbo": "off", "smt": "off"}) == []
    unknown = describe_computer(tmp_path / "nothing")
    assert "nobody says its governor, turbo, smt, microcode" in "; ".join(doubts_of(unknown))
