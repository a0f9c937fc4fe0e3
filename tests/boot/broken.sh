#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes broken boot files out of good ones: broken.sh FOLDER KERNEL INITRAMFS. KERNEL is an ELF32 with at least two segments
# to load. Offsets: ELF32 header e_phoff at 28, e_entry at 24; program header p_offset +4, p_paddr +12, p_filesz +16.

set -eu -o pipefail
folder=$1 kernel=$2 initramfs=$3
mkdir -p "$folder"

# patch FILE OFFSET VALUE: a little-endian 32-bit number.
patch()
{
    local value=$3
    printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((value & 255)) $((value >> 8 & 255)) $((value >> 16 & 255)) \
        $((value >> 24 & 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# number FILE OFFSET
number() { od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '; }

# broken_kernel NAME: a copy to be patched.
broken_kernel()
{
    cp "$kernel" "$folder/kernel-$1"
    chmod u+w "$folder/kernel-$1"
}

headers=$(number "$kernel" 28)
first=$headers second=$((headers + 32))
[ "$(number "$kernel" "$first")" -eq 1 ] && [ "$(number "$kernel" "$second")" -eq 1 ]

head -c 100000 "$kernel" > "$folder/kernel-truncated"
head -c 60 "$kernel" > "$folder/kernel-headless"
head -c 20 "$kernel" > "$folder/kernel-stub"
echo 'This is no kernel, and longer than the header of one would be, so that it is read.' > "$folder/kernel-text"
broken_kernel outside
patch "$folder/kernel-outside" $((first + 12)) $((0xc0000000))
broken_kernel overlapping
patch "$folder/kernel-overlapping" $((second + 12)) "$(number "$kernel" $((first + 12)))"
broken_kernel entryless
patch "$folder/kernel-entryless" 24 16
broken_kernel offset
patch "$folder/kernel-offset" $((first + 4)) $((0xfffff000))
broken_kernel wrapping
patch "$folder/kernel-wrapping" $((first + 12)) $((0xfffff000))
broken_kernel low
patch "$folder/kernel-low" $((first + 12)) $((0x9000))
# The magic number of Multiboot, wherever it stands.
LC_ALL=C sed 's/\x02\xb0\xad\x1b/\x02\xb0\xad\x1c/g' "$kernel" > "$folder/kernel-no-multiboot"

# A kernel for the Linux boot protocol that ends behind its header.
{
    head -c 514 /dev/zero
    printf 'HdrS\017\002'
    head -c 400 /dev/zero
} > "$folder/linux-no-kernel"

head -c 1000000 "$initramfs" > "$folder/initramfs-truncated"
head -c 60 "$initramfs" > "$folder/initramfs-stub"
: > "$folder/initramfs-empty"
head -c 5000 /dev/zero > "$folder/initramfs-zeros"
head -c 5000 "$kernel" > "$folder/initramfs-kernel"
# One digit of a size behind the first hundred entries is no digit.
cp "$initramfs" "$folder/initramfs-corrupted"
at=$(LC_ALL=C grep -aob 070701 "$initramfs" | sed -n '100p' | cut -d: -f1)
printf 'x' | dd of="$folder/initramfs-corrupted" bs=1 seek=$((at + 57)) conv=notrunc status=none
mkdir -p "$folder/root/etc"
(cd "$folder/root" && find . -mindepth 1 | cpio --quiet -o -H newc) > "$folder/initramfs-no-init"
