# SPDX-License-Identifier: GPL-2.0-or-later
"""Our native rows beside Linux's: 'coopbench table --beside-linux'."""
from dataclasses import replace

import pytest

from coopbench_lib.beside_linux import read_reasons, render_beside_linux
from coopbench_lib.errors import UsageError
from coopbench_lib.paths import default_paths
from coopbench_lib.results import read_result
from coopbench_lib.workloads import read_manifest

PATHS = default_paths()


@pytest.fixture
def ours():
    return read_result(PATHS.references / "qemu-svm")


@pytest.fixture
def peers():
    return read_result(PATHS.references / "peers-qemu-svm")


def test_rows_of_the_references(ours, peers):
    text = render_beside_linux(ours, peers, {})
    common = {row.workload for row in ours.rows if row.mode == "native"} & {row.workload for row in peers.rows}
    rows = [line for line in text.splitlines() if line.startswith("| latency/") or line.startswith("| macro/")]
    assert rows and len(rows) <= len(common)
    null_call = next(line for line in rows if "null_call" in line).split("|")
    native = next(row for row in ours.rows if (row.mode, row.workload) == ("native", "latency/null_call"))
    linux = next(row for row in peers.rows if (row.mode, row.workload) == ("linux", "latency/null_call"))
    assert float(null_call[2].replace(",", "").rstrip("* ")) == pytest.approx(native.value, rel=1e-3)
    assert float(null_call[4]) == pytest.approx(native.value / linux.value, rel=2e-3)


def test_longer_rows_are_named_with_their_reason(ours, peers):
    rows = [replace(row, value=9e6)
            if row.mode == "native" and row.workload in ("latency/stat", "latency/read") else row
            for row in ours.rows]
    text = render_beside_linux(replace(ours, rows=rows), peers, {"latency/stat": "it walks twice"})
    assert "- `latency/stat` (" in text and "): it walks twice" in text
    assert "- `latency/read` (" in text and "): not looked into yet" in text


def test_other_work_and_other_machines_are_refused(ours, peers):
    rows = [replace(row, ops=(row.ops or 0) + 1) for row in ours.rows]
    with pytest.raises(UsageError, match="no native row in common"):
        render_beside_linux(replace(ours, rows=rows), peers, {})
    with pytest.raises(UsageError, match="another machine"):
        render_beside_linux(read_result(PATHS.references / "bochs-svm"), peers, {})
    with pytest.raises(UsageError, match="in this order"):
        render_beside_linux(peers, ours, {})


def test_reasons_are_of_workloads():
    names = {workload.name for workload in read_manifest(PATHS.manifest)}
    assert set(read_reasons(PATHS.root / "bench/peers/longer.json")) <= names


def test_command(tree):
    answer = tree("table", "--beside-linux")
    assert answer.status == 2 and "takes a result of ours and one of peers" in answer.err
