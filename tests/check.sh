#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the test suites and counts over all of them. A suite is a function that prints what it did and ends with
# `NAME: N passed, N failed[, N skipped]`; a suite without that line, or with no test at all, counts as a failure.
# Suites that keep one CPU busy run two at a time, each shown whole at its end; those that boot two machines at a time
# run by themselves, in front of them, and are shown as they go.
# Usage: tests/check.sh [SUITE ...]; by default all.

set -u
cd "$(dirname "$0")/.." || exit 1
out=build/tests
mkdir -p "$out"

# Check prints `NN%: Checks: N, Failures: N, Errors: N`; the program's exit status must agree. A slow host is
# no failure: Check's own time-out is 4 s a test.
unit_program()
{
    local program=$1 log=$out/unit/${1##*/}.log status
    CK_TIMEOUT_MULTIPLIER=10 timeout 600 "$program" > "$log" 2>&1
    status=$?
    sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log" |
        awk -v status="$status" '{checks += $1; bad += $2 + $3}
            END {if (NR == 0 || status && !bad) bad++; print status, (checks > bad ? checks - bad : 0), bad + 0}' > "${log%.log}.counted"
}

suite_unit()
{
    local program passed=0 failed=0 status good bad programs=()
    for program in "$out"/unit/test_*; do
        case $program in *.d | *.log | *.counted) continue ;; esac
        [ ! -x "$program" ] || programs+=("$program")
    done
    rm -f "$out"/unit/test_*.counted
    for program in "${programs[@]}"; do
        while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
        unit_program "$program" &
    done
    wait
    for program in "${programs[@]}"; do
        read -r status good bad < "$program.counted" || status=none good=0 bad=1
        if [ "$bad" -eq 0 ]; then
            echo "PASS unit/${program##*/test_} ($good checks)"
        else
            echo "FAIL unit/${program##*/test_} (status $status; $program.log)"
            tail -n 15 "$program.log" | sed 's/^/     /'
        fi
        passed=$((passed + good)) failed=$((failed + bad))
    done
    echo "unit: $passed passed, $failed failed"
}

suite_bench()
{
    local log=$out/pytest.log
    timeout 1200 /usr/bin/python3 -m pytest -q -p no:cacheprovider bench/tests > "$log" 2>&1
    local status=$? passed failed
    passed=$(grep -oE '[0-9]+ passed' "$log" | tail -n 1 | cut -d' ' -f1)
    failed=$(grep -oE '[0-9]+ (failed|errors?)' "$log" | awk '{n += $1} END {print n + 0}')
    if [ "$status" -ne 0 ]; then
        [ "$failed" -gt 0 ] || failed=1
        tail -n 40 "$log"
    fi
    echo "bench: ${passed:-0} passed, $failed failed"
}

suite_workloads() { bench/workloads/selftest.sh 2>&1 | sed '$s/^/workloads: /'; }
suite_lint() { tests/lint/lint.sh; }
suite_build() { tests/builds.sh; }
suite_vendors() { tests/vendors.sh; }
suite_boot() { tests/boot/run.sh; }
suite_hostile() { tests/hostile/run.sh; }
suite_mutation() { tests/mutation/run.sh --sample 8; }
suite_input() { tests/input/run.sh; }
suite_shell() { tests/shell/run.sh; }
# The system-call test is right where Linux passes it too: this host is the oracle.
suite_abi()
{
    local log=$out/abi.out checks failures
    timeout 300 build/tests/guest/abi > "$log" 2>&1
    checks=$(sed -n 's/^abi: \([0-9]*\) checks$/\1/p' "$log")
    failures=$(sed -n 's/^abi: \([0-9]*\) failures$/\1/p' "$log")
    [ "${failures:-1}" -eq 0 ] || grep -v ': ok$' "$log"
    echo "abi: $((${checks:-1} - ${failures:-1})) passed, ${failures:-1} failed"
}
suite_machine() { tests/boot/machine.sh; }
suite_fuzz() { FUZZ_SECONDS=${FUZZ_SECONDS:-2} tests/fuzz/run.sh; }
suite_plugin() { bench/plugin/selftest.sh 2>&1 | sed '$s/^/plugin: /'; }
suite_walk() { bench/plugin/walk_selftest.sh 2>&1 | sed '$s/^/walk: /'; }
suite_agree() { /usr/bin/python3 bench/plugin/agree.py 2>&1 | sed '$s/^/agree: /'; }

# The longest first, so that none is left over at the end.
wide='boot mutation hostile fuzz'
narrow='unit build bench vendors input lint shell machine agree abi workloads plugin walk'
suites=${*:-$wide $narrow}
for suite in $suites; do
    if ! declare -F "suite_$suite" > /dev/null; then
        echo "check.sh: no suite '$suite' ($wide $narrow)" >&2
        exit 2
    fi
done

run_suite()
{
    local before=$SECONDS
    echo "== $1"
    "suite_$1" | tee "$out/$1.log"
    echo "   ($((SECONDS - before)) s)"
}

total_passed=0 total_failed=0 total_skipped=0
count_suite()
{
    local last passed failed skipped
    last=$(tail -n 1 "$out/$1.log")
    if [[ $last =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
        passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]} skipped=${BASH_REMATCH[4]:-0}
    else
        echo "FAIL $1: the suite gave no verdict"
        passed=0 failed=1 skipped=0
    fi
    if [ $((passed + failed)) -eq 0 ]; then
        echo "FAIL $1: no test was run"
        failed=1
    fi
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
    total_skipped=$((total_skipped + skipped))
}

# What runs in the background does not hear of Ctrl-C by itself.
trap 'trap - TERM; kill 0; exit 130' INT
started=$SECONDS
for suite in $suites; do
    rm -f "$out/$suite.log"
    case " $wide " in *" $suite "*) run_suite "$suite" ;; esac
done
for suite in $suites; do
    case " $wide " in *" $suite "*) continue ;; esac
    [ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
    { run_suite "$suite" > "$out/$suite.shown" 2>&1; cat "$out/$suite.shown"; } &
done
wait
for suite in $suites; do
    count_suite "$suite"
done
echo
echo "all suites in $((SECONDS - started)) s; skipped: $total_skipped"
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
