#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks libcoopwalk on the bare emulated machine: a kernel of eleven regions (walk_test_kernel.asm), whose walks and table
# entries follow from the pages that it touches and from a data TLB of 16 entries. Runs it with caches of walks off and on, and
# without tags.

set -eu -o pipefail

. "$(dirname "$0")/selftest_machine.sh"
plugin=${1:-$root/build/bench/plugin/libcoopwalk.so}
build_kernel walk_test_kernel.asm
boot "$plugin" plain.json ,l1d=16/16,l1i=16/16,compare=on
boot "$plugin" second.json ,l1d=16/16,l1i=16/16,l2=64/4,compare=on
boot "$plugin" cached.json ,l1d=16/16,l1i=16/16,walk_cache=32,nested_cache=64,compare=on
boot "$plugin" untagged.json ,l1d=16/16,l1i=16/16,tags=off,compare=on

PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 - "$work" << 'END'
import json, sys

from selftest_tally import Tally

ROUNDS, PAGES = 100, 16
MORE = (PAGES + 1) * ROUNDS
# What a walk reads: 4 KiB pages 4, 2 MiB pages (as the kernel's own code is on) 3; in two dimensions, of 4 KiB pages in the
# second, (4 + 1) * 4 + 4 and (4 + 1) * 3 + 4. With every world switch goes one access of the host's.
SMALL, LARGE, SMALL_NESTED, LARGE_NESTED = 4, 3, 24, 19
# name, walks, table entries; a region's own code is fetched anew where a flush took it
PLAIN = [
    ("as many pages as entries", 0, 0),
    ("one page more", MORE, MORE * SMALL),
    ("one large page more", MORE, MORE * LARGE),
    ("CR3", ROUNDS * 5, ROUNDS * (4 * SMALL + LARGE)),
    ("INVLPG", ROUNDS * 3, ROUNDS * 3 * SMALL),
    ("CR4.PGE", ROUNDS * 10, ROUNDS * (8 * SMALL + 2 * LARGE)),
    ("world switches", 0, 0),
    ("two dimensions", MORE + ROUNDS, MORE * SMALL_NESTED + ROUNDS * LARGE),
    ("one dimension", MORE + ROUNDS, MORE * SMALL + ROUNDS * LARGE),
    ("TLB_CONTROL", ROUNDS * 7, ROUNDS * (4 * SMALL + 3 * LARGE)),
    ("intercepted CR3", 0, 0),
]
tally = Tally()
check = tally.check


def read(name):
    counts = json.load(open(f"{sys.argv[1]}/{name}.json"))
    check(f"{name}: regions", (len(counts["regions"]), counts["unpaired_markers"], counts["mistaken"]), (len(PLAIN), 0, 0))
    for (what, _, _), region in zip(PLAIN, counts["regions"]):
        check(f"{name}, {what}: accesses that the tables do not explain, hits that lead elsewhere",
              (region["failed"], region["stale"]), (0, 0))
    return [(region["walks"], region["references"]) for region in counts["regions"]], counts["regions"]


plain, regions = read("plain")
for (what, walks, references), found in zip(PLAIN, plain):
    check(f"plain, {what}", found, (walks, references))
check("entries of the second dimension", regions[7]["nested_references"], MORE * (SMALL_NESTED - SMALL))
check("flushes counted", [(region["flushes"], region["root_flushes"], region["page_flushes"]) for region in regions[3:6]],
      [(0, ROUNDS, 0), (0, 0, 3 * ROUNDS), (2 * ROUNDS, 0, 0)])
check("switches counted", regions[6]["switches"], 2 * ROUNDS)

second, _ = read("second")  # the second level holds what the first throws out
check("second level", second[:3], [(0, 0), (0, 0), (0, 0)])

cached, _ = read("cached")  # one entry a walk, once a walk cache knows the table above it
check("walk cache", (cached[1], cached[2], cached[7]), ((MORE, MORE), (MORE, MORE), (MORE + ROUNDS,) * 2))

untagged, _ = read("untagged")  # each switch flushes: the guest's code on the way in, the host's code and data on the way out
check("without tags", untagged[6], (3 * ROUNDS, ROUNDS * (LARGE_NESTED + 2 * LARGE)))
tally.finish()
END
