# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with something that is shown all the same. Whoever reads it complains; when the command is done, each
complaint is a line on standard error, and the exit status is 1."""
from __future__ import annotations

_complaints: list[str] = []


def complain(text: str) -> None:
    """Keeps a complaint for the end of the command; one that is made twice is one."""
    if text not in _complaints:
        _complaints.append(text)


def take_complaints() -> list[str]:
    """Those that were made since the last call."""
    taken = _complaints.copy()
    _complaints.clear()
    return taken
