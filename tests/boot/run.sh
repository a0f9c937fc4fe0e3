#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The boot tests: each section of tests.list is one guest, booted in each of its modes; what the machine said on its
# console and record lines is compared with what is expected. No verdict is an error, and so is a time-out. Some things
# are expected of every boot: see `always`. An emulator that is not installed skips its tests. The head of tests.list
# tells the keys. On Bochs, which is slow, a section runs in the modes of its key `bochs`, unless all machines are asked
# for, or one: then everything that the list has for it, which takes hours: --skip takes up a run that was ended, behind
# so many boots, and --patience gives each boot so many times its time-out, for a host that has other work.
# Usage: tests/boot/run.sh [-j N] [--patience N] [--skip N] [--all-machines | --machine MACHINE] [NAME ...]

set -u
cd "$(dirname "$0")/../.." || exit 1
list=tests/boot/tests.list
out=build/tests/boot/out
jobs=2 machines='' patience=1 skip=0
while :; do
    case ${1:-} in
        -j) jobs=$2 && shift 2 ;;
        --patience) patience=$2 && shift 2 ;;
        --skip) skip=$2 && shift 2 ;;
        --all-machines) machines=all && shift ;;
        --machine) machines=$2 out+=-$2 && shift 2 ;;
        -*) echo "run.sh: no option '$1'" >&2 && exit 2 ;;
        *) break ;;
    esac
done
wanted=" $* "

# The list, read once: the text of each section, and the names in their order.
declare -A sections keys
names=()
read_list()
{
    local line
    while IFS= read -r line; do
        case $line in
            '#'* | '') ;;
            '['*']') line=${line#'['} line=${line%']'}; names+=("$line") sections[$line]= ;;
            *) [ "${#names[@]}" -eq 0 ] || sections[${names[-1]}]+=$line$'\n' ;;
        esac
    done < "$list"
}

# Makes one section the one that value() and values() tell of. Several lines of one key are all kept.
choose()
{
    local line
    keys=()
    while IFS= read -r line; do
        [[ $line =~ ^([a-z-]+)\ *=\ *(.*)$ ]] || continue
        keys[${BASH_REMATCH[1]}]+=${keys[${BASH_REMATCH[1]}]:+$'\n'}${BASH_REMATCH[2]}
    done <<< "$1"
}
values() { printf '%s\n' "${keys[$1]:-}"; }
value()
{
    local all=${keys[$1]:-}
    printf '%s\n' "${all##*$'\n'}"
}

guest_image()
{
    case $1 in
        none) ;;
        guest-coop) echo build/guest-coop/guest-coop.elf32 ;;
        */*) echo "$1" ;;
        *) echo "build/tests/boot/guests/$1.elf32" ;;
    esac
}

# What a script prints on this host, under the same BusyBox: the guest has to print the same, to the letter.
oracle()
{
    local script=$1 programs=$PWD/build/tests/programs/bin scratch expected
    expected=$PWD/$out/$script.expected
    [ -e "$expected" ] && return
    scratch=$(mktemp -d)
    mkdir "$scratch/bin" "$scratch/home" "$scratch/tests"
    cp "tests/boot/scripts/$script" "$scratch/tests/"
    /bin/busybox --install -s "$scratch/bin"
    # `nice` tells of itself: root can make it what it is in the guest.
    (renice -n 0 "$BASHPID" > /dev/null 2>&1
        cd "$scratch/home" && umask 022 && timeout 60 env -i PATH="$scratch/bin:$programs" HOME="$scratch/home" USER=root TERM=vt100 \
        /bin/busybox sh "$scratch/tests/$script" < /dev/null 2>&1) |
        sed "s|$scratch/tests|/tests|; s|$scratch/home|/root|" > "$expected"
    rm -rf "$scratch"
}

# What holds of every boot, besides what bench/boot finds in the records (guest + hypervisor + idle = tsc).
always()
{
    local folder=$1
    awk '/ is gone: it owned / {
             for (i = 1; i <= NF; i++) if ($i == "owned") before = $(i + 1); else if ($i == "frames") after = $(i + 4)
             gone++
             if (before != after) print "frames were lost: " $0
         }
         /^@coop \{"type":"stop"/ {stops++}
         END {if (stops > gone) printf "%d VMs stopped, %d gave their frames back\n", stops, gone}' "$folder/records.txt"
    if [ "$2" = ok ]; then
        grep -h -m 3 -E '"type":"error"|panic' "$folder/records.txt" "$folder/console.txt"
    fi
}

judge_status()
{
    local folder=$1 status=$2 wanted_status=$3 verdict
    verdict=$(cat "$folder/verdict.txt")
    case $wanted_status/$status/$verdict in
        ok/0/* | timeout/3/* | 'failed/1/the machine reported a failure') ;;
        'reset/1/the machine was reset or switched off without a verdict') ;;
        *) echo "ended with status $status ($verdict), expected $wanted_status" ;;
    esac
}

# One clear line: a single error record, which is like this, and a verdict that says no.
judge_error()
{
    local folder=$1 pattern=$2 errors
    errors=$(grep -c '"type":"error"' "$folder/records.txt")
    [ "$errors" -eq 1 ] || echo "$errors error records, expected one"
    grep '"type":"error"' "$folder/records.txt" | grep -qE -- "$pattern" || echo "no error record like: $pattern"
    grep -q '"type":"end","status":"failed"' "$folder/records.txt" || echo "no end record with status failed"
}

# Compares; prints each deviation.
judge()
{
    local folder=$1 status=$2 pattern wanted_status
    wanted_status=$(value status)
    wanted_status=${wanted_status:-ok}
    judge_status "$folder" "$status" "$wanted_status"
    always "$folder" "$wanted_status"
    while read -r pattern; do
        [ -z "$pattern" ] || grep -qE -- "$pattern" "$folder/console.txt" || echo "console has no line like: $pattern"
    done <<< "$(values console)"
    while read -r pattern; do
        [ -z "$pattern" ] || grep -qE -- "$pattern" "$folder/records.txt" || echo "records have no line like: $pattern"
    done <<< "$(values record)"
    while read -r pattern; do
        [ -z "$pattern" ] || ! cat "$folder/console.txt" "$folder/records.txt" | grep -qE -- "$pattern" ||
            echo "there is a line like: $pattern"
    done <<< "$(values absent)"
    pattern=$(value error)
    [ -z "$pattern" ] || judge_error "$folder" "$pattern"
    pattern=$(value output)
    [ -z "$(value script)" ] || pattern=$out/$(value script).expected
    [ -z "$pattern" ] || diff "$pattern" <(tr -d '\r' < "$folder/console.txt") ||
        echo "(< expected, > on the console: the whole differs from $pattern)"
}

boot()
{
    local folder=$1 mode=$2 machine=$3 words initramfs arguments timeout module
    words=$(value words) initramfs=$(value initramfs) timeout=$(value timeout)
    [[ $machine != bochs-* ]] || timeout=$((timeout * 5))
    timeout=$((timeout * patience))
    if [ -n "$(value script)" ]; then
        words+=" script=/tests/$(value script)"
        initramfs=${initramfs:-build/tests/boot/initramfs.cpio}
    fi
    mkdir -p "$folder"
    arguments=(--mode "$mode" --machine "$machine" --guest "$(guest_image "$(value guest)")" --out "$folder"
        --words "$words" --hv-words "$(value hypervisor)" --timeout "$timeout" --emulator-words " $(value emulator)"
        --cpus "$(value cpus)" --memory "$(value memory)")
    [ -z "$initramfs" ] || arguments+=(--initramfs "$initramfs")
    [ -z "$(value disk)" ] || arguments+=(--disk "$(value disk)")
    [ -z "$(value feature-control)" ] || arguments+=(--feature-control "$(value feature-control)")
    [ -z "$(value until)" ] || arguments+=(--until "$(value until)")
    [ -z "$(value hypervisor-line)" ] || arguments+=(--hv-line "$(value hypervisor-line)")
    while read -r module; do
        [ -z "$module" ] || arguments+=(--module "$module")
    done <<< "$(values module)"
    bench/boot "${arguments[@]}" > "$folder/verdict.txt" 2>&1
    echo $? > "$folder/status.txt"
    touch "$folder/console.txt" "$folder/records.txt"
}

# How a boot that failed ended: all that a log of somebody else's machine has of it.
last_lines()
{
    local file
    echo "     verdict: $(tail -n 1 "$1/verdict.txt")"
    for file in console records; do
        [ -s "$1/$file.txt" ] || echo "     $file: empty"
        tail -n 6 "$1/$file.txt" | tr -cd '[:print:]\n' | cut -c1-240 | sed "s/^/     $file: /"
    done
}

# Runs one test in one mode on one machine; the verdict goes to a file, since tests run side by side.
run_one()
{
    local name=$1 mode=$2 machine=$3 folder=$out/$1-${2//\//-} deviations title=$2
    [ "$machine" = qemu-svm ] || { folder+=-$machine; title+=" $machine"; }
    boot "$folder" "$mode" "$machine"
    if grep -qE 'is not (installed|there)' "$folder/verdict.txt"; then
        echo "SKIP boot/$name $title: $(cat "$folder/verdict.txt")" | tee "$folder/result.txt"
        return
    fi
    deviations=$(judge "$folder" "$(cat "$folder/status.txt")")
    if [ -n "$(value repeatable)" ]; then
        boot "$folder/again" "$mode" "$machine"
        deviations+=$(cmp "$folder/records.txt" "$folder/again/records.txt" 2>&1)
    fi
    if [ -z "$deviations" ]; then
        echo "PASS boot/$name $title" > "$folder/result.txt"
    else
        { echo "FAIL boot/$name $title ($folder)"; printf '%s\n' "$deviations" | head -n 12 | sed 's/^/     /'
            last_lines "$folder"; } > "$folder/result.txt"
    fi
    cat "$folder/result.txt"
}

# Whether this run boots the section there.
is_asked_for()
{
    local mode=$1 machine=$2
    case $machines in
        all) return 0 ;;
        '') [[ $machine != bochs-* || " $(value bochs) " = *" $mode "* ]] ;;
        *) [ "$machine" = "$machines" ] ;;
    esac
}

read_list
rm -rf "$out"
mkdir -p "$out"
defaults='machine = qemu-svm bochs-svm bochs-vmx
timeout = 180
guest = guest-coop
modes = full-nested
cpus = 1
memory = 64'
total=0 skipped=0
for name in "${names[@]}"; do
    [ "$wanted" = '  ' ] || [[ $wanted = *" $name "* ]] || continue
    choose "$defaults"$'\n'"${sections[$name]}"
    [ -z "$(value script)" ] || oracle "$(value script)"
    if [ -n "$(value needs)" ] && ! [ -e "$(value needs)" ]; then
        echo "SKIP boot/$name: $(value needs) is not there (make peers)"
        skipped=$((skipped + 1))
        continue
    fi
    for mode in $(value modes); do for machine in $(value machine); do
        is_asked_for "$mode" "$machine" || continue
        [ "$skip" -eq 0 ] || { skip=$((skip - 1)) && continue; }
        while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
            wait -n
        done
        total=$((total + 1))
        run_one "$name" "$mode" "$machine" &
    done; done
done
wait
passed=$(cat "$out"/*/result.txt 2> /dev/null | grep -c '^PASS')
skipped=$(cat "$out"/*/result.txt 2> /dev/null | grep -c '^SKIP')
failed=$((total - passed - skipped))
echo "boot: $passed passed, $failed failed, $skipped skipped"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
