#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the boot tests' scripts call of other people's programs: reads the scripts, tests.list and BusyBox' own list, and
# prints two pieces of tests/README.md, between the lines <!-- NAME --> and <!-- end -->. `--check` fails when the file
# says something else, or when an applet is neither called nor excused (applets.reasons), or both; `--write` puts them in.
# Usage: tests/boot/document.sh [--check | --write]

set -eu
cd "$(dirname "$0")/../.."
export LC_ALL=C
readme=tests/README.md
scripts=tests/boot/scripts
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The words of some scripts that stand where a command stands, each once. Here-documents are not looked into.
commands()
{
    awk '/^\t*END$/ {inside = 0} !inside && !/^ *#/; /<<-? *.?END/ {inside = 1}' "$@" |
        sed -E 's/\$\(|`|"/\n/g; s/[;|&(){}!'\'']+/\n/g
            s/\b(do|then|else|exec|command|if|while|until|time|busybox|eval|setsid|-exec) /&\n/g
            s/\b(xargs( -[0-9a-zA-Z]+( [0-9{}]+)?)*|env( -i)?( [A-Z]+=[^ ]*)*|nice( -n [0-9]+)?|timeout [0-9.]+|as_root [a-z0-9]+) /&\n/g' |
        sed -E 's/^[[:space:]]*//; s/^([A-Za-z_]+=[^ ]* )*//' | awk '{print $1}' | sort -u
}

# Machines and modes of the sections of tests.list that run a script, a pair a line; of Bochs those of every run.
modes_of()
{
    awk -v script="$1" '
        function done(   i, j, machine, mode, most, count) {
            most = split(machines, machine, " ")
            count = split(modes, mode, " ")
            for (i = 1; uses && i <= most; i++)
                for (j = 1; j <= count; j++)
                    if (machine[i] !~ /^bochs/ || index(" " bochs " ", " " mode[j] " ")) print machine[i], mode[j]
        }
        /^\[/ {done(); uses = 0; machines = "qemu-svm bochs-svm bochs-vmx"; modes = "full-nested"; bochs = ""; next}
        /^bochs *=/ {sub("^[^=]*= *", ""); bochs = $0}
        /^modes *=/ {sub("^[^=]*= *", ""); modes = $0}
        /^machine *=/ {sub("^[^=]*= *", ""); machines = $0}
        /^script *=/ && $3 == script {uses = 1}
        /^words *=/ && index($0, "script=/tests/" script) {uses = 1}
        END {done()}' tests/boot/tests.list
}

/bin/busybox --list | sort -u > "$scratch/applets"
{ commands $scripts/*.sh; sed -n 's|^words = init=/bin/\([a-z]*\).*|\1|p' tests/boot/tests.list; } | sort -u | comm -12 - "$scratch/applets" > "$scratch/called"
applets_of() { sed 's/^.*: //' | tr ' ' '\n' | sort; }
grep -v '^[#+]' tests/boot/applets.reasons | applets_of > "$scratch/excused"
grep '^+' tests/boot/applets.reasons | applets_of > "$scratch/refused"

# The lines of applets.reasons that match, and of their applets those that this BusyBox has.
reasons()
{
    grep "$1" tests/boot/applets.reasons | while IFS= read -r line; do
        here=$(applets_of <<< "$line" | comm -12 - "$scratch/applets" | sed 's/.*/`&`/' | paste -sd ' ')
        line=${line#+ }
        echo "- ${line%: *}: $here"
    done
}

applets()
{
    echo "Of the $(wc -l < "$scratch/applets") applets of BusyBox $(wc -l < "$scratch/called") are called by a script whose output must be the host's, or, where that would change the host, what is written down (\`system\`, \`init-*\`). Not called are:"
    echo
    reasons '^[^#+]'
    echo
    echo "Among those called are some that can only be refused, and are, as Linux refuses them on a machine without what they want:"
    echo
    reasons '^+'
}

# The modes of a program: all of its scripts together, machine by machine.
programs()
{
    echo "| program | from | scripts | modes in which its output is compared |"
    echo "|---|---|---|---|"
    while IFS='|' read -r name from; do
        used=
        : > "$scratch/modes"
        for script in "$scripts"/*.sh; do
            if [ "$name" = busybox ] || commands "$script" | grep -qx -- "$name"; then
                used+=" \`$(basename "$script" .sh)\`"
                modes_of "$(basename "$script")" >> "$scratch/modes"
            fi
        done
        echo "| \`$name\` | $from |${used:- none} | $(sort -u "$scratch/modes" | sort -k1,1r -k2,2 | awk '{
                if ($1 != order[machines]) order[++machines] = $1
                if ($2 ~ /\//) points[$1] = points[$1] " " $2
                else {modes[$1] = modes[$1] " " $2; count[$1]++}
            } END {
                for (i = 1; i <= machines; i++)
                    printf "%s%s:%s%s", (i > 1 ? "; " : ""), order[i], (count[order[i]] == 8 ? " all eight" : modes[order[i]]), points[order[i]]
            }') |"
    done << 'END'
busybox|`busybox-static`
bash-static|`bash-static`
zsh-static|`zsh-static`
sash|`sash`
lua|`liblua5.4-dev` with a `main()`
sqlite|`libsqlite3-dev` with a `main()`
tcc|`libtcc-dev` with a `main()`; what it compiles runs too
e2fsck|`e2fsck-static`
END
}

# The file with both pieces as they have to be.
rewritten()
{
    local line
    while IFS= read -r line; do
        echo "$line"
        case $line in '<!-- applets -->' | '<!-- programs -->') ;; *) continue ;; esac
        name=${line#<!-- } name=${name% -->}
        "$name"
        while IFS= read -r line && [ "$line" != '<!-- end -->' ]; do :; done
        echo '<!-- end -->'
    done < "$readme"
}

wrong=0
complain() { [ -z "$2" ] || { echo "$1: $(paste -sd ' ' <<< "$2")"; wrong=1; }; }
complain 'applets that are neither called by a script nor in applets.reasons' \
    "$(sort -u "$scratch/called" "$scratch/excused" | comm -13 - "$scratch/applets")"
complain 'applets in applets.reasons that a script calls' "$(comm -12 "$scratch/called" "$scratch/excused")"
complain 'applets of a line with + that no script calls' "$(comm -13 "$scratch/called" "$scratch/refused")"
complain 'applets that stand twice in applets.reasons' "$(sort "$scratch/excused" "$scratch/refused" | uniq -d)"

case ${1:-} in
    --write) rewritten > "$scratch/readme" && cat "$scratch/readme" > "$readme" ;;
    --check) diff "$readme" <(rewritten) || { echo "$readme is stale: tests/boot/document.sh --write"; wrong=1; } ;;
    *) applets; echo; programs ;;
esac
exit $wrong
