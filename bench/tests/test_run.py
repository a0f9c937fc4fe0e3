# SPDX-License-Identifier: GPL-2.0-or-later
"""'coopbench run' from end to end with the fake emulator: verdicts, the result folder, resuming, stopping early."""
import csv
import json
import os
import resource
import signal
import time

import pytest

from conftest import FAKE
from coopbench_lib.summary import COLUMNS

DESIGNED_COLUMNS = ("machine,cpu_model,mode,cpu,mmu,io,switches,params,workload,unit,status,ops,value,low,high,"
                    "interval,ratio_to_native,added_per_op,exits_per_op,hypercalls_per_op,repetitions,"
                    "run_id").split(",")


def rows_of(tree, out="result"):
    with (tree.root / out / "table.csv").open() as file:
        return {(row["mode"], row["workload"]): row for row in csv.DictReader(file)}


def test_default_run(tree):
    answer = tree.run()
    assert answer.status == 0
    rows = rows_of(tree)
    assert list(rows) == [(mode, name) for name in ("fake/null", "fake/cpuid") for mode in ("native", "full-nested")]
    row = rows["full-nested", "fake/cpuid"]
    assert (row["value"], row["low"], row["high"], row["interval"]) == ("250", "250", "250", "exact")
    assert (row["ratio_to_native"], row["added_per_op"], row["exits_per_op"]) == ("1.666667", "100", "1")
    assert (row["cpu"], row["mmu"], row["io"], row["unit"]) == ("vt", "nested", "emulated", "instr")
    assert (row["params"], row["switches"], row["repetitions"]) == ("size=64", "tick=10000000", "3")
    assert rows["native", "fake/null"]["exits_per_op"] == ""


def test_columns_as_designed():
    assert COLUMNS[:len(DESIGNED_COLUMNS)] == DESIGNED_COLUMNS


def test_result_folder(tree):
    tree.run("--workload", "fake/cpuid,fake/hypercall")
    folder = tree.root / "result"
    assert sorted(path.name for path in folder.iterdir()) == ["exits.csv", "hypercalls.csv", "records.jsonl",
                                                              "run.json", "table.csv", "table.md"]
    assert (tree.root / "out/latest").resolve() == folder
    run = tree.json()
    assert run["schema"] == 1 and run["unit"] == "instr" and run["emulator"]["version"] == "Fake emulator version 1.0"
    assert len(run["images"]["hv-core"]["sha256"]) == 64 and run["compiler"] == "GCC: (Debian 12.2.0-14) 12.2.0"
    assert "hv-core.elf32" in " ".join(tree.outcomes()["full-nested", "fake/cpuid"]["command"])
    lines = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    assert len(lines) == 12
    assert all(line["region"]["region"] == line["repetition"]["region"] for line in lines if line["mode"] != "native")
    assert (folder / "exits.csv").read_text().splitlines()[1] == "full-nested,fake/cpuid,cpuid,1,100,100,100,100,0.4"
    assert (folder / "hypercalls.csv").read_text().splitlines()[1] == "full-nested,fake/hypercall,version,1"


@pytest.mark.parametrize("name, status, reason", [
    ("no_verdict", "failed", "reset or switched off without a verdict; its last words: log: guest is up"),
    ("failed", "failed", "the workload ended with status 3"),
    ("error", "failed", "workload: fork failed: Out of memory (errno 12)"),
    ("stopped", "failed", "the hypervisor stopped the guest: triple fault"),
    ("broken", "failed", "of the records is broken: @coop {"),
    ("text_number", "failed", "'ops' of a record is 'many', not a count"),
    ("invariant", "failed", "guest 150013 + hypervisor 100000 + idle 0 = 250013, but the counter advanced by 250020"),
    ("no_region", "failed", "repetition 0 has no region record"),
    ("too_few", "failed", "2 repetitions were recorded, 3 were asked for"),
    ("bad_status", "failed", "the emulator ended with status 1"),
    ("hypervisor_failed", "failed", "a frame is still owned by VM 0"),
    ("panic", "failed", "panic; its last words: Kernel panic: out of ideas"),
    ("flood", "failed", "flooded its serial lines"),
    ("hang", "timeout", "no verdict within 2 s: killed"),
])
def test_bad_boots(tree, name, status, reason):
    answer = tree.run("--mode", "full-nested", "--workload", f"fake/{name},fake/null",
                      "--timeout", "2" if name == "hang" else "60")
    outcomes = tree.outcomes()
    assert answer.status == 1
    assert outcomes["full-nested", f"fake/{name}"]["status"] == status
    assert reason in outcomes["full-nested", f"fake/{name}"]["reason"]
    assert outcomes["full-nested", "fake/null"]["status"] == "ok"
    assert "1 of 2 boots failed" in answer.err
    assert (tree.root / f"result/logs/full-nested/fake-{name}/console.txt").exists()
    assert not (tree.root / "result/logs/full-nested/fake-null").exists()
    assert rows_of(tree)["full-nested", f"fake/{name}"]["value"] == ""


def test_not_applicable(tree):
    answer = tree.run("--workload", "fake/hypercall")
    row = rows_of(tree)["native", "fake/hypercall"]
    assert answer.status == 0 and (row["status"], row["value"]) == ("n/a", "")
    assert "n/a: fake/hypercall in native: no hypervisor" in answer.out
    assert rows_of(tree)["full-nested", "fake/hypercall"]["ratio_to_native"] == ""


def test_idle_is_not_work(tree):
    tree.run("--workload", "fake/idle")
    for mode, value in (("native", "150"), ("full-nested", "250")):
        row = rows_of(tree)[mode, "fake/idle"]
        assert (row["value"], row["idle_per_op"]) == (value, "54900")


def test_spread_and_ticks(tree):
    answer = tree.run("--workload", "fake/spread", "-r", "3", "-w", "1")
    row = rows_of(tree)["native", "fake/spread"]
    assert (row["low"], row["value"], row["high"], row["interval"]) == ("151", "152", "153", "min-max")
    assert row["ticks"] == "1"
    assert "* native fake/spread: 151 to 153 in 3 repetitions" in answer.out
    assert "timer interrupt in them: native fake/spread (1 of 3)" in answer.out


def test_single_repetition_is_not_called_exact(tree):
    tree.run("--workload", "fake/null", "-r", "1")
    assert rows_of(tree)["native", "fake/null"]["interval"] == "min-max"


def test_parameters_and_switches_are_recorded(tree):
    tree.run("--workload", "fake/null", "--param", "size=4096", "--set", "tick=0", "-w", "0")
    command = tree.outcomes()["native", "fake/null"]["command"]
    words = command[command.index("-append") + 1]
    assert len(words) == 512 and "tick=0" in words.split() and "param.size=4096" in words.split()
    assert rows_of(tree)["native", "fake/null"]["params"] == "size=4096"
    assert tree.json()["switches"] == {"tick": "0"}


def test_command_lines_are_of_one_length(tree):
    tree.run("--workload", "fake/null,fake/cpuid", "-r", "2")
    lengths = set()
    for (mode, _), outcome in tree.outcomes().items():
        option = "-append" if mode == "native" else "-initrd"
        words = outcome["command"][outcome["command"].index(option) + 1]
        lengths.add((mode, len(words)))
    assert len(lengths) == 2


def test_disk(tree):
    tree.write_manifest([{"name": "fake/null", "needs": ["disk"], "default": True}])
    assert tree.run().status == 0
    disk = tree.root / "build/bench/disk-16m.img"
    assert disk.stat().st_size == 16 << 20
    assert disk.read_bytes()[512:520] == (1).to_bytes(8, "little")
    native, nested = (" ".join(outcome["command"]) for outcome in tree.outcomes().values())
    assert "snapshot=on,file=build/bench/disk-16m.img" in native and ",build/bench/disk-16m.img role=disk" in nested


def test_own_disk_of_the_emulator_is_no_measure(tree):
    tree.write_manifest([{"name": "fake/cpuid", "needs": ["disk"], "default": True}])
    answer = tree.run()
    assert rows_of(tree)["native", "fake/cpuid"]["repeatable"] == "no"
    assert rows_of(tree)["full-nested", "fake/cpuid"]["ratio_to_native"] == ""
    assert "150?          -       (250)         1" in answer.out
    assert "? native fake/cpuid: the emulator's own device works outside" in answer.out


def test_dry_run_starts_nothing(tree):
    for path in tree.paths.images().values():
        path.unlink()
    answer = tree.run("--dry-run", "--workload", "fake/null")
    assert answer.status == 0 and not tree.started() and not (tree.root / "result").exists()
    assert answer.out.count("-icount shift=0,sleep=off") == 2
    assert "'build/bench/initramfs.cpio role=initrd'" in answer.out


def test_other_peoples_programs_are_in_the_initramfs_of_those_that_need_them(tree):
    tree.write_manifest([{"name": "fake/null"}, {"name": "fake/cpuid", "needs": ["programs"]}])
    assert tree.run("--dry-run", "--workload", "fake/null").out.count("build/bench/initramfs.cpio") == 2
    assert tree.run("--dry-run", "--workload", "fake/cpuid").out.count("build/bench/programs.cpio") == 2
    assert tree.run("--workload", "fake/null").status == 0 and "programs" not in tree.json()["images"]
    assert tree.run("--workload", "fake/cpuid", out="other").status == 0 and "programs" in tree.json("other")["images"]
    tree.paths.images()["programs"].unlink()
    answer = tree.run("--workload", "fake/cpuid", out="third")
    assert answer.status == 1
    assert "programs is not built (build/bench/programs.cpio is missing): say 'make'" in answer.err


def test_out_is_not_overwritten(tree):
    (tree.root / "result").mkdir()
    (tree.root / "result/precious").write_text("x")
    answer = tree.run()
    assert answer.status == 2 and "is not empty" in answer.err and answer.err.count("\n") == 1
    assert not tree.started()


def test_resume_runs_only_what_is_missing(tree):
    tree.run("--workload", "fake/null,fake/hang", "--timeout", "3", "--mode", "native")
    before = len(tree.started())
    answer = tree("run", "--resume", "--emulator", str(FAKE), "--workload", "fake/null,fake/cpuid")
    assert answer.status == 0
    assert [line.split()[0] for line in tree.started()[before:]] == ["fake/cpuid"]
    assert [row["status"] for row in rows_of(tree).values()] == ["ok", "ok"]
    assert len((tree.root / "result/records.jsonl").read_text().splitlines()) == 8


def test_resume_as_it_was(tree):
    tree.run("--workload", "fake/null", "--param", "size=128", "-r", "2")
    answer = tree("run", "--resume", "--emulator", str(FAKE))
    assert answer.status == 0 and len(tree.started()) == 2
    assert tree.json()["params"] == {"size": "128"}


def test_resume_refuses_other_images(tree):
    tree.run("--workload", "fake/null")
    tree.paths.images()["guest-coop"].write_bytes(b"another image")
    answer = tree.run("--workload", "fake/null", "--resume")
    assert answer.status == 2 and "images are not the same any more" in answer.err
    answer = tree.run("--workload", "fake/null", "--resume", "--set", "tick=0")
    assert "images and switches are not the same" in answer.err


def test_resume_after_a_cut_off_record(tree):
    tree.run("--workload", "fake/null", "--mode", "native")
    records = tree.root / "result/records.jsonl"
    records.write_text(records.read_text() + '{"mode":"native","repet')
    answer = tree.run("--workload", "fake/null", "--resume")
    assert answer.status == 0 and len(tree.started()) == 1
    assert len(records.read_text().splitlines()) == 4


def test_resume_without_a_result(tree):
    answer = tree("run", "--resume")
    assert answer.status == 2 and "nothing to go on with" in answer.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_keeps_what_is_finished(tree, number):
    process = tree.process("run", "--emulator", str(FAKE), "--workload", "fake/null,fake/hang", "--mode", "native",
                           "-j", "2")
    assert process.stderr.readline().startswith("[1/2]")  # said of a boot when it is on disk and counted
    deadline = time.monotonic() + 120
    while not any("hang" in line for line in tree.started()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "stopped: 1 of 2 boots are in out/" in err and "--resume --out out/" in err.splitlines()[-1]
    hanging = int(next(line for line in tree.started() if "hang" in line).split()[-1])
    with pytest.raises(ProcessLookupError):
        os.kill(hanging, 0)
    latest = tree.root / "out/latest"
    assert rows_of(tree, "out/latest")["native", "fake/null"]["value"] == "150"
    assert "running" not in (latest / "run.json").read_text() and not (latest / "logs").exists()


def test_full_disk_is_one_line(tree):
    """A limit on file sizes stands in for a full disk: the first write beyond it fails."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    process = tree.process("run", "--emulator", str(FAKE), "--workload", "fake/null", preexec_fn=limit)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert err.strip().splitlines()[-1] == "coopbench: cannot write: File too large" and "Traceback" not in err


def test_full_standard_output(tree):
    with open("/dev/full", "w") as full:
        process = tree.process("modes", output=full)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and err == "coopbench: cannot write: No space left on device\n"


def test_unwritable_out(tree):
    (tree.root / "file").write_text("")
    answer = tree.run(out="file/below")
    assert answer.status == 1 and answer.err.count("\n") == 1 and "Not a directory" in answer.err


def test_missing_emulator(tree):
    answer = tree("run", "--emulator", "qemu-from-the-future")
    assert answer.status == 1 and "say 'make deps'" in answer.err and answer.err.count("\n") == 1


def test_missing_image(tree):
    tree.paths.images()["guest-coop"].unlink()
    answer = tree.run()
    assert answer.status == 1 and "guest-coop is not built" in answer.err and "say 'make'" in answer.err
    tree.paths.images()["hv-core"].unlink()


def test_native_needs_no_hypervisor_image(tree):
    tree.paths.images()["hv-core"].unlink()
    assert tree.run("--mode", "native").status == 0


def test_the_hypervisor_decides_about_modes(tree):
    assert tree.run("--mode", "native,coop", "--workload", "fake/null").status == 0
    answer = tree.run("--mode", "native,vt/direct/emulated", "--workload", "fake/null", out="refused")
    assert answer.status == 2 and answer.err.count("\n") == 1
    assert "mode vt/direct/emulated cannot run on qemu-svm: mode vt/direct/emulated needs "\
        "what this build does" in answer.err


def test_default_modes_that_cannot_run_are_left_out(tree):
    answer = tree("run", "--emulator", str(FAKE), "--out", str(tree.root / "result"), "--workload", "fake/null")
    assert answer.status == 0
    assert "without mode paravirt, which cannot run on qemu-svm: mode paravirt needs what this build "\
        "does not" in answer.err
    assert tree.json()["modes"] == ["native", "full-shadow", "full-nested", "coop"]


def test_switches_are_told(tree):
    command = tree.run("--dry-run", "--set", "tick=0", "--workload", "fake/null").out
    assert "tick=0" in command and "trace=" not in command
    assert "trace=64'" in tree.run("--dry-run", "--set", "trace=64", "--workload", "fake/null").out


@pytest.mark.parametrize("words, text", [
    (["--machine", "vax"], "there is no machine 'vax' (machines: qemu-svm, bochs-svm, "),
    (["--mode", "fast"], "there is no mode 'fast'"),
    (["--mode", "vt/nested/magic"], "'magic' in mode 'vt/nested/magic' is no choice of the io axis (emulated, queue)"),
    (["--mode", ","], "--mode names no mode"),
    (["--workload", "fake/unknown"], "there is no workload 'fake/unknown' (groups: fake/"),
    (["--workload", "latency/"], "there is no workload 'latency/'"),
    (["--set", "turbo=on"], "there is no switch 'turbo' (switches: tick, memory, batch, cr3cache, "),
    (["--set", "tick=often"], "switch tick cannot be 'often'"),
    (["--set", "tick"], "write it as NAME=VALUE"),
    (["--param", "colour=red"], "has a parameter 'colour' (theirs: size)"),
    (["--param", "size=10000"], "parameter size cannot be 10000: it is a number of 1 to 9999"),
    (["--param", "size=a b"], "VALUE has no blanks or commas"),
    (["-r", "0"], "'0' is no number of 1 or more"),
    (["-r", "many"], "'many' is no number"),
    (["--frobnicate"], "unrecognized arguments"),
])
def test_bad_usage_is_one_line(tree, words, text):
    answer = tree.run(*words)
    assert answer.status == 2 and text in answer.err and answer.err.count("\n") == 1
    assert not tree.started()


def test_triple_names_its_mode(tree):
    tree.run("--mode", "vt/nested/emulated,full-nested", "--workload", "fake/null")
    assert list(tree.outcomes()) == [("full-nested", "fake/null")]


@pytest.mark.parametrize("text, reason", [
    ("{", "is not valid JSON"), ("[]", "is no list, or an empty one"), ('[{"name":"x"}]', "entry 1 has no name"),
    ('[{"name":"a/b","ops":"many"}]', "workload a/b"), ('[{"name":"a/b"},{"name":"a/b"}]', "stands in it twice"),
])
def test_broken_manifest(tree, text, reason):
    tree.write_manifest(text)
    answer = tree("workloads")
    assert answer.status == 1 and reason in answer.err and answer.err.count("\n") == 1


def test_two_runs_give_the_same(tree):
    tree.run()
    tree.run(out="again")
    answer = tree("compare", str(tree.root / "result"), str(tree.root / "again"))
    assert answer.status == 0 and answer.out == "4 of 4 rows equal to the instruction; same images\n"


def test_streamed_lines(tree):
    answer = tree.run("--workload", "fake/cpuid", "-j", "1")
    assert answer.err.splitlines()[:2] == [
        "[1/2] fake/cpuid  native                 150 instr/op",
        "[2/2] fake/cpuid  full-nested            250 instr/op, ratio 1.667, added +100"]


def test_quick(tree):
    answer = tree.run("--quick", "--workload", "all")
    assert answer.status == 0 and list(tree.outcomes()) == [("native", "fake/null"), ("full-nested", "fake/null")]
    assert rows_of(tree)["native", "fake/null"]["repetitions"] == "2"
