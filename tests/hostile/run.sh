#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hostile guest beside a witness, on each machine and in each mode: every case of cases.list must be held, and the
# other VM's work must come out right. Counts cases.
# Usage: tests/hostile/run.sh [-j N] [MACHINE/MODE ...]

set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/hostile/boots.sh
out=build/tests/hostile/out
hv=${HOSTILE_HV:-build/hv-core/hv-core.elf32}
jobs=2
[ "${1:-}" = -j ] && { jobs=$2; shift 2; }
points=${*:-qemu-svm/coop qemu-svm/paravirt qemu-svm/lguest bochs-vmx/coop bochs-svm/coop bochs-vmx/paravirt bochs-svm/paravirt}

rm -rf "$out"
mkdir -p "$out"
point_list=
for point in $points; do
    if [[ $point = bochs-* ]] && ! command -v bochs-bin > /dev/null; then
        echo "SKIP hostile/$point (bochs is not installed)"
        continue
    fi
    point_list+=" $point"
    machine=${point%%/*} mode=${point#*/} folder=$out/${point//\//-}
    hostile_start() { while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done; }
    hostile_start
    hostile_boot_table "$machine" "$mode" "$folder/table" "$hv" "" &
    mapfile -t fatal < <(hostile_cases "$machine" "$mode" yes)
    for ((first = 0; first < ${#fatal[@]}; first += hostile_vms)); do
        hostile_start
        hostile_boot_fatal "$machine" "$mode" "$folder/fatal-$first" "$hv" "" "${fatal[@]:first:hostile_vms}" &
    done
done
wait

total_held=0 total_failed=0
for point in $point_list; do
    folder=$out/${point//\//-}
    held=$(cat "$folder"/*/ok.txt | wc -l) failed=$(cat "$folder"/*/failed.txt | wc -l)
    total_held=$((total_held + held)) total_failed=$((total_failed + failed))
    if [ "$failed" -eq 0 ]; then
        echo "PASS hostile/$point ($held held)"
    else
        echo "FAIL hostile/$point ($held held, $failed not; $folder)"
        for boot in "$folder"/*/; do
            [ -s "$boot/failed.txt" ] || continue
            echo "     ${boot%/}: $(cat "$boot/verdict.txt")"
            grep -ah 'hostile: FAIL\|panic' "$boot/records.txt" | head -n 12 | sed 's/^/     /'
            tr '\n' ' ' < "$boot/failed.txt" | cut -c1-400 | sed 's/^/     not held: /'
            echo
        done
    fi
    grep "^${point%%/*} " tests/hostile/undecidable.list | sed 's/^/     undecidable: /'
done
echo "hostile: $total_held passed, $total_failed failed"
[ "$total_held" -gt 0 ] && [ "$total_failed" -eq 0 ]
