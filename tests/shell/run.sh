#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Somebody sits at `coopbench shell`: the dialogues beside this file, in both modes, on a terminal of their own.
# Ends with `shell: N passed, N failed`.

set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/tests/shell
mkdir -p "$out"
passed=0 failed=0
for mode in native full-nested; do
    for dialogue in tests/shell/*.txt; do
        name=$(basename "$dialogue" .txt)
        if timeout 300 bench/dialogue "$dialogue" bench/coopbench shell --mode "$mode" > "$out/$name-$mode.txt" 2>&1; then
            echo "PASS shell/$name $mode"
            passed=$((passed + 1))
        else
            echo "FAIL shell/$name $mode"
            sed 's/^/     /' "$out/$name-$mode.txt"
            failed=$((failed + 1))
        fi
    done
done
echo "shell: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
