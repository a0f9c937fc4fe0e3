#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the test suites and counts over all of them. A suite is a function that prints what it did and ends with
# `NAME: N passed, N failed[, N skipped]`; a suite without that line, or with no test at all, counts as a failure.
# Usage: tests/check.sh [SUITE ...]; by default all.

set -u
cd "$(dirname "$0")/.." || exit 1
out=build/tests
mkdir -p "$out"

# Check prints `NN%: Checks: N, Failures: N, Errors: N`; the program's exit status must agree.
suite_unit()
{
    local program log summary passed=0 failed=0
    for program in "$out"/unit/test_*; do
        case $program in *.d) continue ;; esac
        [ -x "$program" ] || continue
        log=$out/unit/$(basename "$program").log
        timeout 300 "$program" > "$log" 2>&1
        local status=$?
        summary=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log")
        local checks=0 failures=0 errors=0 c f e
        while read -r c f e; do
            checks=$((checks + c)) failures=$((failures + f)) errors=$((errors + e))
        done <<< "${summary:-0 0 1}"
        if [ "$status" -ne 0 ] && [ $((failures + errors)) -eq 0 ]; then
            errors=1
        fi
        if [ $((failures + errors)) -eq 0 ]; then
            echo "PASS unit/${program##*/test_} ($checks checks)"
        else
            echo "FAIL unit/${program##*/test_} (status $status; $log)"
            tail -n 15 "$log" | sed 's/^/     /'
        fi
        failed=$((failed + failures + errors))
        [ "$checks" -le $((failures + errors)) ] || passed=$((passed + checks - failures - errors))
    done
    echo "unit: $passed passed, $failed failed"
}

suite_bench()
{
    local log=$out/pytest.log
    timeout 600 /usr/bin/python3 -m pytest -q -p no:cacheprovider bench/tests > "$log" 2>&1
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
    timeout 60 build/tests/guest/abi > "$log" 2>&1
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

all='lint build unit bench workloads plugin walk agree abi boot hostile mutation vendors shell machine input fuzz'
suites=${*:-$all}
total_passed=0 total_failed=0 total_skipped=0
started=$SECONDS
for suite in $suites; do
    if ! declare -F "suite_$suite" > /dev/null; then
        echo "check.sh: no suite '$suite' ($all)" >&2
        exit 2
    fi
    before=$SECONDS
    echo "== $suite"
    "suite_$suite" | tee "$out/$suite.log"
    last=$(tail -n 1 "$out/$suite.log")
    if [[ $last =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
        passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]} skipped=${BASH_REMATCH[4]:-0}
    else
        echo "FAIL $suite: the suite gave no verdict"
        passed=0 failed=1 skipped=0
    fi
    if [ $((passed + failed)) -eq 0 ]; then
        echo "FAIL $suite: no test was run"
        failed=1
    fi
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
    total_skipped=$((total_skipped + skipped))
    echo "   ($((SECONDS - before)) s)"
done
echo
echo "all suites in $((SECONDS - started)) s; skipped: $total_skipped"
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
