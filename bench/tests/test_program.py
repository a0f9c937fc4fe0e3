# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of the user's own ('run -- ./program'), and the interactive shell."""
import re
import subprocess

import pytest

from conftest import FAKE
from coopbench_lib.errors import CoopbenchError
from coopbench_lib.outcome import Outcome
from coopbench_lib.output import judge_outputs
from coopbench_lib.own import build_own
from coopbench_lib.paths import default_paths
from coopbench_lib.program import Entry, add_files, exec_word
from coopbench_lib.workloads import Workload


def make_archive(folder):
    """A small initramfs as cpio itself makes it."""
    (folder / "init").write_text("#!/bin/sh\n")
    done = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], input=b"init\n", cwd=folder, capture_output=True,
                          check=True)
    return done.stdout


@pytest.fixture
def program(tree):
    """A static program of ours, and an initramfs that it can be put into."""
    tree.paths.images()["initramfs"].write_bytes(make_archive(tree.root))
    source = tree.root / "hello.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-static", "-O1", "-o", str(tree.root / "hello"), str(source)], check=True)
    return tree.root / "hello"


def test_program_is_measured(tree, program):
    answer = tree.run("--", str(program), "a b", "c")
    assert answer.status == 0
    assert set(tree.outcomes()) == {("native", "program/hello"), ("full-nested", "program/hello")}
    words = " ".join(tree.outcomes()["native", "program/hello"]["command"])
    assert "exec=/tmp/hello+a%20b+c " in words
    assert re.search(r" build/bench/programs/[0-9a-f]{16}\.cpio role=initrd", words)
    packed = next((tree.root / "build/bench/programs").iterdir()).read_bytes()
    unpacked = subprocess.run(["cpio", "--quiet", "-t", "-v"], input=packed, capture_output=True,
                              check=True).stdout.decode()
    assert "tmp/hello" in unpacked and unpacked.splitlines()[-1].startswith("-rwxr-xr-x")


def test_program_comes_out_as_it_went_in(tmp_path):
    archive = add_files(make_archive(tmp_path), [Entry("tmp/hello", 0o100755, b"content")])
    subprocess.run(["cpio", "--quiet", "-i", "-d"], input=archive, cwd=tmp_path, check=True)
    assert (tmp_path / "tmp/hello").read_bytes() == b"content"
    assert add_files(b"no archive", []) is None


def test_files_and_input_are_packed(tree, program):
    files = tree.root / "files"
    (files / "deep").mkdir(parents=True)
    (files / "deep/script").write_text("echo\n")
    (files / "deep/script").chmod(0o754)
    (files / "link").symlink_to("deep/script")
    (tree.root / "input").write_text("a line\n")
    answer = tree.run("--files", str(files), "--stdin", str(tree.root / "input"), "--", str(program))
    assert answer.status == 0 and tree.json()["files"] == str(files)
    packed = next((tree.root / "build/bench/programs").iterdir()).read_bytes()
    subprocess.run(["cpio", "--quiet", "-i", "-d"], input=packed, cwd=tree.root, check=True)
    assert (tree.root / "program/stdin").read_text() == "a line\n"
    assert (tree.root / "program/files/link").read_text() == "echo\n"
    assert (tree.root / "program/files/deep/script").stat().st_mode & 0o777 == 0o754
    assert tree.run("--resume").status == 0
    (files / "deep/script").write_text("changed\n")
    answer = tree.run("--resume")
    assert answer.status == 2 and "its images are not the same any more" in answer.err


@pytest.mark.parametrize("words, text", [
    (["--files", "/dev/null", "--", "PROGRAM"], "wants a folder"),
    (["--stdin", "/none", "--", "PROGRAM"], "cannot read /none"), (["--files", "/"], "are for a program after --"),
])
def test_files_that_cannot_be_packed(tree, program, words, text):
    answer = tree.run(*(str(program) if word == "PROGRAM" else word for word in words))
    assert answer.status == 2 and text in answer.err and answer.err.count("\n") == 1


def test_outputs_are_compared():
    def outcome(mode, status=0, digest="1", verdict="ok"):
        return Outcome(mode, "program/x", verdict, output={"status": status, "bytes": 4, "digest": digest})

    assert judge_outputs([Outcome("native", "fake/null", "ok")]) == ([], True)
    assert judge_outputs([outcome("native", 3), outcome("coop", 3)]) == (
        ["The program ended with status 3 and printed 4 bytes, the same in all 2 modes."], True)
    lines, agree = judge_outputs([outcome("native"), outcome("coop", digest="2"), outcome("lguest", status=1),
                                  outcome("paravirt", digest="9", verdict="failed")])
    assert not agree and len(lines) == 4 and "  lguest: status 1, 4 bytes, digest 1" in lines


def test_workloads_of_ones_own(tree):
    folder = tree.root / "own"
    folder.mkdir()
    (folder / "manifest.json").write_text("{")
    answer = tree.run("--workload-dir", str(folder))
    assert answer.status == 2 and "is not valid JSON" in answer.err
    (folder / "manifest.json").write_text('{"name": "my/yield"}')
    assert "has no yield.c for workload my/yield" in tree.run("--workload-dir", str(folder)).err
    (folder / "yield.c").write_text("int main(void) { return wrong; }\n")
    (folder / "manifest.json").write_text('{"name": "fake/null"}')
    assert "there is a workload fake/null already" in tree.run("--workload-dir", str(folder)).err
    assert "/nowhere has no manifest.json" in tree.run("--workload-dir", "/nowhere").err


def test_own_workload_is_built_and_refused(tmp_path):
    if not (default_paths().build / "bench/harness/libharness.a").is_file():
        pytest.skip("the harness is not built")
    (tmp_path / "yield.c").write_text('#include "harness.h"\nint main(void) { return 0; }\n')
    built = build_own(default_paths(), tmp_path, [Workload("my/yield", "my/yield", 1)])
    assert built[0].name == "bench/my/yield" and built[0].content.startswith(b"\x7fELF")
    (tmp_path / "yield.c").write_text("int main(void) { return wrong; }\n")
    with pytest.raises(CoopbenchError, match="wrong"):
        build_own(default_paths(), tmp_path, [Workload("my/yield", "my/yield", 1)])


def test_exec_word():
    assert exec_word(["./a/prog", "x=1", "50%", "+"]) == "exec=/tmp/prog+x%3d1+50%25+%2b"


@pytest.mark.parametrize("content, text", [
    (b"#!/bin/sh -e\n", "is a script for /bin/sh -e: name a static build of that"),
    (b"\x7fELF\x02\x01", "is no x86-64 ELF executable"),
])
def test_what_is_no_program(tree, content, text):
    (tree.root / "bad").write_bytes(content)
    answer = tree.run("--", str(tree.root / "bad"))
    assert answer.status == 2 and text in answer.err and answer.err.count("\n") == 1


def test_dynamic_and_truncated_programs(tree, program):
    answer = tree.run("--", "/usr/bin/env")
    assert answer.status == 2 and "link it with -static" in answer.err
    program.write_bytes(program.read_bytes()[:200])
    assert "truncated" in tree.run("--", str(program)).err
    assert "cannot read the program" in tree.run("--", str(tree.root / "none")).err


@pytest.mark.parametrize("words, text", [
    (["run", "--"], "after -- a program is wanted"), (["modes", "--", "x"], "belongs to 'run'"),
    (["run", "--workload", "fake/null", "--", "x"], "in place of --workload"),
])
def test_misplaced_program(tree, words, text):
    answer = tree(*words)
    assert answer.status == 2 and text in answer.err


def test_shell(tree):
    process = tree.process("shell", "--emulator", str(FAKE), "--mode", "native")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0 and "hello from the guest" in out and "Ctrl-A X leaves" in err


def test_shell_refuses_two_modes(tree):
    assert tree("shell", "--mode", "native,full-nested").status == 2


def test_debug_says_how(tree):
    process = tree.process("shell", "--emulator", str(FAKE), "--debug")
    _, err = process.communicate(timeout=120)
    assert "gdb build/hv-core/hv-core.elf -ex 'add-symbol-file build/guest-coop/guest-coop.elf'" in err
    assert "-ex 'target remote :1234'" in err
