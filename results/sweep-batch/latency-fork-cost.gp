# SPDX-License-Identifier: GPL-2.0-or-later
reset
set terminal svg size 760,457 fixed font "DejaVu Sans,Helvetica,Arial,13" background "#ffffff" noenhanced
set encoding utf8
set output "latency-fork-cost.svg"
set border 3
set tics nomirror out
set grid lc rgb "#cccccc" lt 1 lw 0.5
set title "latency/fork, iterations=2 pages=2048 touch=1"
set xlabel "batch"
set ylabel "instr per operation"
set key outside right top samplen 2.5
set xrange [1:2048]
set logscale x
set ytics ("0" 0, "200,000" 200000, "400,000" 400000, "600,000" 600000, "800,000" 800000, "1,000,000" 1000000, "1,200,000" 1200000, "1,400,000" 1400000)
set yrange [0:1.4e+06]
set xtics ("1" 1, "2" 2, "4" 4, "8" 8, "16" 16, "32" 32, "64" 64, "128" 128, "256" 256, "512" 512, "1,024" 1024, "2,048" 2048)
plot "latency-fork-cost.dat" index 0 using 1:2 with linespoints lw 4.5 ps 1.3 pt 7 dt 1 lc rgb "#999999" title "native", \
     "latency-fork-cost.dat" index 1 using 1:2 with linespoints lw 1.8 ps 0.8 pt 5 dt 1 lc rgb "#D55E00" title "paravirt", \
     "latency-fork-cost.dat" index 2 using 1:2 with linespoints lw 1.8 ps 0.8 pt 9 dt 1 lc rgb "#56B4E9" title "coop"
