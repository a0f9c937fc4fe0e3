# SPDX-License-Identifier: GPL-2.0-or-later
"""Performance events: libpfm4's encodings for CPU models old and new, and what is said where nothing counts."""
import os
import subprocess
from pathlib import Path

import pytest

from conftest import HERE
from coopbench_lib.pmu import MODELS, PROGRAM, encode
from coopbench_lib.tables import WIDTH

SOURCE = HERE.parent / "pmu/pmu_names.c"
# Event numbers as the vendors' manuals have them: SDM vol. 3, "Performance-Monitoring Events"; AMD's processor
# programming references, "Core Performance Monitor Counters".
ENCODINGS = [
    ("merom", "UNHALTED_CORE_CYCLES", "0x3c"),
    ("merom", "INSTRUCTION_RETIRED", "0xc0"),
    ("skylake", "INST_RETIRED:ANY_P", "0xc0"),
    ("skylake", "CPU_CLK_UNHALTED:THREAD_P", "0x3c"),
    ("skylake", "DTLB_LOAD_MISSES:WALK_COMPLETED", "0xe08"),
    ("skylake", "ITLB_MISSES:MISS_CAUSES_A_WALK", "0x185"),
    ("skylake", "BR_MISP_RETIRED:ALL_BRANCHES", "0xc5"),
    ("icelake", "INST_RETIRED:ANY_P", "0xc0"),
    ("icelake", "DTLB_LOAD_MISSES:WALK_COMPLETED", "0xe08"),
    ("zen", "RETIRED_INSTRUCTIONS", "0xc0"),
    ("zen", "CYCLES_NOT_IN_HALT", "0x76"),
    ("zen", "L1_DTLB_MISS:TLB_RELOAD_4K_L2_MISS", "0x1045"),
    ("zen2", "RETIRED_INSTRUCTIONS", "0xc0"),
    ("barcelona", "RETIRED_INSTRUCTIONS", "0xc0"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    built = tmp_path_factory.mktemp("pmu") / "pmu_names"
    if not Path("/usr/include/perfmon/pfmlib.h").is_file():
        pytest.skip("libpfm4-dev is not here")
    subprocess.run(["gcc", "-o", built, SOURCE, "-lpfm"], check=True, timeout=60)
    return built


@pytest.fixture
def named(tree, program):
    (tree.paths.build / PROGRAM).parent.mkdir(parents=True)
    os.link(program, tree.paths.build / PROGRAM)
    return tree


def test_encodings(named):
    for model, event, encoding in ENCODINGS:
        assert encode(named.paths, model, event) == encoding, (model, event)


def test_every_model_is_known(named):
    theirs = {line[13:].split()[0] for line in named("pmu", "models").out.splitlines()}
    assert set(MODELS.values()) <= theirs and len(theirs) > 30


def test_commands(named):
    answer = named("pmu", "encode", "INST_RETIRED:ANY_P", "DTLB_LOAD_MISSES:WALK_COMPLETED", "--cpu", "skylake")
    assert (answer.status, answer.out) == (0, "0xc0,0xe08\n")
    answer = named("pmu", "list", "l2_miss", "4k", "--cpu", "zen")
    assert answer.out.startswith("L1_DTLB_MISS:TLB_RELOAD_4K_L2_MISS\n")
    assert max(map(len, answer.out.splitlines())) <= WIDTH
    for words, reason in ((("encode", "NOTHING"), "event not found 'NOTHING'"),
                          (("encode",), "wants the names of events"),
                          (("encode", "X", "--cpu", "vax"), "there is no model 'vax'"),
                          (("encode", "OFFCORE_RESPONSE_0:DMND_DATA_RD"), "more than an event-select register"),
                          (("list", "no_such_word"), "no event has no_such_word")):
        answer = named("pmu", *words)
        assert answer.status == 2 and reason in answer.err, words


def test_not_built(tree):
    answer = tree("pmu", "models")
    assert answer.status == 1 and "build/bench/pmu/pmu_names is not built: say 'make deps'" in answer.err


def test_switch_and_what_it_did(tree):
    answer = tree.run("--workload", "fake/cpuid", "--set", "pmu=0xc0,0xe08")
    assert answer.status == 0 and "pmu=0xc0,0xe08: full-nested fake/cpuid: no PMU: nothing was counted" in answer.out
    assert "pmu=0xc0,0xe08" in " ".join(tree.outcomes()["full-nested", "fake/cpuid"]["command"])
    for value in ("c0", "0xC0", "0xc0,", "0x1,0x2,0x3,0x4,0x5"):
        answer = tree.run("--set", f"pmu={value}", out="other")
        assert answer.status == 2 and "switch pmu cannot be" in answer.err
