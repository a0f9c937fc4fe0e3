#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wrong use of coopbench and of what stands around it, with the real images and the real emulator: one clear line on
# standard error, and an exit status that is not zero. (bench/tests tries the same program on a tree with a fake emulator.)
# Ends with `input: N passed, N failed`.

set -u
cd "$(dirname "$0")/../.." || exit 1
out=$PWD/build/tests/input
rm -rf "$out"
mkdir -p "$out"
passed=0 failed=0
export NO_COLOR=1

verdict()
{
    if [ -z "$2" ]; then
        echo "PASS input/$1"
        passed=$((passed + 1))
    else
        echo "FAIL input/$1: $2"
        failed=$((failed + 1))
    fi
}

# lines FILE: how many.
lines() { wc -l < "$1" | tr -d ' '; }

# refused NAME STATUS PATTERN COMMAND...: ends with STATUS, and standard error is exactly one line, like PATTERN.
refused()
{
    local name=$1 wanted=$2 pattern=$3 status
    shift 3
    timeout 120 "$@" > "$out/$name.out" 2> "$out/$name.err" < /dev/null
    status=$?
    if [ "$status" -ne "$wanted" ]; then
        verdict "$name" "status $status, expected $wanted"
    elif [ "$(lines "$out/$name.err")" -ne 1 ]; then
        verdict "$name" "$(lines "$out/$name.err") lines on standard error, expected one"
    elif ! grep -qE -- "$pattern" "$out/$name.err"; then
        verdict "$name" "$(cat "$out/$name.err")"
    else
        verdict "$name" ""
    fi
}

run="bench/coopbench run"
fast="--mode native --workload nano/cpuid -r 1 -w 0"

refused mode-unknown 2 "there is no mode 'nonsense'" $run --mode nonsense
refused mode-impossible 2 'a kernel in ring 3 has no second level' $run --mode deprivileged/nested/queue
refused workload-unknown 2 "there is no workload 'no/such'" $run --workload no/such
refused group-unknown 2 "there is no workload 'nogroup/'" $run --workload nogroup/
refused machine-unknown 2 "there is no machine 'nonsense'" $run --machine nonsense
refused parameter-unknown 2 "has a parameter 'nonsense'" $run --param nonsense=1
refused parameter-without-value 2 "param" $run --param nonsense
refused parameter-too-large 2 "iterations" $run --workload latency/null_call --param iterations=99999999999999999999
refused switch-unknown 2 "there is no switch 'nonsense'" $run --set nonsense=1
refused switch-without-number 2 "tick" $run --set tick=banana
refused runs-zero 2 "'0' is no number of 1 or more" $run -r 0
refused runs-word 2 "banana" $run -r banana
refused jobs-negative 2 "jobs" $run -j -3
refused command-unknown 2 "invalid choice: 'nonsense'" bench/coopbench nonsense
refused command-missing 2 "required: COMMAND" bench/coopbench
refused option-unknown 2 "nonsense" $run --nonsense
refused table-of-nothing 2 "is no result folder" bench/coopbench table "$out/nothing"
refused compare-of-nothing 2 "is no result folder" bench/coopbench compare "$out/nothing" "$out/nothing"
refused resume-of-nothing 2 "nothing to go on with" $run --resume --out "$out/nothing"

refused emulator-missing 1 "emulator .*no-such-emulator.* is not there" $run $fast --emulator no-such-emulator --out "$out/a"
refused emulator-not-in-path 1 "is not there: say 'make deps'" env PATH=/nonexistent /usr/bin/python3 $run $fast --out "$out/a"
refused images-missing 1 "is not built .* say 'make'" $run $fast --build "$out/nothing" --out "$out/a"
refused program-missing 2 "cannot read the program" $run --mode native -- "$out/nothing"
refused files-missing 2 "wants a folder" $run --files "$out/nothing" -- /bin/busybox
refused stdin-missing 2 "cannot read" $run --stdin "$out/nothing" -- /bin/busybox
refused workload-dir-missing 2 "has no manifest.json" $run --workload-dir "$out/nothing"
refused program-dynamic 2 "is linked dynamically" $run --mode native -- /bin/ls
echo 'no program' > "$out/text"
refused program-text 2 "$out/text" $run --mode native -- "$out/text"
mkdir "$out/full"
echo mine > "$out/full/file"
refused out-not-empty 2 "not empty" $run $fast --out "$out/full"
[ "$(cat "$out/full/file")" = mine ] && [ "$(find "$out/full" -type f | wc -l)" -eq 1 ]
verdict out-not-empty-is-kept "$([ $? -eq 0 ] || echo "files were changed")"
refused out-below-a-file 1 "$out/text" $run $fast --out "$out/text/below"
refused standard-output-full 1 "No space left on device" sh -c 'bench/coopbench workloads > /dev/full'
refused suite-unknown 2 "no suite 'nonsense'" tests/check.sh nonsense
refused boot-machine-unknown 2 "there is no machine 'nonsense'" bench/boot --machine nonsense --guest none --out "$out/b"
refused busybox-missing 1 "apt-get install busybox-static" env BUSYBOX=/nonexistent bench/mkinitramfs.sh "$out/i" /bin/true
refused busybox-dynamic 1 "linked dynamically" env BUSYBOX=/bin/ls bench/mkinitramfs.sh "$out/i" /bin/true

# A disk that is full as soon as the result is written: bash counts in units of 1 KiB.
refused disk-full 1 "File too large|No space left" bash -c "ulimit -f 1; exec $run $fast --out '$out/d'"

# failing NAME PATTERN COMMAND...: status 1, and the row says why on standard error or in the table.
failing()
{
    local name=$1 pattern=$2
    shift 2
    timeout 120 "$@" > "$out/$name.out" 2> "$out/$name.err" < /dev/null
    local status=$?
    if [ "$status" -ne 1 ]; then
        verdict "$name" "status $status, expected 1"
    elif grep -q Traceback "$out/$name.err" "$out/$name.out"; then
        verdict "$name" "a Python traceback"
    else
        verdict "$name" "$(cat "$out/$name.out" "$out/$name.err" | grep -qE -- "$pattern" || echo "nothing like: $pattern")"
    fi
}

one="--mode native -r 1 -w 0"
# A program's status is part of what it did, told below the table; what ends it by force is a failure.
timeout 120 $run $one --out "$out/status" -- /bin/busybox false > "$out/status.out" 2>&1
verdict program-status "$([ $? -eq 0 ] && grep -q 'ended with status 1 and printed 0 bytes' "$out/status.out" || cat "$out/status.out")"
failing program-killed "signal 11" $run $one --out "$out/killed" -- /bin/busybox sh -c 'kill -SEGV $$'
failing program-hangs "no verdict within 3 s" $run $one --timeout 3 --out "$out/hangs" -- /bin/busybox sh -c 'while :; do :; done'

# A console that never ends fills no disk: what is beyond the limit for files is lost, and the time-out ends it.
console_flood()
{
    local folder=$out/flood
    (ulimit -f 64; timeout 60 bench/boot --guest build/tests/boot/guests/faults.elf32 --words case=q --timeout 10 \
        --out "$folder" > "$folder.out" 2>&1)
    grep -qE 'timeout after 10 s|flooded its serial lines' "$folder.out" || cat "$folder.out"
    [ "$(stat -c %s "$folder/console.txt")" -eq $((64 << 10)) ] || echo "the console has $(stat -c %s "$folder/console.txt") bytes"
}
verdict console-flood "$(console_flood)"

# Stopped in the middle: what is finished is kept, and --resume does the rest. What a shell starts in the background
# ignores SIGINT, and so would all that it starts, were that not taken back.
several="--mode native,full-nested --workload nano/cpuid,nano/syscall,latency/null_call,latency/fork -r 1 -j 1"
stop_and_resume()
{
    local folder=$out/stopped process tries=0 status rows
    setsid env --default-signal=INT $run $several --out "$folder" > "$out/stop.out" 2> "$out/stop.err" < /dev/null &
    process=$!
    until [ "$(cat "$out/stop.out" "$out/stop.err" 2> /dev/null | grep -c 'instr/op')" -ge 2 ]; do
        sleep 0.1
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] && kill -0 "$process" 2> /dev/null || break
    done
    kill -INT "$process"
    wait "$process"
    status=$?
    [ "$status" -eq 130 ] || echo "stopped: status $status, expected 130"
    grep -q Traceback "$out/stop.err" && echo "stopped: a Python traceback"
    rows=$(grep -c ',ok,' "$folder/table.csv")
    [ "$rows" -ge 1 ] && [ "$rows" -lt 8 ] || echo "stopped: $rows rows are finished, expected some and not all"
    timeout 200 $run --resume --out "$folder" > "$out/resume.out" 2> "$out/resume.err" < /dev/null || echo "resumed: status $?"
    [ "$(grep -c ',ok,' "$folder/table.csv")" -eq 8 ] || echo "resumed: not all rows are there"
    timeout 200 $run $several --out "$out/whole" > /dev/null 2>&1 < /dev/null
    bench/coopbench compare "$folder" "$out/whole" > "$out/compare.out" 2>&1 || echo "resumed: not the result of a whole run: $out/compare.out"
}
verdict stop-and-resume "$(stop_and_resume)"

echo "input: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
