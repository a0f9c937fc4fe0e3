# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of the user's own ('run -- ./program'), and the interactive shell."""
import re
import subprocess

import pytest

from conftest import FAKE
from coopbench_lib.program import add_file, exec_word


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
    archive = add_file(make_archive(tmp_path), "tmp/hello", b"content")
    subprocess.run(["cpio", "--quiet", "-i", "-d"], input=archive, cwd=tmp_path, check=True)
    assert (tmp_path / "tmp/hello").read_bytes() == b"content"
    assert add_file(b"no archive", "tmp/hello", b"") is None


def test_exec_word():
    assert exec_word(["./a/prog", "x=1", "50%", "+"]) == "exec=/tmp/prog+x%3d1+50%25+%2b"


@pytest.mark.parametrize("content, text", [
    (b"#!/bin/sh\n", "is no x86-64 ELF executable"), (b"\x7fELF\x02\x01", "is no x86-64 ELF executable"),
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
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0 and "hello from the guest" in out and "Ctrl-A X leaves" in err


def test_shell_refuses_two_modes(tree):
    assert tree("shell", "--mode", "native,full-nested").status == 2


def test_debug_says_how(tree):
    process = tree.process("shell", "--emulator", str(FAKE), "--debug")
    _, err = process.communicate(timeout=10)
    assert "gdb build/hv-core/hv-core.elf -ex 'add-symbol-file build/guest-coop/guest-coop.elf'" in err
    assert "-ex 'target remote :1234'" in err
