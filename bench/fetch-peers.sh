#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetches systems that others made, from Debian, into build/peers. They are unpacked and not installed, so this needs no
# root: Linux (the kernel as it is, unpacked for its PVH entry, and the modules of KVM), memtest86+, Xen, User-Mode Linux,
# bubblewrap and LXC; and from Debian's i386 the kernel that pages without PAE, with a BusyBox. bench/README.md and
# tests/README.md say what uses them.

set -eu -o pipefail
cd "$(dirname "$0")/.."
out=build/peers
products="vmlinuz vmlinux memtest86+x64.bin memtest86+ia32.bin xen linux.uml bwrap lxc/lxc-start lxc/liblxc.so.1
    modules/irqbypass.ko modules/kvm.ko modules/kvm-amd.ko modules/ccp.ko vmlinuz-686 busybox-686 packages.txt"

complete=yes
for product in $products; do
    [ -e "$out/$product" ] || complete=
done
[ -z "$complete" ] || exit 0

fail()
{
    echo "make peers: $1" >&2
    exit 1
}

# The package that a package without a version in its name stands for.
stands_for()
{
    apt-cache depends "$1" 2> /dev/null | awk -v name="^$2" '$1 == "Depends:" && $2 ~ name {print $2; exit}'
}

kernel=$(stands_for linux-image-amd64 linux-image)
xen=$(stands_for xen-system-amd64 xen-hypervisor)
[ -n "$kernel" ] && [ -n "$xen" ] || fail "apt does not know linux-image-amd64 and xen-system-amd64; run: apt-get update"
mkdir -p "$out/modules" "$out/lxc"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && apt-get -o APT::Sandbox::User=root download "$kernel" memtest86+ "$xen" user-mode-linux bubblewrap lxc liblxc1 \
    > apt.log 2>&1) ||
    fail "apt-get download failed: $(tail -n 1 "$scratch/apt.log")"
for package in "$scratch"/*.deb; do
    dpkg -x "$package" "$scratch/root"
done
root=$scratch/root

# Debian's i386 has lists of its own here, so that this computer's apt learns nothing of another architecture.
foreign="-o APT::Architecture=i386 -o APT::Architectures::=i386 -o APT::Sandbox::User=root -o Dir::State::status=/dev/null
    -o Dir::State::lists=$scratch/lists -o Dir::Cache=$scratch/cache"
mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial" "$scratch/i386"
apt-get $foreign update > "$scratch/apt.log" 2>&1 || true # sources without i386 count as errors
kernel=$(apt-cache $foreign depends linux-image-686 2> /dev/null | awk '$1 == "Depends:" {print $2; exit}')
[ -n "$kernel" ] || fail "Debian's i386 is not to be had: $(tail -n 1 "$scratch/apt.log")"
(cd "$scratch/i386" && apt-get $foreign download "$kernel" busybox-static > "$scratch/apt.log" 2>&1) ||
    fail "apt-get download failed: $(tail -n 1 "$scratch/apt.log")"
for package in "$scratch"/i386/*.deb; do
    dpkg -x "$package" "$scratch/root-i386"
done
cp "$scratch"/root-i386/boot/vmlinuz-* "$out/vmlinuz-686"
cp "$scratch/root-i386/bin/busybox" "$out/busybox-686"

cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
cp "$root"/boot/memtest86+x64.bin "$root"/boot/memtest86+ia32.bin "$out/"
gzip -dc "$root"/boot/xen-*-amd64.gz > "$out/xen"
cp "$root"/usr/bin/linux.uml "$root"/usr/bin/bwrap "$out/"
cp "$root"/usr/bin/lxc-start "$out/lxc/"
cp -L "$root"/usr/lib/*/liblxc.so.1 "$out/lxc/"
for module in virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd drivers/crypto/ccp/ccp; do
    cp "$root"/lib/modules/*/kernel/$module.ko "$out/modules/"
done

# The kernel that is packed into a bzImage begins with the signature of xz.
/usr/bin/python3 - "$out/vmlinuz" "$out/vmlinux" << 'END' || fail "$out/vmlinuz could not be unpacked"
import lzma
import sys
image = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(lzma.LZMADecompressor().decompress(image[image.index(b"\xfd7zXZ\0"):]))
END
for package in "$scratch"/*.deb "$scratch"/i386/*.deb; do
    dpkg-deb -f "$package" Package Version | awk '{print $2}' | paste -sd ' '
done > "$out/packages.txt"
echo "$out: $(cut -d ' ' -f 1 "$out/packages.txt" | paste -sd ' ')"
