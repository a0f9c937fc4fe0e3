#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs every program of manifest.json on this Linux, and checks its records, its parameters against the manifest, and how
# the harness and /init's reader treat bad arguments. Needs what `make images` builds. Ends with "N passed, N failed".

set -u

here=$(cd "$(dirname "$0")" && pwd)
programs=${1:-$here/../../build/bench/workloads}
if ! [ -x "$programs/latency/null_call" ]; then
    echo "$0: $programs has no programs: make images" >&2
    exit 2
fi
exec /usr/bin/python3 "$here/selftest.py" "$here/manifest.json" "$programs"
