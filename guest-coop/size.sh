#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How much of guest-coop is there for a hypervisor's sake: the measure of `lightly modified`. For each room the lines of
# files that serve only that, and the lines in files of everybody's that name it; by what they are for. Blank lines and
# comments that fill a line do not count. The README's table is this script's output.

set -u
cd "$(dirname "$0")" || exit 1

rooms="boot pv memory kernel syscall fs drivers"

# Files that one purpose alone has.
files_of()
{
    case $1 in
        tables) ls pv/direct_mmu.[ch] memory/closed_page.[ch] ;;
        queues) ls pv/queue_io.c drivers/queue*.[ch] drivers/virtqueue.[ch] drivers/upcall.[ch] drivers/balloon.[ch] ;;
        common) ls pv/hypercall* boot/start_info.[ch] ;;
        entry) ls boot/entry_direct.asm ;;
        coop) ls pv/coop_cpu.[ch] ;;
        paravirt) ls pv/paravirt_* ;;
        shadow) ls pv/shadow_mmu.[ch] ;;
    esac
}

# Words by which a line of another file is that purpose's.
words_of()
{
    case $1 in
        tables) echo 'pv_batch|page_table_path|COOP_FEATURE_DIRECT|direct_mmu|kernel_map_keep|closed_page' ;;
        queues) echo 'upcall|UPCALL|COOP_FEATURE_QUEUE|queue_io' ;;
        common) echo 'pv_machine\.(start_info|features|vcpu)|start_info|hypercall_start|hypercall_entry' ;;
        entry) echo 'START_DIRECT|note\.Coopvirt' ;;
        coop) echo 'coop_cpu' ;;
        paravirt) echo 'COOP_FEATURE_DEPRIVILEGED|paravirt|root_frames|deprivileged|trap_first_return|CPU_SHARED|[^_]SHARED\(|coop_vcpu \*shared|HYPERCALL_RETURN|hypercall_page' ;;
        shadow) echo 'shadow_mmu' ;;
    esac
}

code() { sed -E '/^[[:space:]]*(\/\*|\*|;|$)/d' "$@"; }

purposes="tables queues common entry coop paravirt shadow"
all_own=" $(for purpose in $purposes; do files_of "$purpose"; done | tr '\n' ' ')"

# Lines of a room's files: `count ROOM PURPOSE own|elsewhere`, or `count ROOM all`.
count()
{
    local room=$1 purpose=$2 kind=${3:-} lines=0 own file
    [ "$purpose" = all ] || own=" $(files_of "$purpose" | tr '\n' ' ')"
    for file in "$room"/*.c "$room"/*.h "$room"/*.asm; do
        [ -e "$file" ] || continue
        case $purpose-$kind in
            all-) lines=$((lines + $(code "$file" | wc -l))) ;;
            *-own) case $own in *" $file "*) lines=$((lines + $(code "$file" | wc -l))) ;; esac ;;
            *) case $all_own in *" $file "*) ;; *) lines=$((lines + $(code "$file" | grep -cE "$(words_of "$purpose")"))) ;; esac ;;
        esac
    done
    echo "$lines"
}

# One line of the table: the sums over the purposes, room by room.
row()
{
    local name=$1 kind=$2 sum=0 room purpose lines
    printf '| %s |' "$name"
    for room in $rooms; do
        lines=0
        for purpose in ${*:3}; do lines=$((lines + $(count "$room" "$purpose" $kind))); done
        printf ' %s |' "$lines"
        sum=$((sum + lines))
    done
    printf ' %s |\n' "$sum"
}

printf '| |'; for room in $rooms; do printf ' `%s/` |' "$room"; done; echo ' sum |'
printf '|---|'; for room in $rooms; do printf -- '---:|'; done; echo '---:|'
row 'the whole kernel' '' all
for kind in own elsewhere; do
    if [ $kind = own ]; then what='files of its own'; else what='lines elsewhere'; fi
    row "page tables by hypercall: $what" $kind tables
    row "virtqueues and events: $what" $kind queues
    row "start-info, hypercalls, direct entry: $what" $kind common entry
    row "ring 0 beside a hypervisor: $what" $kind coop
    row "ring 3: $what" $kind paravirt
    row "ring 3 on shadowed page tables: $what" $kind shadow
    row "**\`coop\` in all: $what**" $kind tables queues common entry coop
    row "**\`paravirt\` in all: $what**" $kind tables queues common entry paravirt
done
