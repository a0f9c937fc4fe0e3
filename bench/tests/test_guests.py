# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest kernels: what they are told, and who refuses them."""
import pytest

from coopbench_lib.errors import UsageError
from coopbench_lib.guests import GUESTS, check_guest, find_guest
from coopbench_lib.machines import MACHINES


def test_finds_by_name():
    assert find_guest("guest-coop") is GUESTS[0]
    assert find_guest("linux").foreign
    with pytest.raises(UsageError, match="no guest 'minix' .*guest-coop, linux"):
        find_guest("minix")


def test_memory_in_the_words_of_each():
    assert GUESTS[0].memory.format(mib=240) == "mem=240"
    assert find_guest("linux").memory.format(mib=240) == "mem=240M"


def test_foreign_guest_needs_a_loader_of_its_kind():
    for machine in MACHINES:
        check_guest(GUESTS[0], machine)
        if machine.prepare:
            with pytest.raises(UsageError, match=f"does not boot on {machine.name}"):
                check_guest(find_guest("linux"), machine)
        else:
            check_guest(find_guest("linux"), machine)
