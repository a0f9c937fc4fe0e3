#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs the Debian packages that building, measuring and testing need, as far as they are missing. Quiet and quick when
# nothing is. Without root or sudo it says in one line what to install, and fails.

set -eu

packages="gcc clang libclang-rt-14-dev make nasm binutils qemu-system-x86 bochs bochsbios vgabios bochs-sdl musl-tools busybox-static cpio gnuplot-nox
    check libsubunit-dev libzydis-dev libpfm4-dev python3 python3-rich python3-pytest python3-numpy python3-scipy
    grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools ovmf
    e2fsprogs e2fsck-static bash-static zsh-static sash liblua5.4-dev libsqlite3-dev libtcc-dev"

missing=
for package in $packages; do
    case $(dpkg-query -W -f '${Status}' "$package" 2> /dev/null || true) in
        *' installed') ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2> /dev/null && { ! command -v sudo > /dev/null || ! [ -t 0 ]; }; then
        echo "make deps: packages are missing and this is not root; run: sudo apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "installing:$missing" >&2
log=$(mktemp)
if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } > "$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "make deps: apt-get failed (whole output: $log); run: apt-get install$missing" >&2
    exit 1
fi
rm -f "$log"
