# SPDX-License-Identifier: GPL-2.0-or-later
"""Every table format, from recorded results, against files in golden/. A format that changed on purpose is written anew
by COOPBENCH_GOLDEN=write, and looked at in the diff."""
import os
from pathlib import Path

import pytest

pytest.importorskip("numpy")

GOLDEN = Path(__file__).resolve().parent / "golden"
OURS, PEERS = str(GOLDEN / "ours"), str(GOLDEN / "peers")
COMMANDS = {
    "table.txt": ("table", OURS), "table-side.txt": ("table", OURS, OURS, "--mode", "coop"),
    "exits.txt": ("exits", OURS), "export.csv": ("export", OURS, "--format", "csv"),
    "export.json": ("export", OURS, "--format", "json"), "export.md": ("export", OURS, "--format", "md"),
    "export.tex": ("export", OURS, "--format", "latex"), "cite.txt": ("cite", OURS),
    "compare.txt": ("compare", OURS, OURS), "peers.txt": ("table", PEERS),
    "compare-peers.txt": ("compare", PEERS, PEERS),
}


def check(name, text):
    path = GOLDEN / name.replace(".md", "-md.txt")
    text = text.replace(str(GOLDEN), "GOLDEN")
    if os.environ.get("COOPBENCH_GOLDEN") == "write":
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("name", COMMANDS)
def test_format(tree, name):
    answer = tree(*COMMANDS[name])
    assert answer.status == 0, answer.err
    check(name, answer.out)


@pytest.mark.parametrize("name", ["report.md", "report.csv", "report.tex"])
def test_report(tree, name):
    answer = tree("report", OURS, PEERS, "--out", str(tree.root / "report"))
    assert answer.status == 0, answer.err
    lines = (tree.root / "report" / name).read_text().splitlines()
    check(name, "".join(f"{line}\n" for line in lines if "](../" not in line))
