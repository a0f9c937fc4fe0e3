# SPDX-License-Identifier: GPL-2.0-or-later
"""A mode is what its name says: the control words tell."""
import pytest

from coopbench_lib.controls import complain_about_controls

SVM = {"intercept_cr_reads": "19", "intercept_cr_writes": "19", "intercept_exceptions": "64002",
       "intercepts": "bf44800b", "nested_paging": "0"}
VMX = {"pin": "7f", "primary": "b6206dfa", "secondary": "10ea", "exit": "7fefff", "entry": "d1ff",
       "exception_bitmap": "60002"}
RING = {"ring": "3", "cr0": "80010031", "cr4": "20"}


def complaint(cpu, words, mmu, axis="vt", **change):
    return complain_about_controls({"type": "controls", "vm": 0, "cpu": cpu, "words": words | change}, axis, mmu)


def test_right():
    assert complaint("svm", SVM, "shadow") == ""
    assert complaint("svm", SVM, "nested", nested_paging="1") == ""
    assert complaint("vmx", VMX, "nested") == ""
    assert complaint("vmx", VMX, "shadow", secondary="68", exception_bitmap="64002") == ""
    assert complaint("deprivileged", RING, "direct", "deprivileged") == ""


@pytest.mark.parametrize("cpu, words, mmu, change, wrong", [
    ("svm", SVM, "shadow", {"nested_paging": "1"}, "nested paging is on in a mode whose mmu axis is shadow"),
    ("svm", SVM, "nested", {}, "nested paging is off in a mode whose mmu axis is nested"),
    ("svm", SVM, "shadow", {"intercept_exceptions": "60002"}, "page faults do not exit"),
    ("vmx", VMX, "direct", {}, "nested paging is on"),
    ("vmx", VMX, "nested", {"primary": "36206dfa"}, "nested paging is off"),
    ("vmx", VMX, "nested", {"pin": 127}, "no hexadecimal number"),
    ("fake", SVM, "nested", {}, "is broken"),
    ("deprivileged", RING, "direct", {}, "in ring 3 in a mode whose cpu axis is vt"),
    ("svm", SVM, "direct", {"axis": "deprivileged"}, "behind a VM entry in a mode whose cpu axis is deprivileged"),
    ("deprivileged", RING, "direct", {"axis": "deprivileged", "ring": "0"}, "runs in ring 0"),
])
def test_wrong(cpu, words, mmu, change, wrong):
    assert wrong in complaint(cpu, words, mmu, **change)


def test_missing():
    assert "has no pin" in complain_about_controls({"cpu": "vmx", "words": {"primary": "0"}}, "vt", "nested")
    assert "is broken" in complain_about_controls({"cpu": "svm", "words": [1]}, "vt", "nested")
