# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the record of control words that a hypervisor writes before a VM's first entry: that the hardware was set up
for what the mode's name says. Numbers: AMD APM vol. 2, appendix B; Intel SDM vol. 3, "VM-Execution Control Fields"."""

from typing import Any

NESTED_PAGING = 1 << 0        # SVM: of "nested_paging"
ACTIVATE_SECONDARY = 1 << 31  # VT-x: of "primary"
ENABLE_EPT = 1 << 1           # of "secondary"
PAGE_FAULT = 1 << 14          # of "intercept_exceptions" and "exception_bitmap"

RING = "deprivileged"
_NEEDED = {
    "svm": ("intercept_cr_reads", "intercept_cr_writes", "intercept_exceptions", "intercepts", "nested_paging"),
    "vmx": ("pin", "primary", "secondary", "exit", "entry", "exception_bitmap"),
    RING: ("ring", "cr0", "cr4"),
}


def complain_about_controls(record: dict[str, Any], axis: str, mmu: str) -> str:
    """What is wrong with a record of control words in a mode of this cpu axis and mmu axis; '' for nothing."""
    cpu, words = record.get("cpu"), record.get("words")
    if cpu not in _NEEDED or not isinstance(words, dict):
        return "the record of control words is broken"
    try:
        values = {name: int(value, 16) for name, value in words.items()}
    except (TypeError, ValueError):
        return "the record of control words has a word that is no hexadecimal number"
    missing = [name for name in _NEEDED[cpu] if name not in values]
    if missing:
        return f"the record of control words has no {missing[0]}"
    if (cpu == RING) != (axis == RING):
        runs = "in ring 3" if cpu == RING else "behind a VM entry"
        return f"the kernel runs {runs} in a mode whose cpu axis is {axis}"
    if cpu == RING:
        return "" if values["ring"] == 3 else f"the kernel runs in ring {values['ring']}"
    if cpu == "svm":
        nested, faults = values["nested_paging"] & NESTED_PAGING, values["intercept_exceptions"] & PAGE_FAULT
    else:
        nested = values["primary"] & ACTIVATE_SECONDARY and values["secondary"] & ENABLE_EPT
        faults = values["exception_bitmap"] & PAGE_FAULT
    if bool(nested) != (mmu == "nested"):
        return f"nested paging is {'on' if nested else 'off'} in a mode whose mmu axis is {mmu}"
    if mmu == "shadow" and not faults:
        return "page faults do not exit in a mode whose mmu axis is shadow"
    return ""
