# SPDX-License-Identifier: GPL-2.0-or-later
# The shell's own language: what it prints must be the same on any kernel.

echo "== words"
set -- one 'two words' three
echo $# "$2" "${3#th}" "${1%e}" ${4:-four} ${#2}
for word in "$@"; do printf '<%s>' "$word"; done; echo
echo $((7 * 6)) $((0x1f & 0xc)) $((-7 / 2)) $((1 << 40))
IFS=:; set -- a:b c:d; echo $1; IFS=' '
echo {a,b} ~root [x] "$(echo nested "$(echo deeper)")" `echo old`
case hello.c in *.h) echo header ;; h*.c) echo source ;; esac

echo "== redirection"
echo first > file; echo second >> file; cat < file
{ echo out; echo err >&2; } > both 2>&1; cat both
{ echo out; echo err >&2; } 2> /dev/null
exec 3> third; echo to-three >&3; exec 3>&-; cat third
echo refused 2>&1 > /nowhere/file || echo "status $?"
cat < missing 2>/dev/null || echo "status $?"
: > empty; test -s empty || echo empty
cat << END
here $((1 + 1)) $(echo document)
END
cat << 'END'
here $((1 + 1))
END
cat <<- END
	tabs go
	END
read -r line < file; echo "read $line"
while read -r left right; do echo "$right-$left"; done << END
a b
c d e
END

echo "== pipelines"
echo pipe | cat | cat | tr a-z A-Z
printf 'b\na\nc\n' | sort | head -n 2 | tail -n 1
false | true; echo $?
true | false; echo $?
set -o pipefail; false | true; echo $?; set +o pipefail
yes | head -n 3
yes long-line-of-output | head -c 100000 | wc -c
seq 1 2000 | while read -r n; do echo $n; done | tail -n 1
! true; echo $?

echo "== subshells and functions"
(cd / && echo in subshell); (exit 7); echo $?
variable=outer; (variable=inner; echo $variable); echo $variable
factorial() { local n=$1; [ "$n" -le 1 ] && echo 1 && return; echo $((n * $(factorial $((n - 1))))); }
factorial 6
fails() { return 3; }
fails || echo "returned $?"
sh -c 'echo child $0 $1; exit 5' zero one; echo $?
env -i KEY=value sh -c 'echo $KEY'
not-a-command 2> /dev/null; echo $?
/tmp 2> /dev/null; echo $?
eval 'echo evaluated; x=9'; echo $x
echo 'echo sourced $1' > library; . ./library
i=0; until [ $i -ge 3 ]; do i=$((i + 1)); [ $i = 2 ] && continue; echo loop $i; done
sh -e -c 'false; echo not reached'; echo $?
exit 0
