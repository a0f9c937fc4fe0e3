#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the initramfs of the shell test: BusyBox, its names, the commands and /init.
# Usage: tests/boot/shell/mkinitramfs.sh OUTPUT

set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath -m "$1")
busybox=$(command -v busybox) || { echo "busybox is missing: apt-get install busybox-static" >&2; exit 1; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{bin,dev,etc,proc,root,tmp}
cp "$busybox" "$root/bin/busybox"
"$busybox" --list | grep -vx busybox | while read -r name; do ln -s busybox "$root/bin/$name"; done
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"
cp "$here/init" "$here/commands.sh" "$root/"
chmod 755 "$root/init"
mkdir -p "$(dirname "$output")"
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 > "$output")
