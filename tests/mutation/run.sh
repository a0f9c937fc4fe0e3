#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Proof by mutation: each check, intercept, reference and flush that hv-core names with MUTATED() is left out in turn, and
# a host test or a case of the hostile guest must then fail. Prints which one did; a name that nothing notices is a
# failure. With --all, every boot is made although one has already noticed, and the cases that no mutation affects are
# listed: they do not count. A case is affected by itself when it says so, or when it was the one that ran as its boot
# came to its end; those that never had their turn then are affected too, but prove less.
# Usage: tests/mutation/run.sh [-j N] [--all | --sample N] [NAME ...]; needs `make mutation-build`.

set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/hostile/boots.sh
build=build/mutation
out=$build/out
hv=$build/hv-core/hv-core.elf32
jobs=2 all= sample=
while [[ ${1:-} = -* ]]; do
    case $1 in
        -j) jobs=$2; shift 2 ;;
        --all) all=yes; shift ;;
        --sample) sample=$2; shift 2 ;;
        *) echo "run.sh: no option $1" >&2; exit 2 ;;
    esac
done
hostile_timeout=${HOSTILE_TIMEOUT:-45}

mutation_sources() { grep -rlE --include='*.[ch]' --include='*.asm' "MUTATED\($1\)" hv-core | grep -v coopvirt/mutation.h; }
mutation_names()
{
    grep -rhoE --include='*.[ch]' --include='*.asm' 'MUTATED\([a-z0-9_]+\)' hv-core --exclude=mutation.h | sed 's/.*(\(.*\))/\1/' | sort -u
}

# The host tests that are made of a source or header with this name in it, as the compiler noted.
mutation_units()
{
    local source
    for source in $(mutation_sources "$1"); do
        grep -lE "(^|[ /])$source( |\$)" "$build"/tests/unit/*.d/*.d
    done | sed 's|.*/\([^/]*\)\.d/[^/]*$|\1|' | sort -u
}

# Machines and modes in which a name's source has a say.
mutation_points()
{
    local name=$1 sources
    sources=$(mutation_sources "$name")
    case $name in
        deprivileged_*) sources=hv-core/cpu/deprivileged ;;
        machine_*) echo qemu-svm/paravirt bochs-vmx/paravirt && return ;;
    esac
    if grep -qv 'hv-core/cpu/' <<< "$sources"; then
        echo qemu-svm/coop qemu-svm/paravirt
        return
    fi
    grep -q cpu/svm <<< "$sources" && echo qemu-svm/coop
    grep -q cpu/vmx <<< "$sources" && echo bochs-vmx/coop
    grep -q cpu/deprivileged <<< "$sources" && echo qemu-svm/paravirt
}

# What fails among the host tests: `unit/PROGRAM:TEST` a line.
mutation_try_units()
{
    local name=$1 folder=$2 unit
    for unit in $(mutation_units "$name"); do
        local program=$build/tests/unit/test_$unit
        [ -x "$program" ] || continue
        MUTATE=$name timeout 120 "$program" > "$folder/unit-$unit.log" 2>&1
        local status=$?
        grep -q "mutation: $name is left out" "$folder/unit-$unit.log" || continue
        echo "unit/$unit" >> "$folder/reached.txt"
        [ "$status" -eq 0 ] && continue
        { sed -nE 's/^.*:[0-9]+:[EF]:[^:]*:([^:]*):.*/\1/p' "$folder/unit-$unit.log" | sort -u | grep . || echo "status-$status"; } |
            sed "s|^|unit/$unit:|"
    done
}

# What fails among the hostile cases: `MACHINE/MODE:CASE` a line.
mutation_try_boots()
{
    local name=$1 folder=$2 point first machine mode boot
    for point in $(mutation_points "$name"); do
        machine=${point%%/*} mode=${point#*/} boot=$folder/${point//\//-}
        hostile_boot_table "$machine" "$mode" "$boot-table" "$hv" "mutate=$name"
        mapfile -t fatal < <(hostile_cases "$machine" "$mode" yes)
        for ((first = 0; first < ${#fatal[@]}; first += hostile_vms)); do
            [ -z "$all" ] && [ -s "$boot-table/failed.txt" ] && break
            hostile_boot_fatal "$machine" "$mode" "$boot-fatal-$first" "$hv" "mutate=$name" "${fatal[@]:first:hostile_vms}"
        done
        grep -alq "mutation: $name is left out" "$boot"-*/records.txt || continue
        echo "$point" >> "$folder/reached.txt"
        cat "$boot"-*/failed.txt | grep -vxFf "$out/unreliable.txt" | sed "s|^|$point:|" > "$boot-failed.txt"
        cat "$boot-failed.txt"
        [ -z "$all" ] && [ -s "$boot-failed.txt" ] && return
    done
}

# Of the boots of a name, the cases that were affected by themselves.
mutation_own()
{
    local boot
    for boot in "$1"/*-table "$1"/*-fatal-*; do
        [ -s "$boot/failed.txt" ] || continue
        if [[ $boot = *-fatal-* ]]; then # each has a VM of its own
            grep -qx machine "$boot/failed.txt" || grep -vx witness "$boot/failed.txt"
            continue
        fi
        sed -n 's/^.*hostile: FAIL \([^ ]*\) .*/\1/p' "$boot/records.txt"
        grep -aq 'hostile: [0-9]* held' "$boot/records.txt" && continue
        cut -d' ' -f1 "$hostile_list" | grep -xFf "$boot/expected.txt" | grep -vxFf "$boot/said.txt" |
            grep -vxFf <(sed -n 's/^.*hostile: FAIL \([^ ]*\) .*/\1/p' "$boot/records.txt") | head -n 1
    done | grep -vxFf "$out/unreliable.txt" > "$1/own.txt"
}

mutation_try()
{
    local name=$1 folder=$out/$1
    mkdir -p "$folder"
    : > "$folder/reached.txt"
    mutation_try_units "$name" "$folder" > "$folder/failed.txt"
    if [ -n "$all" ] || ! [ -s "$folder/failed.txt" ]; then
        mutation_try_boots "$name" "$folder" >> "$folder/failed.txt"
        mutation_own "$folder"
    fi
    local count
    count=$(wc -l < "$folder/failed.txt")
    if [ "$count" -gt 0 ]; then
        echo "PASS mutation/$name: $count fail, $(head -n 4 "$folder/failed.txt" | tr '\n' ' ')" | cut -c1-200
    elif grep -qE "^$name " tests/mutation/undecidable.list; then
        echo "SKIP mutation/$name: $(sed -n "s/^$name //p" tests/mutation/undecidable.list)"
    else
        echo "FAIL mutation/$name: nothing notices ($(tr '\n' ' ' < "$folder/reached.txt" | grep . || echo never reached))"
    fi | tee "$folder/result.txt"
}

names=${*:-$(mutation_names)}
if [ -n "$sample" ]; then
    names=$(echo "$names" | awk -v every="$sample" 'NR % every == 1 || every == 1')
fi
rm -rf "$out"
mkdir -p "$out"

# With nothing left out, everything must pass where a name is going to be judged, or it proves nothing.
mutation_none()
{
    local point folder first fatal
    for point in $(for name in $names; do mutation_points "$name"; done | tr ' ' '\n' | sort -u); do
        folder=$out/none/${point//\//-}
        hostile_boot_table "${point%%/*}" "${point#*/}" "$folder-table" "$hv" ""
        mapfile -t fatal < <(hostile_cases "${point%%/*}" "${point#*/}" yes)
        for ((first = 0; first < ${#fatal[@]}; first += hostile_vms)); do
            while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
            hostile_boot_fatal "${point%%/*}" "${point#*/}" "$folder-fatal-$first" "$hv" "" "${fatal[@]:first:hostile_vms}" &
        done
    done
    wait
    cat "$out"/none/*/failed.txt | sort -u > "$out/unreliable.txt"
    if [ -s "$out/unreliable.txt" ]; then
        echo "FAIL mutation/none: $(tr '\n' ' ' < "$out/unreliable.txt")" | cut -c1-200
    fi
}
mkdir -p "$out/none"
mutation_none
base_failed=0
[ ! -s "$out/unreliable.txt" ] || base_failed=1

for name in $names; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    mutation_try "$name" &
done
wait
passed=$(cat "$out"/*/result.txt | grep -c '^PASS') failed=$(cat "$out"/*/result.txt | grep -c '^FAIL')
skipped=$(cat "$out"/*/result.txt | grep -c '^SKIP')
if [ -n "$all" ]; then
    cat "$out"/*/failed.txt | sed 's/^[^:]*://' | sort -u > "$out/affected.txt"
    cat "$out"/none/*/ok.txt | sort -u > "$out/cases.txt"
    echo "cases that no mutation affects, and which do not count: $(comm -23 "$out/cases.txt" "$out/affected.txt" | wc -l) of $(wc -l < "$out/cases.txt")"
    comm -23 "$out/cases.txt" "$out/affected.txt" | while read -r name; do
        grep "^$name " tests/mutation/unaffected.list || echo "$name (nobody knows why)"
    done | sed 's/^/     /'
    echo "cases that some mutation affects by themselves: $(cat "$out"/*/own.txt 2> /dev/null | sort -u | comm -12 - "$out/cases.txt" | wc -l)"
fi
echo "mutation: $passed passed, $((failed + base_failed)) failed, $skipped skipped"
[ $((failed + base_failed)) -eq 0 ]
