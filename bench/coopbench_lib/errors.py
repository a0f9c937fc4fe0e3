# SPDX-License-Identifier: GPL-2.0-or-later
"""The errors that end coopbench with one line on standard error."""


class CoopbenchError(Exception):
    """Something outside coopbench is wrong; the text says what, and what to do. Exit status 1."""

    status = 1


class UsageError(CoopbenchError):
    """The command line asks for something that there is not. Exit status 2."""

    status = 2


class Stopped(CoopbenchError):
    """The user stopped it; the text says where what is finished lies. Exit status 130."""

    status = 130


class RecordError(CoopbenchError):
    """What a machine wrote is no valid measurement; the text is the reason of the failed run."""
