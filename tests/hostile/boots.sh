# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots the hostile guest beside a witness and judges what came of it: read by tests/hostile/run.sh and by
# tests/mutation/run.sh. A boot leaves in its folder ok.txt and failed.txt: the names of the cases that were held and of
# those that were not, with two more names: `witness` for the other VM, `machine` for the machine as a whole.

hostile_list=tests/hostile/cases.list
hostile_image=build/tests/hostile/hostile.elf
hostile_memory=8               # MiB of each VM
hostile_rounds=6               # of the witness, and what they sum up to;
hostile_sum=74802f343eee36f1
hostile_table_rounds=150       # so many that it goes on behind the last case
hostile_table_sum=50f947729c281ac1
hostile_limit=12000000         # TSC that a VM may take, where some would never end,
hostile_table_limit=400000000  # and where none should
hostile_vms=7                  # in one boot, besides the witness
hostile_timeout=${HOSTILE_TIMEOUT:-240}

# The words of cases.list's second column that hold for a machine and a mode.
hostile_places()
{
    case $1/$2 in
        */lguest | */deprivileged/shadow/*) echo both deprivileged ;;
        */paravirt | */deprivileged/*) echo both deprivileged direct direct_ring3 ;;
        *-vmx/*) echo both vt intel direct ;;
        *) echo both vt amd direct ;;
    esac
}

# Names and expectations of the cases, fatal ones (`yes`) or not (`no`), that can be decided there.
hostile_cases()
{
    local machine=$1 mode=$2 is_fatal=$3
    awk -v places="$(hostile_places "$machine" "$mode")" -v is_fatal="$is_fatal" -v machine="$machine" '
        BEGIN {count = split(places, words, " "); for (i = 1; i <= count; i++) here[words[i]]}
        /^#/ || NF == 0 {next}
        FILENAME ~ /undecidable/ {if ($1 == machine) undecidable[$2]; next}
        ($2 in here) && !($1 in undecidable) && ($3 ~ /^stops/) == (is_fatal == "yes") {print $1, $3}
        ' tests/hostile/undecidable.list "$hostile_list"
}

# One boot: machine, mode, folder, hypervisor image, its words, words of VM 0, then those of VM 1 and so on.
hostile_boot()
{
    local machine=$1 mode=$2 folder=$3 hv=$4 hv_words=$5 words=$6 vm=0 modules=() word
    shift 6
    for word; do
        vm=$((vm + 1))
        modules+=(--module "$hostile_image role=kernel vm=$vm -- $word")
    done
    rm -rf "$folder"
    mkdir -p "$folder"
    bench/boot --machine "$machine" --mode "$mode" --memory "$hostile_memory" --guest "$hostile_image" --hv-core "$hv" \
        --hv-words "vms=$((vm + 1)) $hv_words" --words "$words" "${modules[@]}" --timeout "$hostile_timeout" \
        --out "$folder" > "$folder/verdict.txt" 2>&1
    touch "$folder/records.txt" "$folder/console.txt" "$folder/ok.txt" "$folder/failed.txt"
}

# What holds of every boot: the witness's sum is right, nothing came out on the console, no panic, no frame is lost, and
# the machine came to its end.
hostile_judge_machine()
{
    local folder=$1 rounds=$2 sum=$3
    grep -aq "hostile: witness $rounds rounds, sum $sum" "$folder/records.txt" && echo witness >> "$folder/ok.txt" ||
        echo witness >> "$folder/failed.txt"
    if grep -aq '"type":"end"' "$folder/records.txt" && ! grep -aq 'panic\|has lost frames' "$folder/records.txt" &&
        ! [ -s "$folder/console.txt" ]; then
        echo machine >> "$folder/ok.txt"
    else
        echo machine >> "$folder/failed.txt"
    fi
}

# Every case that comes back, in one boot; or those from one of them on.
hostile_boot_table()
{
    local machine=$1 mode=$2 folder=$3 hv=$4 hv_words=$5 from=${6:-}
    hostile_boot "$machine" "$mode" "$folder" "$hv" "slice=1000000 limit=$hostile_table_limit $hv_words" "${from:+from=$from}" \
        "witness=$hostile_table_rounds"
    hostile_cases "$machine" "$mode" no | cut -d' ' -f1 | sed -n "${from:+\\|^$from\$|,\$}p" > "$folder/order.txt"
    sort "$folder/order.txt" > "$folder/expected.txt"
    sed -n 's/^.*hostile: ok \([^ ]*\) .*/\1/p' "$folder/records.txt" | sort > "$folder/said.txt"
    comm -12 "$folder/expected.txt" "$folder/said.txt" > "$folder/ok.txt"
    comm -23 "$folder/expected.txt" "$folder/said.txt" > "$folder/failed.txt"
    hostile_judge_machine "$folder" $hostile_table_rounds $hostile_table_sum
}

# Cases that end their VM, several of them in one boot: `name expectation` each.
hostile_boot_fatal()
{
    local machine=$1 mode=$2 folder=$3 hv=$4 hv_words=$5 vm=0 one name reasons words=()
    shift 5
    for one; do
        words+=("case=${one% *}")
    done
    hostile_boot "$machine" "$mode" "$folder" "$hv" "limit=$hostile_limit log_quota=8 slice=1000000 $hv_words" "witness=$hostile_rounds" \
        "${words[@]}"
    printf '%s\n' "${@%% *}" > "$folder/order.txt"
    for one; do
        vm=$((vm + 1))
        name=${one% *} reasons=${one#*stops} reasons=${reasons#:}
        if grep -aq "hostile: begin $name" "$folder/records.txt" && ! grep -aq "hostile: FAIL $name" "$folder/records.txt" &&
            grep -aqE "\"type\":\"stop\",\"vm\":$vm,\"reason\":\"(${reasons:-triple-fault|bad-state|bad-access|halted|limit|crash|unhandled-exit})\"" \
                "$folder/records.txt"; then
            echo "$name" >> "$folder/ok.txt"
        else
            echo "$name" >> "$folder/failed.txt"
        fi
    done
    : > "$folder/console.txt" # one of them floods it
    hostile_judge_machine "$folder" $hostile_rounds $hostile_sum
}
