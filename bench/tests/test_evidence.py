# SPDX-License-Identifier: GPL-2.0-or-later
"""Switches are shown active by what happened."""
from coopbench_lib.evidence import features_by_counts, shown_active
from coopbench_lib.outcome import Outcome
from coopbench_lib.records import read_region, read_repetition
from coopbench_lib.switches import defaults, guest_words, hypervisor_words, recorded


def make_outcome(mode, **extra):
    region = dict(type="region", region=1, tsc=100, guest=100, hypervisor=0, idle=0, injections=2, hypercalls={},
                  exits={"cr_access": dict(count=3, total=3, min=1, p50=1, p99=1, max=1)}, **extra)
    record = dict(type="repetition", workload="a/b", region=1, repetition=0, warmup=False, ops=1, tsc=90)
    return Outcome(mode, "a/b", "ok", repetitions=[read_repetition(record, read_region(region))])


def test_batch():
    outcomes = [make_outcome("coop", batches={"1": 3, "4-7": 2, "2-3": 1}), make_outcome("full-shadow"),
                make_outcome("paravirt", batches={})]
    assert shown_active(outcomes, defaults()) == {}
    assert shown_active(outcomes, defaults() | {"batch": "4"}) == {
        "batch=4": {"coop a/b": "6 batches, the largest of 4 to 7", "paravirt a/b": "no batch"}}


def test_cr3cache():
    outcomes = [make_outcome("coop", cr3_loads=10), make_outcome("paravirt", cr3_loads=10), make_outcome("coop-nested")]
    assert shown_active(outcomes, defaults() | {"cr3cache": "0"}) == {
        "cr3cache=0": {"coop a/b": "7 of 10 loads of the base pointer without an exit"}}


def test_cooperative_switches():
    counted = dict(events={"raised": 5, "suppressed": 1, "upcalls": 4}, clock_reads=7, polls=3, polls_awaited=2)
    outcomes = [make_outcome("coop", **counted), make_outcome("full-shadow")]
    assert shown_active(outcomes, defaults() | {"eoi": "0", "clock": "0", "poll": "900"}) == {
        "eoi=0": {"coop a/b": "4 upcalls, 0 told their end by hypercall"},
        "clock=0": {"coop a/b": "clock read 7 times in memory, 0 times by hypercall"},
        "poll=900": {"coop a/b": "3 polls, 2 met an event; 0 halts"}}


def test_features_without_a_word():
    counted = dict(events={"raised": 5, "suppressed": 1, "upcalls": 4}, clock_reads=7, polls=0, batches={"1": 3})
    outcomes = [make_outcome("coop", cr3_loads=10, **counted), make_outcome("coop", cr3_loads=1, **counted),
                make_outcome("full-shadow"), make_outcome("native")]
    assert features_by_counts(outcomes, defaults()) == {"coop": {
        "batch=2048": "6 batches, the largest of 1",
        "cr3cache=4": "5 of 11 loads of the base pointer without an exit",
        "eoi=1": "8 upcalls, 0 told their end by hypercall",
        "clock=1": "clock read 14 times in memory, 0 times by hypercall",
        "poll=0": "0 polls, 0 met an event; 0 halts"}}


def test_touched():
    nested = {"flushes": 2, "splits": 1, "joined": 0, "tables": 4, "pages": {"4k": 512, "2m": 126, "1g": 0},
              "touched": {"4k": 3, "2m": 5, "1g": 0}}
    outcomes = [make_outcome("coop-nested", nested=nested), make_outcome("coop")]
    assert shown_active(outcomes, defaults() | {"touched": "1"}) == {"touched=1": {
        "coop-nested a/b": "5 of 126 pages of 2 MiB, 3 of 512 pages of 4 KiB touched; 2 flushes, 1 splits, 0 joined"}}


def test_around():
    outcome = make_outcome("coop")
    outcome.repetitions[0].raw["page_faults"] = 12
    assert shown_active([outcome], defaults() | {"around": "8"}) == {"around=8": {"coop a/b": "12 page faults"}}
    assert guest_words(defaults() | {"around": "8"}) == ["tick=10000000", "around=8"]


def test_words():
    assert hypervisor_words(defaults()) == []
    values = defaults() | {"batch": "16", "cr3cache": "0"}
    assert hypervisor_words(values) == ["batch_limit=16", "cr3cache=0"]
    assert recorded(values) == {"tick": "10000000", "batch": "16", "cr3cache": "0"}


def test_shown_beside_the_table(tree):
    answer = tree.run("--set", "tick=5000", "--workload", "fake/cpuid")
    assert "tick=5000: full-nested fake/cpuid: 0 injections" in answer.out
    assert tree.json()["shown_active"] == {"tick=5000": {"full-nested fake/cpuid": "0 injections"}}
    assert "- tick=5000: full-nested" in (tree.root / "result/table.md").read_text()


def test_lazy():
    native = make_outcome("native")
    native.repetitions[0].raw.update(fpu_loads=7, context_switches=9)
    assert shown_active([native], defaults() | {"lazy": "1", "batch": "4"}) == {
        "lazy=1": {"native a/b": "7 loads at first use, in 9 context switches"}}
    assert guest_words(defaults()) == ["tick=10000000"]
    assert guest_words(defaults() | {"lazy": "1"}) == ["tick=10000000", "lazy=1"]
    assert "lazy" not in recorded(defaults()) and recorded(defaults() | {"lazy": "1"})["lazy"] == "1"


def test_cluster_and_unsync():
    outcomes = [make_outcome("full-shadow", cluster={"visits": 5, "emulated": 9, "saved": 4}), make_outcome("native")]
    assert shown_active(outcomes, defaults() | {"cluster": "16", "unsync": "0"}) == {
        "cluster=16": {"full-shadow a/b": "9 instructions carried out behind 5 exits, which saved 4"},
        "unsync=0": {"full-shadow a/b": "0 page faults"}}
