#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a compiler does not check: the layering of the rooms, the privileged instructions kept out of pure code, vendor
# names kept in their folder, and the form of files. Each check is a function that prints what is wrong; one line a check,
# then `N passed, N failed`.

set -u
cd "$(dirname "$0")/../.." || exit 1

sources() { git ls-files "$@" | while read -r file; do [ -f "$file" ] && echo "$file"; done; }

# An include of another room must be allowed by layering.rules.
check_layering()
{
    local file room allowed include
    while IFS='|' read -r room allowed; do
        room=${room%% *}
        case $room in ''|\#*) continue ;; esac
        for file in $(sources "$room/*.c" "$room/*.h"); do
            sed -n 's/^#include "\(.*\)"$/\1/p' "$file" | while read -r include; do
                case $include in
                    */*) ;;
                    *) continue ;;
                esac
                [ "${room#*/}" = "${include%%/*}" ] && continue
                for prefix in $allowed; do
                    case $include in "$prefix"|"$prefix"/*) continue 2 ;; esac
                done
                echo "$file includes $include"
            done
        done
    done < tests/lint/layering.rules
}

# Pure rooms are linked into host tests: no instruction that only a kernel may execute.
check_pure()
{
    local file
    for file in $(sources 'hv-core/emulate/*.[ch]' 'hv-core/io/*.[ch]' 'hv-core/mmu/*.[ch]' 'hv-core/lib/*.c' 'guest-coop/fs/*.[ch]'); do
        grep -Hn 'x86_instructions\.h\|__asm__' "$file" | grep -v '^hv-core/lib/string.c'
    done
}

# VMCB and VMCS stop at their backend's folder.
check_vendor_names()
{
    local file
    for file in $(sources 'hv-core/*.[ch]' | grep -v '^hv-core/cpu/\(svm\|vmx\)/'); do
        grep -HnE '\b(vmcb|vmcs)(->|\.[a-z])|struct (vmcb|vmcs)\b|\b(VMCB|VMCS)_[A-Z]' "$file"
    done
}

check_spdx()
{
    local file
    for file in $(sources '*.c' '*.h' '*.asm' '*.py' '*.sh' '*.mk' Makefile bench/coopbench); do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || echo "$file: no SPDX line"
    done
}

check_headers()
{
    local file
    for file in $(sources 'hv-core/*.h' 'guest-coop/*.h' | grep -v '/asm_offsets'); do
        echo "#include \"$file\"" | gcc -std=gnu11 -fsyntax-only -Wall -Wextra -Werror -ffreestanding -mgeneral-regs-only -I. -Ihv-core \
            -Ihv-core/include -Iguest-coop -Iguest-coop/include -x c - 2>&1 | head -n 3
    done
}

check_text()
{
    local file
    for file in $(sources '*.c' '*.h' '*.asm' '*.py' '*.sh' '*.md' | grep -v '^results/'); do
        grep -HnE '[[:blank:]]+$' "$file"
        case $file in tests/lint/*) continue ;; esac
        grep -HnE '\b(TODO|FIXME|XXX)\b|(^|[^.])/work/|\.\./shared' "$file"
    done
    sources '*.py' | grep -v '^bench/'
}

check_size()
{
    local file lines
    for file in $(sources '*.c' '*.asm' '*.py' | grep -v '_table\.c$\|/test_'); do
        lines=$(wc -l < "$file")
        [ "$lines" -le 500 ] || echo "$file: $lines lines"
    done
    # test_report.py holds a report's text as it is printed.
    sources '*.c' '*.h' '*.asm' '*.inc' '*.py' bench/coopbench | grep -v '/test_report\.py$' |
        LC_ALL=C.UTF-8 xargs grep -HnE '^.{121}'
}

# Behind the SPDX line a file of the two kernels says what it is for.
check_heads()
{
    local file
    for file in $(sources 'hv-core/*.[ch]' 'guest-coop/*.[ch]' | grep -v '/asm_offsets'); do
        sed -n '2p;3p' "$file" | tr '\n' '~' | grep -q '^/\*~ \* .' || echo "$file: no head comment"
    done
}

check_variation()
{
    local file
    for file in $(sources 'hv-core/*.c' 'guest-coop/*.c'); do
        grep -HnE '^#[[:blank:]]*(if|ifdef|ifndef)\b' "$file" | grep -v '__STDC_HOSTED__'
    done
}

# What tests/README.md says of other people's programs is what the boot tests call.
check_programs() { tests/boot/document.sh --check; }

passed=0
failed=0
for check in layering pure vendor_names spdx headers text size heads variation programs; do
    found=$("check_$check")
    if [ -z "$found" ]; then
        passed=$((passed + 1))
        echo "PASS lint/$check"
    else
        failed=$((failed + 1))
        echo "FAIL lint/$check"
        printf '%s\n' "$found" | head -n 40 | sed 's/^/     /'
    fi
done
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
