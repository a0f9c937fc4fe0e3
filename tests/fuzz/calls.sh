#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots guest-coop with tests/guest/fuzz_calls.c as its first process, which makes random system calls, from another
# seed each time and in each of the modes in turn, until FUZZ_SECONDS are over; each mode has one turn at least. A
# kernel that panics or hangs, and a VM that loses frames, is a failure, and its seed is told: `tests/fuzz/calls.sh MODE
# SEED` boots that again. Ends with `calls: N passed, N failed`.

set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/tests/fuzz/calls
modes=(native coop paravirt full-shadow full-nested)
passed=0 failed=0

boot_one()
{
    local mode=$1 seed=$2 folder=$out/$1-$2 frames console
    console=$folder/console.txt
    mkdir -p "$folder"
    if bench/boot --mode "$mode" --machine qemu-svm --guest build/guest-coop/guest-coop.elf32 --words "seed=$seed" \
        --initramfs build/tests/guest/fuzz_calls.cpio --out "$folder" --timeout 300 > "$folder/verdict.txt" 2>&1 &&
        grep -q "^fuzz_calls: seed $seed" "$console" && grep -q '^fuzz_calls: still here' "$console"; then
        frames=$(sed -n 's/.* it owned \([0-9]*\) frames before its creation, \([0-9]*\) after.*/\1 \2/p' \
            "$folder/records.txt")
        if [ "$mode" = native ] || [ -n "$frames" ] && [ "${frames% *}" = "${frames#* }" ]; then
            echo "PASS calls/$mode seed $seed"
            rm -r "$folder"
            return 0
        fi
    fi
    echo "FAIL calls/$mode seed $seed: $(cat "$folder/verdict.txt") ($folder)"
    grep -h -m 3 -E 'panic|"type":"error"' "$folder/records.txt" "$folder/console.txt" | sed 's/^/     /'
    return 1
}

if [ $# = 2 ]; then
    boot_one "$1" "$2"
    exit
fi
seed=$(date +%s) turn=0
while [ "$turn" -lt ${#modes[@]} ] || [ "$SECONDS" -lt "${FUZZ_SECONDS:-60}" ]; do
    if boot_one "${modes[turn % ${#modes[@]}]}" $((seed + turn)); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    turn=$((turn + 1))
done
echo "calls: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
