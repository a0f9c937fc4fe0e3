# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines besides qemu-svm: what is made for a boot in Bochs, its verdicts, and whether KVM is really there."""
import struct
from pathlib import Path

import pytest

from conftest import FAKE
from coopbench_lib import bochs, kvm, probe
from coopbench_lib.errors import CoopbenchError
from coopbench_lib.launch import Launch
from coopbench_lib.machines import MACHINES, find_machine
from coopbench_lib.modes import find_mode

GOOD_FACTS = kvm.Facts(svm=True, tsc_khz=2_500_000, modules=["kvm_amd"], nested={"kvm_amd": "1"})


def make_launch(mode, **fields):
    known = {"emulator": "bochs-bin", "mode": find_mode(mode), "hv_core": "build/hv", "guest": "build/guest",
             "initramfs": "build/cpio", "guest_words": "tick=1 bench=a/b", "hypervisor_words": "mem=256", "disk": None,
             "console": Path("logs/console.txt"), "records": Path("logs/records.txt")}
    return Launch(**(known | fields))


def test_grub_script():
    assert bochs.grub_script(make_launch("native")) == ("multiboot /boot/guest 'tick=1' 'bench=a/b'\n"
                                                        "module /boot/initramfs role=initrd\nboot\n")
    assert bochs.grub_script(make_launch("full-nested", disk="build/disk.img", initramfs=None)) == (
        "multiboot /boot/hv-core 'mem=256'\nmodule /boot/guest role=kernel -- 'tick=1' 'bench=a/b'\n"
        "module /boot/disk role=disk\nboot\n")


def test_grub_keeps_the_length_of_a_line():
    """GRUB drops blanks at the end of a line: a word that nobody knows stands for them."""
    script = bochs.grub_script(make_launch("native", guest_words="exec=/tmp/a+'$b".ljust(30), initramfs=None))
    assert script == "multiboot /boot/guest 'exec=/tmp/a+'\\''$b' '" + "." * 14 + "'\nboot\n"


@pytest.mark.parametrize("sectors", [32768, 2880, 1008, 63, 7, 1, 131072 + 16])
def test_geometry(sectors):
    cylinders, heads, track = bochs.geometry(sectors)
    assert cylinders * heads * track == sectors and heads <= 16 and track <= 63


def test_configuration(tmp_path):
    (tmp_path / "disk.img").write_bytes(bytes(32768 * 512))
    native = bochs.configuration(make_launch("native", disk="disk.img"), "ryzen", tmp_path)
    assert "cpu: model=ryzen, count=1, ips=4000000, reset_on_triple_fault=0" in native
    assert "memory: guest=256, host=256\n" in native
    assert "path=logs/disk.img, cylinders=64, heads=16, spt=32" in native and "clock: sync=none, time0=" in native
    assert "com2: enabled=1, mode=file, dev=logs/records.txt" in native
    under = bochs.configuration(make_launch("full-nested", disk="disk.img"), "ryzen", tmp_path)
    assert "memory: guest=1024, host=1024\n" in under and "type=disk" not in under
    large = bochs.configuration(make_launch("full-nested", guest_mib=1040), "ryzen", tmp_path)
    assert "memory: guest=2080, host=2048\n" in large


def test_firmware(tmp_path):
    code = bytes.fromhex("90b93a0000000f3283c8050f3090 66b93a0000000f326683c8050f30f0 b93b0000000f3283c8050f30")
    assert bochs.firmware_with(code, 1) == bytes.fromhex(
        "90b93a0000000f3283c8010f3090 66b93a0000000f326683c8010f30f0 b93b0000000f3283c8050f30")
    with pytest.raises(CoopbenchError, match="in 0 places that are known"):
        bochs.firmware_with(bytes(131072), 1)
    launch = make_launch("full-nested", feature_control=1)
    assert "romimage: file=logs/bios.bin\n" in bochs.configuration(launch, "corei7_skylake_x", tmp_path)


def test_what_bochs_says():
    end = "=====\nBochs is exiting with the following message:\n[{}] {}\n=====\n(0).[97] [0x10] hlt\n"
    assert bochs.read_talk(end.format("UNMAP ", "Shutdown port: shutdown requested")) == ""
    assert bochs.read_talk(end.format("      ", "bad:1: directive 'foo' not understood")).startswith("bad:1: dir")
    assert bochs.read_talk("Next at t=0\n") == ""


def test_bochs_run(tree):
    answer = tree.run("--machine", "bochs-svm", "--workload", "fake/cpuid,fake/crash_at_exit")
    assert answer.status == 0 and answer.out.startswith("bochs-svm (Bochs ryzen), unit instr")
    assert {outcome["status"] for outcome in tree.outcomes().values()} == {"ok"}
    words = tree.outcomes()["full-nested", "fake/cpuid"]["command"]
    assert words[:3] == ["env", "SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy"] and words[3] == str(FAKE)
    assert not (tree.root / "result/logs").exists()


@pytest.mark.parametrize("name, mode, status, reason", [
    ("bad_status", "native", "ok", ""),
    ("no_verdict", "native", "failed", "the machine ended without a verdict; its last words: log: guest is up"),
    ("failed", "full-nested", "failed", "the workload ended with status 3"),
    ("hypervisor_failed", "full-nested", "failed", "a frame is still owned by VM 0"),
    ("cut", "full-nested", "failed", "the emulator was ended by signal 11"),
    ("no_last_word", "full-nested", "failed", "the machine ended without the hypervisor's verdict"),
    ("hang", "native", "timeout", "no verdict within 1 s: killed (a CPU shut down by a triple fault)"),
])
def test_bochs_verdicts(tree, name, mode, status, reason):
    """Bochs ends with status 1 whatever happened, and may crash when all is said: the records decide."""
    tree.run("--machine", "bochs-vmx", "--mode", mode, "--workload", f"fake/{name}",
             "--timeout", "1" if name == "hang" else "60")
    outcome = tree.outcomes()[mode, f"fake/{name}"]
    assert (outcome["status"], outcome["reason"]) == (status, reason)
    assert not list((tree.root / "result").rglob("boot.iso"))


def test_bochs_lacks_something(tree, monkeypatch):
    monkeypatch.setitem(find_machine("bochs-svm").__dict__, "needs", (("/nowhere/BIOS", "bochsbios"),))
    answer = tree.run("--machine", "bochs-svm")
    assert answer.status == 1 and "machine bochs-svm needs /nowhere/BIOS (Debian package bochsbios)" in answer.err
    assert "absent   machine bochs-svm          /nowhere/BIOS (Debian package bochsbios)" in tree("doctor").out


def test_no_shell_in_bochs(tree):
    answer = tree("shell", "--machine", "bochs-vmx", "--emulator", str(FAKE))
    assert answer.status == 2 and "there is no shell on bochs-vmx" in answer.err and answer.err.count("\n") == 1


@pytest.mark.parametrize("facts, reason", [
    (GOOD_FACTS, ""),
    (kvm.Facts("there is no /dev/kvm"), "there is no /dev/kvm"),
    (kvm.Facts(tsc_khz=1, modules=["kvm_amd"], nested={"kvm_amd": "0"}),
     "/dev/kvm exists, but offers its guests neither SVM nor VMX (kvm_amd has nested=0)"),
    (kvm.Facts(tsc_khz=1, modules=["kvm_other"]),
     "/dev/kvm exists, but offers its guests neither SVM nor VMX (loaded: kvm_other)"),
    (kvm.Facts(vmx=True), "/dev/kvm does not say how fast the time-stamp counter runs"),
])
def test_why_not_kvm(facts, reason):
    assert kvm.why_not(facts) == reason


def test_what_kvm_offers():
    def table(*entries):
        return struct.pack("<II", len(entries), 0) + b"".join(
            struct.pack("<7I12x", leaf, 0, 0, 0, 0, ecx, 0) for leaf, ecx in entries)
    assert kvm.offered(table((0, 0xffffffff), (1, 1 << 5), (0x80000001, 0))) == (False, True)
    assert kvm.offered(table((1, ~(1 << 5) & 0xffffffff), (0x80000001, 1 << 2))) == (True, False)


def test_gather(tmp_path):
    parameters = tmp_path / "modules/kvm_intel/parameters"
    parameters.mkdir(parents=True)
    (parameters / "nested").write_text("N\n")
    assert kvm.gather(tmp_path / "none", tmp_path / "modules") == kvm.Facts(
        f"there is no {tmp_path / 'none'}", modules=["kvm_intel"], nested={"kvm_intel": "N"})
    (tmp_path / "file").touch()
    assert "exists, but makes no virtual machine: " in kvm.gather(tmp_path / "file", tmp_path / "modules").error


def test_fall_back_from_kvm(tree, monkeypatch):
    monkeypatch.setattr(kvm, "gather", lambda: kvm.Facts(tsc_khz=1))
    answer = tree.run("--machine", "qemu-kvm")
    line = "/dev/kvm exists, but offers its guests neither SVM nor VMX"
    assert answer.status == 0 and f"coopbench: qemu-kvm: {line}; falling back to qemu-svm\n" in answer.err
    run = tree.json()
    assert (run["machine"], run["unit"], run["fallback"]["asked"]) == ("qemu-svm", "instr", "qemu-kvm")
    assert f"machine qemu-kvm {line}; runs fall back to qemu-svm" in " ".join(tree("doctor").out.split())


def test_kvm_is_used(tree, monkeypatch):
    monkeypatch.setattr(kvm, "gather", lambda: GOOD_FACTS)
    assert tree.run("--machine", "qemu-kvm").status == 0
    run, command = tree.json(), tree.outcomes()["full-nested", "fake/cpuid"]["command"]
    assert (run["machine"], run["unit"], run["fallback"]) == ("qemu-kvm", "cycles-nested", {})
    assert "-icount" not in command and "tsc_khz=2500000 lapic_khz=1000000" in " ".join(command)
    assert tree.started()[0].startswith("nano/empty hypervised")


def test_kvm_that_does_not_boot(tree, monkeypatch):
    monkeypatch.setattr(kvm, "gather", lambda: GOOD_FACTS)
    machine, reason = probe.settle(find_machine("qemu-kvm"), tree.paths, "false")
    assert machine is MACHINES[0] and "a boot under it failed: the emulator ended with status 1" in reason
