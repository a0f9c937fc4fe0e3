#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs machine.list: hv-core alone on many kinds of QEMU machine; then the bootable image by BIOS and by UEFI up to the
# guest's shell. Ends with `machine: N passed, N failed[, N skipped]`.

set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/tests/machine
image=build/hv-core/hv-core.elf32
iso=build/coopvirt.iso
mkdir -p "$out"
passed=0 failed=0 skipped=0

verdict()
{
    if [ -z "$2" ]; then
        echo "PASS machine/$1"
        passed=$((passed + 1))
    else
        echo "FAIL machine/$1: $2"
        failed=$((failed + 1))
    fi
}

# QEMU with the serial lines in files; its own words come later, so that they win.
machine()
{
    local name=$1
    shift
    timeout 60 qemu-system-x86_64 -nodefaults -cpu EPYC,+svm,+npt,-rdrand,-rdseed,-smap -m 512 -display none -no-reboot \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -serial "file:$out/$name.console" -serial "file:$out/$name.records" \
        "$@" 2> "$out/$name.qemu"
}

run_row()
{
    local name=$1 status=$2 words=$3 emulator=$4 pattern=$5 got
    # shellcheck disable=SC2086 -- the list's words are words
    machine "$name" -kernel "$image" -append "$words" $emulator < /dev/null
    got=$?
    if [ "$got" -ne "$status" ]; then
        verdict "$name" "QEMU ended with $got, not $status ($out/$name.records)"
    elif ! grep -qE -- "$pattern" "$out/$name.records"; then
        verdict "$name" "no line like: $pattern ($out/$name.records)"
    else
        verdict "$name" ""
    fi
}

# The image boots the guest in its default mode: seen by the shell's prompt and by who says so.
run_iso()
{
    local name=$1 process tries=0
    shift
    rm -f "$out/$name.console" "$out/$name.records"
    machine "$name" -m 1024 -cdrom "$iso" "$@" < /dev/null &
    process=$!
    until grep -q '^~ # ' "$out/$name.console" 2> /dev/null || ! kill -0 "$process" 2> /dev/null; do
        sleep 0.5
        tries=$((tries + 1))
        [ "$tries" -lt 110 ] || break
    done
    kill "$process" 2> /dev/null
    wait "$process" 2> /dev/null
    if ! grep -q '^~ # ' "$out/$name.console"; then
        verdict "$name" "no prompt on the console ($out/$name.console)"
    elif ! grep -q '"type":"guest".*"mode":"coopvirt"' "$out/$name.records"; then
        verdict "$name" "the guest is not under hv-core ($out/$name.records)"
    else
        verdict "$name" ""
    fi
}

# NMIs that hit the host while a guest runs, from QEMU's monitor: the host takes them, and the guest prints what it prints.
run_nmi()
{
    local name=nmi-under-$1 process sent=0
    rm -f "$out/$name".*
    mkfifo "$out/$name.in" "$out/$name.out"
    machine "$name" -m 1024 -icount shift=0,sleep=off -monitor "pipe:$out/$name" -kernel "$image" -initrd "build/guest-coop/guest-coop.elf32 \
role=kernel -- tsc_khz=1000000 lapic_khz=1000000 script=/tests/processes.sh,build/tests/boot/initramfs.cpio role=initrd" \
        -append "mode=$1 tsc_khz=1000000 lapic_khz=1000000" < /dev/null &
    process=$!
    cat "$out/$name.out" > "$out/$name.monitor" &
    exec 3<> "$out/$name.in"
    while kill -0 "$process" 2> /dev/null; do
        [ ! -s "$out/$name.console" ] || [ "$sent" -ge 20 ] || { echo nmi >&3 && sent=$((sent + 1)); }
        sleep 0.1
    done
    exec 3>&-
    wait "$process"
    if [ $? -ne 33 ]; then
        verdict "$name" "the guest did not end well ($out/$name.records)"
    elif ! grep -q 'warn: the machine raised' "$out/$name.records"; then
        verdict "$name" "the host took no NMI of $sent ($out/$name.records)"
    else
        verdict "$name" ""
    fi
}

trim() { sed 's/^ *//; s/ *$//' <<< "$1"; }

while IFS='|' read -r name status words emulator pattern; do
    case $name in '#'* | '') continue ;; esac
    run_row "$(trim "$name")" "$(trim "$status")" "$(trim "$words")" "$(trim "$emulator")" "$(trim "$pattern")"
done < tests/boot/machine.list
rm -f "$out/ram" # a sparse file

run_nmi full-nested
run_nmi paravirt

if [ -f "$iso" ]; then
    run_iso iso-bios
    if [ -f /usr/share/ovmf/OVMF.fd ]; then
        run_iso iso-uefi -bios /usr/share/ovmf/OVMF.fd
    else
        echo "SKIP machine/iso-uefi: no /usr/share/ovmf/OVMF.fd"
        skipped=$((skipped + 1))
    fi
else
    echo "SKIP machine/iso: no $iso (make iso)"
    skipped=$((skipped + 1))
fi
echo "machine: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
