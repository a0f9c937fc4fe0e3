#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is asked of the build itself: every image also builds with clang, warnings being errors, and what clang built boots;
# two checkouts in different folders give the same images to the byte. The second checkout is a clone of the last
# commit: with changes that are not committed the comparison is skipped, since it would compare two things.

set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

verdict()
{
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "PASS build/$2"
    else
        failed=$((failed + 1))
        echo "FAIL build/$2"
        tail -n 8 "$3" | sed 's/^/     /'
    fi
}

images="hv-core/hv-core.elf32 guest-coop/guest-coop.elf32 bench/initramfs.cpio"

make -j2 --no-print-directory CC=clang BUILD=build/clang images > "$scratch/clang.log" 2>&1
verdict $? clang "$scratch/clang.log"
bench/coopbench run --build build/clang --mode native,full-nested --workload latency/fork --out "$scratch/clang" > "$scratch/boot.log" 2>&1
verdict $? clang-boots "$scratch/boot.log"

if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    skipped=1
    echo "SKIP build/reproducible (the tree has changes that are not committed)"
else
    clone=$scratch/a-clone-in-another-folder
    {
        git clone --quiet . "$clone" && make -j2 --no-print-directory -C "$clone" images &&
            (cd build && sha256sum $images) > "$scratch/sums" && (cd "$clone/build" && sha256sum -c "$scratch/sums")
    } > "$scratch/clone.log" 2>&1
    verdict $? reproducible "$scratch/clone.log"
fi
echo "build: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
