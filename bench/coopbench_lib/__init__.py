# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of coopbench, in the order in which a run passes through them:

cli (arguments) -> modes, machines, workloads, switches (what there is) -> plan (what to run, with which
command lines) -> run (one boot for each mode and workload) -> records (what a boot said) -> summary (rows)
-> results (the folder on disk) -> tables, reference, compare (what a reader sees).
Beside it stand ask (what hv-core says of a mode), parts and sweep (several runs that make one result), trace and
timeline (one operation, crossing by crossing), ablation (which axis a saving comes from), and peer_session and
peer_tables (the systems of bench/peers/).
"""
