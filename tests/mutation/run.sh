#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Proof by mutation: each check, intercept, reference and flush that hv-core names with MUTATED() is left out in turn, and
# a host test or a case of the hostile guest must then fail. Prints which one did; a name that nothing notices is a
# failure, and so is one that nothing but a time-out notices. With --all, every boot is made although one has already
# noticed; where a case ends the boot, those behind it have their turn in the next. Cases that no mutation affects by
# themselves are listed: they do not count.
# A case is affected by itself when it says so, or when it was the one that ran as its boot came to its end. It is not
# when all that is wrong behind it was wrong before.
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
hostile_timeout=${HOSTILE_TIMEOUT:-150}
turns=40 # boots of one table at the most,
late=2   # of them such as do not come to an end

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
        vt_undefined | vt_xsetbv_value) echo qemu-svm/coop bochs-vmx/coop && return ;;
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

# Of a boot of the table, the case that was running as it came to its end before all had had their turn.
mutation_last()
{
    grep -aq 'hostile: cases begin' "$1/records.txt" && ! grep -aq 'hostile: [0-9]* held' "$1/records.txt" || return
    sed -nE 's/^.*hostile: (ok|FAIL|inherits) ([^ ]*) .*/\2/p' "$1/records.txt" | grep -vxFf - "$1/order.txt" | head -n 1
}

# The table, and again behind the case that has ended its boot: each has its turn.
mutation_boot_table()
{
    local name=$1 machine=$2 mode=$3 boot=$4 turn from= left=$late
    for ((turn = 0; turn < turns; turn++)); do
        hostile_boot_table "$machine" "$mode" "$boot-table-$turn" "$hv" "mutate=$name" "$from"
        mutation_last "$boot-table-$turn" > "$boot-table-$turn/last.txt"
        [ -n "$all" ] && [ -s "$boot-table-$turn/last.txt" ] || return
        mutation_is_late "$boot-table-$turn" && [ $((left -= 1)) -eq 0 ] && return
        from=$(grep -xF -A 1 -f "$boot-table-$turn/last.txt" "$boot-table-$turn/order.txt" | sed -n 2p)
        [ -n "$from" ] || return
    done
}

# A boot whose end proves nothing, since a slow machine ends it so too; what cases said before does.
mutation_is_late() { grep -q '^timeout' "$1/verdict.txt"; }

mutation_said() { sed -n 's/^.*hostile: FAIL \([^ ]*\) .*/\1/p' "$1/records.txt" | grep -xFf "$1/order.txt"; }

# The cases that end their VM, but for those that are tried elsewhere.
mutation_boot_fatal()
{
    local name=$1 machine=$2 mode=$3 boot=$4 first
    mapfile -t fatal < <(hostile_cases "$machine" "$mode" yes | grep -vxFf "$5")
    for ((first = 0; first < ${#fatal[@]}; first += hostile_vms)); do
        [ -z "$all" ] && cat "$boot"-*/failed.txt | grep -q . && return
        hostile_boot_fatal "$machine" "$mode" "$boot-fatal-$first" "$hv" "mutate=$name" "${fatal[@]:first:hostile_vms}"
    done
}

# What fails among the hostile cases: `MACHINE/MODE:CASE` a line.
mutation_try_boots()
{
    local name=$1 folder=$2 point machine mode boot one
    : > "$folder/tried.txt"
    for point in $(mutation_points "$name"); do
        machine=${point%%/*} mode=${point#*/} boot=$folder/${point//\//-}
        mutation_boot_table "$name" "$machine" "$mode" "$boot"
        mutation_boot_fatal "$name" "$machine" "$mode" "$boot" "$folder/tried.txt"
        hostile_cases "$machine" "$mode" yes >> "$folder/tried.txt"
        grep -alq "mutation: $name is left out" "$boot"-*/records.txt || continue
        echo "$point" >> "$folder/reached.txt"
        for one in "$boot"-*/; do
            if mutation_is_late "$one"; then
                echo "$point" >> "$folder/late.txt"
                mutation_said "$one"
            else
                cat "$one/failed.txt"
            fi
        done | grep -vxFf "$out/unreliable.txt" | sort -u | sed "s|^|$point:|" > "$boot-failed.txt"
        cat "$boot-failed.txt"
        [ -z "$all" ] && [ -s "$boot-failed.txt" ] && return
    done
}

# Of the boots of a name, the cases that were affected by themselves.
mutation_own()
{
    local boot
    for boot in "$1"/*-table-*/ "$1"/*-fatal-*/; do
        [ -s "$boot/failed.txt" ] || continue
        if mutation_is_late "$boot"; then
            mutation_said "$boot"
        elif [[ $boot = *-fatal-* ]]; then # each has a VM of its own
            grep -qx machine "$boot/failed.txt" ||
                grep -xFf <(sed -n 's/^.*hostile: begin //p' "$boot/records.txt") "$boot/failed.txt"
        else
            cat "$boot/last.txt"
            mutation_said "$boot"
        fi
    done | grep -vxFf "$out/unreliable.txt" | sort -u > "$1/own.txt"
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
    elif [ -s "$folder/late.txt" ]; then
        echo "FAIL mutation/$name: nothing but a time-out notices ($(sort -u "$folder/late.txt" | tr '\n' ' '))"
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
if [ -n "$all" ] && [ $# -eq 0 ]; then
    cat "$out"/*/own.txt 2> /dev/null | sort -u > "$out/proved.txt"
    awk '!/^#/ && NF && $3 != "accepted" {print $1}' "$hostile_list" | sort > "$out/cases.txt"
    comm -23 "$out/cases.txt" "$out/proved.txt" > "$out/unproved.txt"
    echo "cases that no mutation affects by themselves, and which do not count: $(wc -l < "$out/unproved.txt")"
    while read -r name; do
        grep "^$name " tests/mutation/unaffected.list || echo "$name (nobody knows why)"
    done < "$out/unproved.txt" | sed 's/^/     /'
    echo "$(wc -l < "$out/cases.txt") cases, $(comm -12 "$out/cases.txt" "$out/proved.txt" | wc -l) proved by a mutation"
fi
echo "mutation: $passed passed, $((failed + base_failed)) failed, $skipped skipped"
[ $((failed + base_failed)) -eq 0 ]
