# SPDX-License-Identifier: GPL-2.0-or-later
"""A small tree with images and a manifest in a temporary folder, and coopbench running on it with a fake emulator."""
from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from coopbench_lib.cli import main  # noqa: E402
from coopbench_lib.paths import Paths  # noqa: E402

FAKE = HERE / "fake_emulator.py"
NAMES = ["null", "cpuid", "hypercall", "idle", "spread", "noise", "hang", "no_verdict", "failed", "error", "stopped",
         "broken", "text_number", "invariant", "no_region", "too_few", "bad_status",
         "hypervisor_failed", "panic", "flood", "slow", "slow2", "crash_at_exit", "cut", "no_last_word"]


@dataclass
class Answer:
    """What one call of coopbench gave."""

    status: int
    out: str
    err: str


class Tree:
    """A tree of its own; calling it runs coopbench in it."""

    def __init__(self, root: Path, capsys) -> None:
        self.root, self.paths, self._capsys = root, Paths(root, root / "build"), capsys
        for path in self.paths.images().values():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"image {path.name} GCC: (Debian 12.2.0-14) 12.2.0\0".encode())
        size = {"size": {"default": 64, "does": "bytes", "min": 1, "max": 9999}}
        self.write_manifest([{"name": f"fake/{name}", "ops": 1000, "does": f"Does {name}.", "params": size,
                              "default": name in ("null", "cpuid"), "quick": name == "null"} for name in NAMES])

    def write_manifest(self, entries) -> None:
        self.paths.manifest.parent.mkdir(parents=True, exist_ok=True)
        self.paths.manifest.write_text(entries if isinstance(entries, str) else json.dumps(entries))

    def __call__(self, *words: str) -> Answer:
        try:
            status = main(list(words), self.paths)
        except SystemExit as stop:
            status = stop.code
        captured = self._capsys.readouterr()
        return Answer(status, captured.out, captured.err)

    def run(self, *words: str, out: str = "result") -> Answer:
        """'coopbench run' with the fake emulator into a folder of this tree, in two modes unless told otherwise."""
        if not {"--mode", "--resume"} & set(words):
            words = ("--mode", "native,full-nested", *words)
        return self("run", "--emulator", str(FAKE), "--out", str(self.root / out), *words)

    def process(self, *words: str, output=subprocess.PIPE, error=subprocess.PIPE, **options) -> subprocess.Popen:
        """coopbench as a process, for signals, limits and terminals."""
        command = ["/usr/bin/python3", str(HERE / "run_in_tree.py"), str(self.root), *words]
        return subprocess.Popen(command, stdout=output, stderr=error, text=True, **options)

    def json(self, out: str = "result") -> dict:
        return json.loads((self.root / out / "run.json").read_text())

    def outcomes(self, out: str = "result") -> dict[tuple[str, str], dict]:
        return {(outcome["mode"], outcome["workload"]): outcome for outcome in self.json(out)["outcomes"]}

    def started(self) -> list[str]:
        """Every boot so far: 'workload native-or-hypervised pid'."""
        path = self.root / "started.txt"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def tree(tmp_path, capsys, monkeypatch) -> Tree:
    monkeypatch.setenv("NO_COLOR", "1")
    return Tree(tmp_path, capsys)
