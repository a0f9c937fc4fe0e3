# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a configure script does, without a compiler: for each feature, short programs write a test file, search it,
# rewrite it, compute, and remove it, and a line is added to config.h. Run by macro/configure as
#     sh configure.sh BUSYBOX ROUNDS
# in a folder of its own. Every external program is a fork and an exec of BUSYBOX; none is run inside the shell.

set -e
busybox=$1
rounds=$2
round=1

: > config.h
while [ "$round" -le "$rounds" ]; do
    "$busybox" cat > conftest.c << END
int feature_$round(void)
{
    return $((round * 7 % 3));
}
END
    if "$busybox" grep -q 'return 0;' conftest.c; then
        "$busybox" sed -n -e 's/^int \(feature_[0-9]*\).*$/#define have_\1 1/p' conftest.c > conftest.out
    else
        "$busybox" sed -n -e 's/^int \(feature_[0-9]*\).*$/#undef have_\1/p' conftest.c > conftest.out
    fi
    "$busybox" tr 'hf' 'HF' < conftest.out >> config.h
    round=$("$busybox" expr "$round" + 1)
    "$busybox" rm -f conftest.c conftest.out
done
