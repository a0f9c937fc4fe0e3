#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The boot tests: each section of tests.list is one guest, booted in each of its modes; what the machine said on
# its console and record lines is compared with what is expected. No verdict is an error, and so is a time-out.
# Usage: tests/boot/run.sh [-j N] [NAME ...]

set -u
cd "$(dirname "$0")/../.." || exit 1
list=tests/boot/tests.list
out=build/tests/boot/out
jobs=2
[ "${1:-}" = -j ] && { jobs=$2; shift 2; }
wanted=" $* "

# One `key = value` line of a section; several lines of one key are all kept.
values() { printf '%s\n' "$section" | sed -n "s/^$1 *= *//p"; }
value() { values "$1" | tail -n 1; }

guest_image()
{
    case $1 in
        guest-coop) echo build/guest-coop/guest-coop.elf32 ;;
        *) echo "build/tests/boot/guests/$1.elf32" ;;
    esac
}

# Compares; prints each deviation.
judge()
{
    local folder=$1 status=$2 pattern wanted_status
    wanted_status=$(value status)
    case ${wanted_status:-ok}/$status in
        ok/0 | failed/1 | timeout/3) ;;
        *) echo "ended with status $status ($(cat "$folder/verdict.txt")), expected ${wanted_status:-ok}" ;;
    esac
    while read -r pattern; do
        [ -z "$pattern" ] || grep -qE -- "$pattern" "$folder/console.txt" || echo "console has no line like: $pattern"
    done <<< "$(values console)"
    while read -r pattern; do
        [ -z "$pattern" ] || grep -qE -- "$pattern" "$folder/records.txt" || echo "records have no line like: $pattern"
    done <<< "$(values record)"
    while read -r pattern; do
        [ -z "$pattern" ] || ! cat "$folder/console.txt" "$folder/records.txt" | grep -qE -- "$pattern" ||
            echo "there is a line like: $pattern"
    done <<< "$(values absent)"
    # The program's output must equal a file to the letter.
    pattern=$(value output)
    [ -z "$pattern" ] || diff <(tr -d '\r' < "$folder/console.txt") "$pattern" || echo "console differs from $pattern"
}

# Runs one test in one mode; the verdict goes to a file, since tests run side by side.
run_one()
{
    local name=$1 mode=$2 folder=$out/$1-$2 arguments status deviations
    rm -rf "$folder"
    mkdir -p "$folder"
    arguments=(--mode "$mode" --machine "$(value machine)" --guest "$(guest_image "$(value guest)")" --out "$folder"
        --words "$(value words)" --hv-words "$(value hypervisor)" --timeout "$(value timeout)" --emulator-words " $(value emulator)")
    [ -z "$(value initramfs)" ] || arguments+=(--initramfs "$(value initramfs)")
    [ -z "$(value disk)" ] || arguments+=(--disk "$(value disk)")
    bench/boot "${arguments[@]}" > "$folder/verdict.txt" 2>&1
    status=$?
    touch "$folder/console.txt" "$folder/records.txt"
    deviations=$(judge "$folder" "$status")
    if [ -z "$deviations" ]; then
        echo "PASS boot/$name $mode" > "$folder/result.txt"
    else
        { echo "FAIL boot/$name $mode ($folder)"; printf '%s\n' "$deviations" | head -n 12 | sed 's/^/     /'; } > "$folder/result.txt"
    fi
    cat "$folder/result.txt"
}

mapfile -t names < <(sed -n 's/^\[\(.*\)\]$/\1/p' "$list")
rm -rf "$out"
mkdir -p "$out"
total=0
for name in "${names[@]}"; do
    [ "$wanted" = '  ' ] || [[ $wanted = *" $name "* ]] || continue
    section=$(awk -v name="[$name]" '$0 == name {on = 1; next} /^\[/ {on = 0} on && !/^#/' "$list")
    [ -n "$(value machine)" ] || section+=$'\nmachine = qemu-svm'
    [ -n "$(value timeout)" ] || section+=$'\ntimeout = 60'
    for mode in $(value modes); do
        while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
            wait -n
        done
        total=$((total + 1))
        run_one "$name" "$mode" &
    done
done
wait
passed=$(cat "$out"/*/result.txt 2> /dev/null | grep -c '^PASS')
echo "boot: $passed passed, $((total - passed)) failed"
[ "$total" -gt 0 ] && [ "$passed" -eq "$total" ]
