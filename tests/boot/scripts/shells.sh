# SPDX-License-Identifier: GPL-2.0-or-later
# Other people's shells: what they print must be the same on any kernel.

echo "== bash"
cat > bash.sh << 'END'
declare -A map=([a]=1 [b]=2)
for key in "${!map[@]}"; do echo $key ${map[$key]}; done | sort
list=(1 2 3); echo ${list[@]:1} ${#list[@]}
[[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}
cat <(echo substituted) <(echo twice)
coproc cat; echo hello >&${COPROC[1]}; read -r -u ${COPROC[0]} line; echo "got $line"; eval "exec ${COPROC[1]}>&-"; wait
printf '%q\n' 'a b'
trap 'echo bye' EXIT; trap 'echo usr1' USR1; kill -USR1 $$
(sleep 0.05; echo background) & wait $!; echo "status $?"
echo $((2 ** 20)) ${BASH_VERSINFO[0]} ${line@Q} ${line^^}
mapfile -t lines < <(seq 3); echo ${#lines[@]} ${lines[2]}
set -o pipefail; false | true; echo "pipefail $?"
ulimit -n > /dev/null && echo limits
exec 5<> fifo 2> /dev/null; mkfifo pipe; (echo through > pipe) & cat pipe; wait
time_out() { read -r -t 0.05 < <(sleep 1); echo "timed out $(($? > 128))"; }; time_out
kill -9 $BASHPID
END
bash-static bash.sh; echo "status $?"

echo "== zsh"
cat > zsh.sh << 'END'
list=(3 1 2); print ${(on)list} ${(U)${:-hello}} ${#list}
for file in *.sh(N); do print $file; done
print -l {1..3}; repeat 2 print again
print ${$(echo sub):u}; (( x = 3 ** 4 )); print $x
typeset -A map; map=(k v); print ${map[k]} ${(k)map}
print =(echo temporary) > name; [[ -s name ]] && print named
{ print try; false } always { print always }
sleep 0.02 & wait $!; print "status $?"
print $(( 10 / 4.0 ))
END
zsh-static -f zsh.sh; echo "status $?"

echo "== sash"
sash -c 'echo from sash'
printf 'pwd\n' > in; sash < in | sed "s|$HOME|home|"

echo "== a shell at a terminal of its own"
PS1='@@ ' inpty sh -i << 'END'
< @@
> echo ready $((6 * 7)); test -t 0 && test -t 1 && echo both ends: $((1 + 1))
< ready 42
< both ends: 2
< @@
= 31 77
> stty size; tty | sed "s/[0-9]*$//"
< 31 77
< /dev/pts/
< @@
> sh -c 'trap "echo interrupted \$((4)); exit 9" INT; echo started $((1)); while :; do sleep 0.1; done'
< started 1
^ C
< interrupted 4
< @@
> echo status $?
< status 9
< @@
> sh -c 'echo asking $((3)); read line; echo "got <$line>"'
< asking 3
> an answer
< got <an answer>
< @@
> exit 7
END
printf '< @\n^ D\n' | PS1='@ ' inpty sh -i
echo '> typed' | inpty sh -c 'read line; echo "$line"; kill -9 $$'
