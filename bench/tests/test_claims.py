# SPDX-License-Identifier: GPL-2.0-or-later
"""Claims: judged by results, and told by ARTIFACT.md as they are."""
import json
from pathlib import Path

import pytest

from coopbench_lib.claims import judge, needed, read_claims, render_markdown, render_verdicts
from coopbench_lib.errors import UsageError
from coopbench_lib.modes import find_mode
from coopbench_lib.results import read_result
from coopbench_lib.workloads import read_manifest

ROOT = Path(__file__).resolve().parents[2]
CLAIM = {"name": "a", "says": "it is so", "workload": "fake/cpuid", "mode": "full-nested", "figure": "added",
         "least": 90, "most": 110}


def write(tmp_path, *changes):
    path = tmp_path / "claims.json"
    path.write_text(json.dumps([CLAIM | change for change in changes]), encoding="utf-8")
    return path


def test_judgement(tree, tmp_path):
    tree.run("--workload", "fake/cpuid")
    result = read_result(tree.root / "result")
    claims = read_claims(write(tmp_path, {}, {"name": "b", "least": 101}, {"name": "c", "workload": "fake/none"},
                               {"name": "d", "figure": "exits", "least": 1, "most": 1},
                               {"name": "e", "figure": "ratio", "least": 1.6, "most": 1.7}))
    verdicts = judge(claims, result)
    assert [verdict.passed for verdict in verdicts] == [True, False, False, True, True]
    text = render_verdicts(verdicts)
    assert text.endswith("3 passed, 2 failed\n") and "none" in text
    assert needed(claims) == ("native,full-nested", "fake/cpuid,fake/none")


def test_command(tree, tmp_path):
    tree.run("--workload", "fake/cpuid")
    (tree.paths.root / "bench").mkdir(exist_ok=True)
    for change, status in (({}, 0), ({"most": 95}, 1)):
        write(tree.paths.root / "bench", change)
        answer = tree("claims", str(tree.root / "result"))
        assert answer.status == status
    assert "| a | it is so |" in tree("claims", "--markdown").out


@pytest.mark.parametrize("change", [{"figure": "beauty"}, {"least": 200}, {"colour": "red"}])
def test_no_claims(tmp_path, change):
    with pytest.raises(UsageError):
        read_claims(write(tmp_path, change))


def test_two_of_one_name(tmp_path):
    with pytest.raises(UsageError, match="one name"):
        read_claims(write(tmp_path, {}, {}))


def test_the_artifact_tells_them_all():
    claims = read_claims(ROOT / "bench" / "claims.json")
    names = {workload.name for workload in read_manifest(ROOT / "bench" / "workloads" / "manifest.json")}
    for claim in claims:
        assert claim.workload in names and find_mode(claim.mode)
    assert render_markdown(claims) in (ROOT / "ARTIFACT.md").read_text(encoding="utf-8")
