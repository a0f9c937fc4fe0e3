#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packs the guest's first file system: mkinitramfs.sh OUTPUT INIT PATH=FILE...
# INIT is process 1; each PATH=FILE is one more file, executable. The same inputs give the same bytes: sorted names, no
# owners, fixed times, inode numbers counted anew.

set -eu -o pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 OUTPUT INIT [PATH=FILE ...]" >&2
    exit 2
fi
output=$1 init=$2
shift 2
shell=${BUSYBOX:-/bin/busybox}

if ! [ -x "$shell" ]; then
    echo "$0: $shell is missing (Debian: apt-get install busybox-static)" >&2
    exit 1
fi
if LC_ALL=C readelf -lW "$shell" | grep -q INTERP; then
    echo "$0: $shell is linked dynamically; install busybox-static in place of busybox" >&2
    exit 1
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
mkdir -p "$root"/{bin,bench,dev,etc,proc,root,tmp}
chmod 1777 "$root/tmp"
ln -s bin "$root/sbin"
mkdir "$root/usr"
ln -s ../bin "$root/usr/bin"

install -m 755 "$init" "$root/init"
install -m 755 "$shell" "$root/bin/busybox"
"$shell" --list | while read -r applet; do
    case $applet in
        busybox | init | linuxrc) ;;
        *) ln -s busybox "$root/bin/$applet" ;;
    esac
done

for extra; do
    install -D -m 755 "${extra#*=}" "$root/${extra%%=*}"
done

echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"
echo 'guest-coop' > "$root/etc/hostname"
cat > "$root/etc/profile" << 'END'
# Read by every interactive shell.
alias ll='ls -l'
END

find "$root" -exec touch -h -d '2026-01-01T00:00:00Z' {} +
(cd "$root" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
    cpio --quiet --null --create --format=newc --reproducible --owner=0:0) > "$output.partial"
mv "$output.partial" "$output"
