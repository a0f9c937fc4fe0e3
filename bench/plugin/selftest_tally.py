# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugins' self-tests count their checks with."""
import sys


class Tally:
    """Compares, tells what differs, and ends the program with a summary."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, found, wanted):
        if found == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: {found}, not {wanted}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
