#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks libcoopcount against the TSC on the bare emulated machine: a kernel of nine regions of known work (test_kernel.asm).
# In each, the instructions that the plugin saw start, less those that did not complete, are the TSC's difference.

set -eu -o pipefail

. "$(dirname "$0")/selftest_machine.sh"
plugin=${1:-$root/build/bench/plugin/libcoopcount.so}
build_kernel test_kernel.asm
boot "$plugin" counts ""

# name, instructions between the time stamps that complete, instructions that start and do not complete, VMRUNs, exits
PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 - "$work/stamps" "$work/counts" << 'END'
import json, sys

from selftest_tally import Tally

FRAME = 6  # instructions of a region outside the two time stamps
ROWS = [  # what, TSC, not completed, {class: count}
    ("nothing", 2, 0, {}),
    ("2000 instructions", None, 0, {}),
    ("REP counts each iteration", None, 0, {}),
    ("UD2, a fault known at translation", 503, 0, {"iret": 100}),
    ("memory-mapped access inside a block", 503, 0, {}),
    ("port access", 303, 0, {"in": 100}),
    ("VMRUN, exit by VMMCALL", 403, 100, {"vmrun": 100, "vmmcall": 100}),
    ("VMRUN, exit by CPUID", 703, 100, {"vmrun": 100, "cpuid": 100}),
    ("divide error, a fault found in execution", 404, 100, {"iret": 100}),
]
stamps = [int(line, 16) for line in open(sys.argv[1])]
counts = json.load(open(sys.argv[2]))
tally = Tally()
check = tally.check


check("number of regions", (len(stamps), len(counts["regions"]), counts["unpaired_markers"]), (len(ROWS), len(ROWS), 0))
for (what, tsc, lost, classes), stamp, region in zip(ROWS, stamps, counts["regions"]):
    check(what + ": instructions", region["instructions"] - FRAME - lost, stamp)
    if tsc is not None:
        check(what + ": TSC", stamp, tsc)
    for name, count in classes.items():
        check(f"{what}: {name}", region[name], count)
check("VMRUNs of the run", counts["vmrun"], 200)
check("markers of the run", (counts["marker_begin"], counts["marker_end"]), (len(ROWS), len(ROWS)))
tally.finish()
END
