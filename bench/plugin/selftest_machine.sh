# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the plugins' self-tests: builds a test kernel, and boots it under a plugin on the bare emulated machine.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build_kernel SOURCE
build_kernel() {
    awk '$1 == "#define" && $2 ~ /^COOP(BENCH_NOP|_PORT)_/ {sub(/^COOP(BENCH)?_/, "", $2); print $2 " equ " $3}' \
        "$root/guest-coop/include/coopbench.h" "$root/hv-core/include/coopvirt/abi.h" > "$work/markers.inc"
    nasm -f bin -I "$work/" -I "$here/" "$here/$1" -o "$work/kernel"
}

# boot PLUGIN COUNTS ARGUMENTS: the plugin's file is COUNTS in the working folder; what the kernel wrote to port 0xe9 is 'stamps'.
boot() {
    local status=0
    if ! [ -f "$1" ]; then
        echo "$0: $1 is not there: make images" >&2
        exit 2
    fi
    timeout 60 qemu-system-x86_64 -M pc -nodefaults -cpu EPYC,+svm,+npt,-rdrand,-rdseed,-smap -m 64 -icount shift=0,sleep=off \
        -rtc base=2026-01-01,clock=vm -display none -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -debugcon "file:$work/stamps" -kernel "$work/kernel" -plugin "$1,out=$work/$2$3" 2> "$work/errors" || status=$?
    if [ "$status" -ne 33 ] || ! [ -f "$work/$2" ]; then
        echo "$0: QEMU ended with status $status" >&2
        cat "$work/errors" >&2
        echo "0 passed, 1 failed"
        exit 1
    fi
}
