# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that work on text.

echo "== lines"
seq 1 20 | head -n 3; seq 1 20 | tail -n 2; seq 5 -2 1 | tr '\n' ' '; echo
printf 'pear 3\napple 10\nfig 2\napple 2\n' > fruit
sort fruit; sort -k2 -n fruit; sort -r -k1,1 -k2,2n fruit; cut -d' ' -f1 fruit | sort | uniq -c | sed 's/^ *//'
wc fruit; wc -l < fruit; wc -c < fruit; wc -w < fruit
grep -n apple fruit; grep -c p fruit; grep -v e fruit; grep -E '^(fig|pear) [0-9]$' fruit; grep -q none fruit || echo none
tr -d aeiou < fruit; tr -s p < fruit; echo hello | rev; nl fruit; tac fruit
paste fruit fruit; fold -w 4 fruit | head -n 3; expand -t 4 << END
a	b
END

echo "== sed"
sed 's/p/P/g' fruit; sed -n '2,3p' fruit; sed '/apple/d' fruit; sed -e '1i first' -e '$a last' fruit
sed 's/\([a-z]*\) \([0-9]*\)/\2 \1/' fruit; sed -E 's/(.)(.)/\2\1/' fruit; sed 'y/abc/xyz/' fruit
sed -n '/pear/,/fig/{=;p}' fruit; sed ':a;N;$!ba;s/\n/+/g' fruit
cp fruit changed; sed -i 's/fig/date/' changed; cat changed

echo "== awk"
awk '{n += $2} END {print n, NR, n / NR}' fruit
awk '{sum[$1] += $2} END {for (k in sum) print k, sum[k]}' fruit | sort
awk 'BEGIN {printf "%5.2f|%-5s|%05d|%x\n", 3.14159, "ab", 42, 255; print length("hello"), substr("hello", 2, 3), toupper("x")}'
awk -F: '{print $2}' << END
a:b:c
END
awk 'BEGIN {while (i < 5) {i++; if (i == 3) continue; print i, i ^ 2, sqrt(i * i)}; print index("abc", "c"), 7 % 3, int(-2.5)}'
awk '{gsub(/p+/, "<&>"); print; split($0, a, " "); print a[2]}' fruit
awk 'BEGIN {"echo from-a-command" | getline x; print x; print "b\na" | "sort"; close("sort"); print exp(1), sin(1), 1e300 * 10}'
awk 'function f(n) {return n < 2 ? n : f(n - 1) + f(n - 2)} BEGIN {print f(15)}'

echo "== sums and conversions"
md5sum fruit; sha1sum fruit; sha256sum fruit; sha512sum fruit
od -c fruit | head -n 2; hexdump -C fruit | head -n 2; echo hello | base64; echo aGVsbG8K | base64 -d
printf '%s-%d-%x-%c-%%\n' text 12 255 letter; expr 6 \* 7; expr length hello; echo '2 3 + p' | dc
echo '1 + 2 * 3; 2 ^ 64; scale = 5; 22 / 7' | bc
date -u -d '2026-01-02 03:04:05' '+%Y-%m-%d %H:%M:%S %a %j'; date -u -d @86400 +%F
cal 1 2026; factor 1001
echo a b c d | xargs -n 2 echo pair; seq 1 5 | xargs; printf 'x\0y\0' | xargs -0 -n 1 echo
printf 'same\nold\n' > left; printf 'same\nnew\n' > right
diff -u left right | grep '^[-+ ][a-z]'; cmp left right
strings /bin/busybox | grep -c '^not-in-there$'
exit 0
