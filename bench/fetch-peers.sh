#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetches kernels that others wrote, from Debian: the stock Linux kernel (as it is, and unpacked for its PVH entry) and
# memtest86+. They are unpacked into build/peers and not installed, so this needs no root.

set -eu -o pipefail
cd "$(dirname "$0")/.."
out=build/peers
[ -e "$out/vmlinuz" ] && [ -e "$out/vmlinux" ] && [ -e "$out/memtest86+x64.bin" ] && exit 0

fail()
{
    echo "make peers: $1" >&2
    exit 1
}

kernel=$(apt-cache depends linux-image-amd64 2> /dev/null | awk '$1 == "Depends:" {print $2; exit}')
[ -n "$kernel" ] || fail "apt does not know linux-image-amd64; run: apt-get update"
mkdir -p "$out"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && apt-get -o APT::Sandbox::User=root download "$kernel" memtest86+ > apt.log 2>&1) ||
    fail "apt-get download failed: $(tail -n 1 "$scratch/apt.log")"
for package in "$scratch"/*.deb; do
    dpkg -x "$package" "$scratch/root"
done
cp "$scratch"/root/boot/vmlinuz-* "$out/vmlinuz"
cp "$scratch"/root/boot/memtest86+x64.bin "$scratch"/root/boot/memtest86+ia32.bin "$out/"

# The kernel that is packed into a bzImage begins with the signature of xz.
/usr/bin/python3 - "$out/vmlinuz" "$out/vmlinux" << 'END' || fail "$out/vmlinuz could not be unpacked"
import lzma
import sys
image = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(lzma.LZMADecompressor().decompress(image[image.index(b"\xfd7zXZ\0"):]))
END
echo "$out: $kernel, memtest86+"
