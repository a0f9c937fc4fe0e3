#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs every fuzzer that is built for FUZZ_SECONDS, two at a time; what it finds is kept as build/tests/fuzz/crash-*, and
# the inputs that reach new code are kept for the next time. Ends with `fuzz: N passed, N failed`.

set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/tests/fuzz
seconds=${FUZZ_SECONDS:-2}
passed=0 failed=0

# Good files to begin with, where a fuzzer would not find the format by itself.
seed()
{
    local corpus=$out/corpus-$1
    [ ! -d "$corpus" ] || return
    mkdir -p "$corpus"
    case $1 in
        kernel_elf) cp build/tests/boot/guests/cpuid.elf32 "$corpus/" ;;
        program_elf) head -c 4096 build/guest-coop/user/init > "$corpus/init" ;;
        cpio) cp build/tests/boot/broken/initramfs-no-init "$corpus/" ;;
    esac
}

run_one()
{
    local name=$1 log=$out/$1.log
    seed "$name"
    timeout $((seconds * 2 + 60)) "$out/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 \
        -artifact_prefix="$out/$name-" "$out/corpus-$name" > "$log" 2>&1
    echo $? > "$out/$name.status"
}

names=()
for source in tests/fuzz/fuzz_*.c; do
    name=${source#tests/fuzz/fuzz_}
    names+=("${name%.c}")
done
for name in "${names[@]}"; do
    rm -f "$out/$name.status"
    [ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
    [ ! -x "$out/fuzz_$name" ] || run_one "$name" &
done
wait
for name in "${names[@]}"; do
    if ! [ -x "$out/fuzz_$name" ]; then
        echo "FAIL fuzz/$name: not built"
        failed=$((failed + 1))
    elif [ "$(cat "$out/$name.status")" = 0 ] && grep -q '^Done [1-9][0-9]* runs' "$out/$name.log"; then
        echo "PASS fuzz/$name ($(sed -n 's/^Done \([0-9]* runs in [0-9]*\) .*/\1 s/p' "$out/$name.log"))"
        passed=$((passed + 1))
    else
        echo "FAIL fuzz/$name (status $(cat "$out/$name.status"); $out/$name.log)"
        grep -m 3 -E 'ERROR|SUMMARY|runtime error|written to' "$out/$name.log" | sed 's/^/     /'
        failed=$((failed + 1))
    fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
