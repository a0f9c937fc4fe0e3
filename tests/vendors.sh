#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# AMD-V against VT-x, one guest: the same image and the same programs in full-nested on each machine. The programs say the
# same, and each difference in exits per operation has an explanation by name, or the test fails.

set -u
cd "$(dirname "$0")/.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
machines="qemu-svm bochs-svm bochs-vmx"
workloads=nano/cpuid,nano/hypercall,nano/in,nano/rdmsr,nano/cr8wr,nano/timer,latency/null_call,latency/pipe,latency/fork,latency/exec,latency/page_fault
passed=0 failed=0 skipped=0

if ! command -v bochs-bin > /dev/null; then
    echo "SKIP vendors (bochs is not installed)"
    echo "vendors: 0 passed, 0 failed, 1 skipped"
    exit 0
fi

verdict()
{
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "PASS vendors/$2"
    else
        failed=$((failed + 1))
        echo "FAIL vendors/$2"
        tail -n 12 "$3" | sed 's/^/     /'
    fi
}

# What the programs print, to the letter; what a machine says of its own clock and CPU is not asked.
for machine in $machines; do
    bench/boot --machine "$machine" --mode full-nested --guest build/guest-coop/guest-coop.elf32 --timeout 200 \
        --initramfs build/tests/guest/abi.cpio --words leaks=0 --out "$scratch/$machine-abi" > "$scratch/$machine.log" 2>&1
    verdict $? "$machine/system-calls" "$scratch/$machine.log"
    cmp "$scratch/qemu-svm-abi/console.txt" "$scratch/$machine-abi/console.txt" > "$scratch/compare.log" 2>&1
    verdict $? "$machine/same-output" "$scratch/compare.log"
    bench/coopbench run --machine "$machine" --mode native,full-nested --workload "$workloads" --out "$scratch/$machine" \
        > "$scratch/$machine.log" 2>&1
    verdict $? "$machine/workloads" "$scratch/$machine.log"
done
bench/coopbench table "$scratch/qemu-svm" "$scratch/bochs-svm" "$scratch/bochs-vmx" --mode full-nested --fail-unexplained \
    > "$scratch/table.log" 2>&1
verdict $? exits-explained "$scratch/table.log"
echo "vendors: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
