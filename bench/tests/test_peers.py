# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers: what is started and what is skipped, how records become rows, which tables stand beside one another. A fake
runner stands for them in all tests but the last two, which run a program of this tree."""
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from coopbench_lib import peer_session, technology
from coopbench_lib.commands_peers import choose_peers, peer_results, point_latest
from coopbench_lib.errors import UsageError
from coopbench_lib.paths import Paths
from coopbench_lib.peer_session import PeerSession, judge
from coopbench_lib.peer_tables import render_peers
from coopbench_lib.process import Ended
from coopbench_lib.records import parse
from coopbench_lib.results import Result, ResultFolder, read_result
from coopbench_lib.summary import Row
from coopbench_lib.tables import WIDTH
from coopbench_lib.workloads import Workload
from peers import PEERS, emulated
from peers.archive import pack, write_initramfs
from peers.peer import Job, Setup, job_script

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = {peer.name: peer for peer in PEERS}
WORK = [Workload("fake/one", "fake/one", 10), Workload("fake/two", "fake/two", 10)]


def setup_in(folder, **more):
    return Setup(folder / "build", folder, (Job("fake/one", "fake/one", 2, 1),), **more)


def repetition(workload, index, tsc, warmup=False):
    return "@coop " + json.dumps({"type": "repetition", "workload": workload, "region": index + 1, "repetition": index,
                                  "warmup": warmup, "ops": 10, "tsc": tsc, "params": {}}) + "\n"


def boot_text(factor, names=("fake/one", "fake/two"), end=True):
    text = '@coop {"type":"guest","kernel":"Linux 6","tick":0}\n'
    for name in names:
        text += repetition(name, 0, 9 * factor, True) + "".join(repetition(name, index, (100 + index) * factor)
                                                                for index in range(3))
    return text + ('@coop {"type":"end","status":"ok","reason":""}\n' if end else "")


@pytest.fixture
def make(tree, monkeypatch):
    """A session whose peers need nothing, and are started by a runner that writes what 'texts' says of each."""
    def session(names, texts, ended=Ended(0, 1.0), **more):
        peers = [replace(BY_NAME[name], needs=(), prepare=lambda setup: None, refuses=lambda: "") for name in names]
        monkeypatch.setattr(peer_session, "version_line", lambda name: "QEMU 7.2")

        def start(command, folder, talk, seconds):
            (folder / ("emulator.txt" if peers[0].machine == "host" else "records.txt")).write_text(texts[folder.name])
            return ended
        folder = ResultFolder(tree.root / "out" / f"peers-{peers[0].machine}")
        return PeerSession(tree.paths, peers, WORK, folder, 60, runs=3, start=start, **more)
    return session


def test_archive_is_one_that_cpio_reads(tmp_path):
    (tmp_path / "base").write_bytes(pack({"bin/tool": b"tool"}))
    write_initramfs(tmp_path / "base", {"peer/init": b"#!/bin/sh\n", "peer/deep/file": b"abc"}, tmp_path / "whole")
    assert (tmp_path / "whole").stat().st_size % 512 == 0
    behind = (tmp_path / "whole").read_bytes()[(tmp_path / "base").stat().st_size:]
    done = subprocess.run(["cpio", "-idm", "--quiet"], input=behind, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0 and (tmp_path / "peer/deep/file").read_bytes() == b"abc"
    assert (tmp_path / "peer/init").stat().st_mode & 0o777 == 0o755
    assert pack({"a": b"1", "b": b"2"}) == pack({"b": b"2", "a": b"1"})


def test_names_and_bases():
    assert len(BY_NAME) == len(PEERS)
    for peer in PEERS:
        assert BY_NAME[peer.base].machine == peer.machine
        assert peer.does and peer.besides


def test_command_lines(tmp_path):
    setup = setup_in(tmp_path, processor=1)
    for name in ("linux", "xen-pv", "kvm-nested", "kvm-shadow"):
        plain, off = (" ".join(BY_NAME[name + suffix].command(setup)) for suffix in ("", "-off"))
        assert "-icount shift=0,sleep=off" in plain and "mitigations" not in plain
        assert "mitigations=off" in off and ("spec-ctrl=no" in off) == (name == "xen-pv")
    xen = " ".join(BY_NAME["xen-pv"].command(setup))
    assert "smap=0" in xen and "-kernel xen " in xen and ",initramfs.cpio" in xen
    for name in ("process", "bubblewrap", "lxc", "uml", "qemu"):
        command = BY_NAME[name].command(setup)
        place = command.index("taskset")
        assert command[place:place + 3] == ["taskset", "-c", "1"] and "-icount" not in command


def test_job_script_says_what_failed(tmp_path):
    setup = replace(setup_in(tmp_path), jobs=(Job("latency/no", "latency/no", 1, 0),))
    done = subprocess.run(["sh", "-c", job_script(setup, "/nowhere")], capture_output=True, text=True)
    boot = parse(done.stdout)
    assert [line["type"] for line in boot.lines] == ["guest", "error", "end"]
    assert boot.first("error")["workload"] == "latency/no" and "status 127" in boot.first("error")["reason"]


def test_monitor_has_all_that_qemu_is_linked_with(tmp_path, monkeypatch):
    monkeypatch.setattr(emulated.subprocess, "run", lambda *words, **more: subprocess.CompletedProcess(
        words, 0, "\tlinux-vdso.so.1 (0x1)\n\tlibz.so.1 => /lib/libz.so.1 (0x2)\n\t/lib64/ld.so.2 (0x3)\n"))
    assert emulated.libraries("qemu") == ["/lib/libz.so.1", "/lib64/ld.so.2"]


def test_what_is_missing_is_told(tmp_path):
    missing = replace(BY_NAME["xen-pv"], needs=("fetched:xen",)).missing(setup_in(tmp_path))
    assert missing.startswith("xen is not in") and missing.endswith("say 'make peers'")
    missing = replace(BY_NAME["xen-pv"], needs=("no-such-program",)).missing(setup_in(tmp_path))
    assert "no-such-program is not there" in missing


def test_choice():
    assert {peer.machine for peer in choose_peers(None, None)} == {"qemu-svm"}
    assert [peer.name for peer in choose_peers("uml,process,uml", None)] == ["uml", "process"]
    for text, machine in (("linux,uml", None), ("linux", "host"), ("minix", None), (",", None)):
        with pytest.raises(UsageError):
            choose_peers(text, machine)


def test_result_is_like_any_other(make):
    session = make(["linux", "xen-pv"], {"linux": boot_text(1), "xen-pv": boot_text(3)})
    said = []
    session.execute(said.append)
    assert said == ["linux: 2 of 2 workloads, 1 s", "xen-pv: 2 of 2 workloads, 1 s"]
    result = read_result(session.folder.folder)
    row = {row.key: row for row in result.rows}["xen-pv", "fake/two"]
    assert (row.machine, row.unit, row.value) == ("qemu-svm", "instr", 30.3)
    assert (row.ratio_to_native, row.added_per_op) == (3, 20.2)
    assert row.exits_per_op is None and row.switches == "mitigations=auto" and row.repetitions == 3
    assert len((session.folder.folder / "records.jsonl").read_text().splitlines()) == 16
    assert str(session.folder.folder) not in (session.folder.folder / "run.json").read_text()
    assert not session.folder.logs.exists()


def test_mitigations_have_their_own_base(make):
    texts = {"linux": boot_text(2), "linux-off": boot_text(1), "xen-pv-off": boot_text(4)}
    session = make(["linux", "linux-off", "xen-pv-off"], texts)
    session.execute(lambda line: None)
    assert {row.mode: row.ratio_to_native for row in session.rows()} == {"linux": 1, "linux-off": 1, "xen-pv-off": 4}


def test_skipped_with_one_reason(make):
    session = make(["linux", "xen-pv"], {"linux": boot_text(1)})
    session.peers[1] = replace(session.peers[1], needs=("fetched:xen",))
    session.execute(lambda line: None)
    text = (session.folder.folder / "table.md").read_text()
    assert "xen-pv: not measured: xen is not in" in " ".join(text.split())
    assert read_result(session.folder.folder).run["skipped"].keys() == {"xen-pv"}


def test_stopped_in_between(make):
    session = make(["linux", "xen-pv"], {"linux": boot_text(1)})
    first, stopped = session.start, []

    def start(command, folder, *rest):
        if folder.name == "xen-pv":
            raise KeyboardInterrupt
        return first(command, folder, *rest)
    session.start, session.processes.stop_all = start, lambda: stopped.append(True)
    with pytest.raises(KeyboardInterrupt):
        session.execute(lambda line: None)
    assert stopped and {row.mode for row in read_result(session.folder.folder).rows} == {"linux"}


@pytest.mark.parametrize("text, ended, status, reason", [
    (boot_text(1, ["fake/two"]), Ended(0, 1.0), "failed", "0 repetitions were recorded, 3 were asked for"),
    (boot_text(1, ["fake/two"], end=False), Ended(-9, 60.0, timed_out=True), "timeout",
     "it was killed after 60 s; its last words: end"),
    ('@coop {"type":"error","workload":"fake/one","reason":"no"}\n', Ended(0, 1.0), "failed", "no"),
    ('@coop {"type":"skip","workload":"fake/one","reason":"none"}\n', Ended(0, 1.0), "n/a", "none"),
    ("@coop {broken\n" + boot_text(1), Ended(0, 1.0), "failed", "line 1 of the records is broken"),
])
def test_verdicts(text, ended, status, reason):
    outcome = judge(BY_NAME["linux"], Job("fake/one", "fake/one", 3, 1), ended, parse(text), "end")
    assert outcome.status == status and outcome.reason.startswith(reason) and not outcome.repetitions


def test_what_is_whole_counts_though_the_rest_hangs():
    outcome = judge(BY_NAME["linux"], Job("fake/two", "fake/two", 3, 1), Ended(-9, 60.0, timed_out=True),
                    parse(boot_text(1, ["fake/two"], end=False)), "")
    assert outcome.status == "ok" and len(outcome.repetitions) == 4


def result_of(names, machine="qemu-svm", unit="instr", value=100.0, ops=10, cpu="EPYC", kind=None):
    rows = [Row(machine, "x", name, "", "", "", "", "", "fake/one", unit, "ok", ops=ops, value=value,
                ratio_to_native=2.5)
            for name in names]
    run = {"machine": machine, "cpu_model": "x", "unit": unit, "emulator": {"version": "7.2"}, "run_id": "r",
           "outcomes": [{"command": ["qemu", "-cpu", cpu, "-icount", "shift=0"]}]}
    if kind:
        about = {"does": "does", "besides": "besides", "base": "linux"}
        run |= {"kind": kind, "peers": {name: about for name in names}}
    return Result(Path("/x"), run, rows, [], [])


def test_tables_beside_one_another():
    ours, peers = result_of(["native", "coop"]), result_of(["linux", "xen-pv"], kind="peers")
    text = render_peers([ours, peers])
    head = next(line for line in text.splitlines() if line.startswith("workload"))
    assert head.split() == ["workload", "native", "coop", "linux", "xen-pv"]
    assert text.count("Instructions per operation on") == 1 and max(map(len, text.splitlines())) <= WIDTH
    other = render_peers([ours, result_of(["linux"], cpu="Opteron", kind="peers")])
    assert other.count("Instructions per operation on") == 2
    wall = render_peers([ours, result_of(["uml"], "host", "tsc", kind="peers")])
    assert wall.count("per operation on") == 2 and "no figure of one is to be compared" in " ".join(wall.split())


def test_tables_leave_out_other_work():
    text = render_peers([result_of(["native"], ops=11), result_of(["linux"], kind="peers")])
    assert "fake/one of native: left out, since it is other work: 11 operations" in text
    assert next(line for line in text.splitlines() if line.startswith("fake/one")).split() == ["fake/one", "-", "100"]


def test_commands(tree, make):
    session = make(["linux"], {"linux": boot_text(1)})
    session.execute(lambda line: None)
    place = str(session.folder.folder)
    assert "Instructions per operation on qemu-svm" in tree("table", place).out
    assert tree.run("--workload", "fake/null").status == 0
    assert "native" in tree("table", str(tree.root / "result"), place).out
    assert "is of peers" in tree("cite", place).err and tree("report", place).status == 0
    assert "say 'make peers'" in tree("peers", "list").out
    assert "-icount" in tree("peers", "run", "--dry-run", "--peer", "linux", "--workload", "fake/null").out
    assert tree("peers", "run", "--peer", "linux,uml").status == 2
    answer = tree("peers", "run", "--peer", "xen-pv", "--workload", "fake/null", "--out", str(tree.root / "none"))
    assert answer.status == 1 and "no peer can be started here" in answer.err


def test_live_figures_in_the_table_of_systems(tree):
    folder = ROOT / "papers" / technology.NAME
    workloads = json.loads((folder / "thresholds.json").read_text())["workloads"]

    def live(name, unit, number):
        return Result(Path("/x"), {"machine": "m", "run_id": "r", "unit": unit}, [
            Row("m", "x", name, "", "", "", "", "", workload, unit, "ok", ops=1, value=1, ratio_to_native=number)
            for workload in workloads], [], [])
    lines = technology.make_lines(folder, None, [live("xen-pv", "instr", 2.8), live("uml", "tsc", 50.0)])
    found = {(line.system["system"], line.part): line for line in lines}
    assert found["Xen", "paravirt"].measured.startswith(
        "live, xen-pv: medium: 2.800 times native in instr, 10 workloads; the point: ")
    assert found["UML", "paravirt"].measured == "live, uml: slow: 50.0 times native in tsc, 10 workloads"
    assert found["LXC", "containers"].measured.startswith("not measured: ")
    assert peer_results(tree.paths) == []


def test_a_latest_result_of_few_peers_hides_none(make):
    """What the latest has not is taken from the result that is kept."""
    session = make(["linux", "xen-pv"], {"linux": boot_text(1), "xen-pv": boot_text(3)})
    session.execute(lambda line: None)
    paths, kept = session.paths, session.paths.references / f"peers-{session.machine}"
    shutil.copytree(session.folder.folder, kept)
    assert [result.folder for result in peer_results(paths)] == [kept]
    point_latest(paths, session)
    assert [result.folder for result in peer_results(paths)] == [session.folder.folder, kept]


@pytest.mark.skipif(not (ROOT / "build/bench/workloads/latency/null_call").exists() or not shutil.which("taskset"),
                    reason="the programs are not built")
def test_a_real_process(tree):
    shutil.copytree(ROOT / "build/bench/workloads/latency", tree.root / "build/bench/workloads/latency")
    tree.write_manifest([{"name": "latency/null_call", "ops": 1000, "does": "x", "default": True}])
    answer = tree("peers", "run", "--peer", "process", "--workload", "latency/null_call", "-r", "3",
                  "--budget", "5", "--until", "0",
                  "--out", str(tree.root / "p"))
    assert answer.status == 0, answer.err
    row = read_result(tree.root / "p").rows[0]
    assert (row.unit, row.mode, row.ops, row.interval, row.ratio_to_native) == ("tsc", "process", 1000, "ci95", 1)
    assert row.low <= row.value <= row.high and row.repetitions >= 6 and row.repetitions % 3 == 0
    assert 1 < row.value < 1e6 and (tree.root / "out/latest-peers-host").resolve() == tree.root / "p"


@pytest.mark.parametrize("name", ["bubblewrap", "lxc", "uml"])
def test_a_live_peer(tree, name):
    """Where its packages are: the programs' records come out of it."""
    workload, build = Workload("latency/null_call", "latency/null_call", 1000), ROOT / "build"
    missing = BY_NAME[name].missing(Setup(build, tree.root, ()))
    if missing or not (build / "bench/initramfs.cpio").exists():
        pytest.skip(missing or "the programs are not built")
    folder = ResultFolder(tree.root / "live")
    session = PeerSession(Paths(ROOT, build), [BY_NAME["process"], BY_NAME[name]], [workload], folder, 100, runs=2)
    session.execute(lambda line: None)
    row = session.rows()[-1]
    assert (row.mode, row.status, row.repetitions) == (name, "ok", 2), row.reason
    assert row.ratio_to_native > 0
