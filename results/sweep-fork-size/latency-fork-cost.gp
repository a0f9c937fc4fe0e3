# SPDX-License-Identifier: GPL-2.0-or-later
reset
set terminal svg size 760,484 fixed font "DejaVu Sans,Helvetica,Arial,13" background "#ffffff" noenhanced
set encoding utf8
set output "latency-fork-cost.svg"
set border 3
set tics nomirror out
set grid lc rgb "#cccccc" lt 1 lw 0.5
set title "latency/fork, iterations=2 touch=1"
set xlabel "pages"
set ylabel "instr per operation"
set key outside right top samplen 2.5
set xrange [16:65536]
set logscale xy
set ytics ("10,000" 10000, "100,000" 100000, "1 million" 1e+06, "10 million" 1e+07, "100 million" 1e+08)
set xtics ("16" 16, "64" 64, "256" 256, "1,024" 1024, "4,096" 4096, "16,384" 16384, "65,536" 65536)
plot "latency-fork-cost.dat" index 0 using 1:2 with linespoints lw 4.5 ps 1.3 pt 7 dt 1 lc rgb "#999999" title "native", \
     "latency-fork-cost.dat" index 1 using 1:2 with linespoints lw 1.8 ps 0.8 pt 5 dt 1 lc rgb "#E69F00" title "full-shadow", \
     "latency-fork-cost.dat" index 2 using 1:2 with linespoints lw 1.8 ps 0.8 pt 9 dt 1 lc rgb "#0072B2" title "full-nested", \
     "latency-fork-cost.dat" index 3 using 1:2 with linespoints lw 1.8 ps 0.8 pt 13 dt 1 lc rgb "#D55E00" title "paravirt", \
     "latency-fork-cost.dat" index 4 using 1:2 with linespoints lw 1.8 ps 0.8 pt 11 dt 1 lc rgb "#56B4E9" title "coop", \
     "latency-fork-cost.dat" index 5 using 1:2 with linespoints lw 1.8 ps 0.8 pt 4 dt 1 lc rgb "#000000" title "coop-nested"
