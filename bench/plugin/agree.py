# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the records agree with what libcoopcount counts from outside? agree.py [WORKLOAD ...]

Boots each workload natively and under full-nested, with the very command lines that coopbench uses and the plugin
added, and compares region by region. README.md beside this file says why the sums must be what they are.
"""
import json
import os
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
PLUGIN = "build/bench/plugin/libcoopcount.so"
DEFAULT = ["nano/empty", "nano/cpuid", "nano/hypercall", "latency/null_call", "latency/pipe", "latency/fork"]
SECONDS = 120
FAULTING = {"nano/pgfault", "nano/divzero"}  # faults of the kernel's own, which no counter of its tells
LOGS = "out/DIR/logs"  # what coopbench --dry-run prints for the folder that it would make
# Exits at which no instruction was left unfinished: an interrupt comes between two instructions.
BETWEEN_INSTRUCTIONS = {"external_interrupt", "nmi", "interrupt_window"}


def commands(mode, workload):
    """The emulator's command line as coopbench would run it."""
    shown = subprocess.run(["bench/coopbench", "run", "--dry-run", "--mode", mode, "--workload", workload], cwd=ROOT,
                           capture_output=True, text=True, check=True, timeout=30)
    return [shlex.split(line) for line in shown.stdout.splitlines() if line.startswith("qemu-system")]


def boot(command, folder):
    """The records and the plugin's counts of one boot."""
    files = [word.replace(LOGS, folder).partition(":")[2] for word in command if LOGS in word]
    for path in files:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    counts = os.path.join(folder, "counts.json")
    subprocess.run([word.replace(LOGS, folder) for word in command] + ["-plugin", f"{PLUGIN},out={counts}"], cwd=ROOT,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS,
                   check=False)
    with open(files[-1], encoding="utf-8", errors="replace") as file:
        records = [json.loads(line[6:]) for line in file if line.startswith("@coop {")]
    with open(counts, encoding="utf-8") as file:
        return records, json.load(file)


class Comparison:
    """Counts the checks, and collects the frames that must be one and the same number."""

    def __init__(self):
        self.passed = self.failed = 0
        self.frames = {}

    def check(self, what, found, wanted):
        if found == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: from outside {found}, in the records {wanted}")

    def frame(self, kind, what, number):
        """Regions of one kind have one frame around what both count."""
        first = self.frames.setdefault(kind, number)
        self.check(f"{what}: frame of {kind}", number, first)


def may_compare(workload, repetition):
    """Every instruction that started was completed, or is in the records as an exit; and nothing waited."""
    return workload not in FAULTING and repetition["page_faults"] == 0 and repetition["idle"] == 0


def compare_native(comparison, workload, repetitions, counts):
    """Natively: the instructions of a region are its TSC and a frame, where no instruction faulted."""
    for repetition, region in zip(repetitions, counts["regions"]):
        what = f"native {workload} region {repetition['region']}"
        comparison.check(what + ": VMRUN and VMMCALL", (region["vmrun"], region["vmmcall"]), (0, 0))
        if may_compare(workload, repetition):
            comparison.frame("native " + workload, what, region["instructions"] - repetition["tsc"])


def compare_nested(comparison, workload, records, repetitions, counts):
    """Under the hypervisor: exits, hypercalls, and the TSC from its own entry to its own exit."""
    regions = {record["region"]: record for record in records if record["type"] == "region"}
    for repetition, region in zip(repetitions, counts["regions"]):
        number = repetition["region"]
        record, what = regions[number], f"full-nested {workload} region {number}"
        exits = {reason: entry["count"] for reason, entry in record["exits"].items()}
        unfinished = sum(count for reason, count in exits.items() if reason not in BETWEEN_INSTRUCTIONS)
        comparison.check(what + ": VMRUNs", region["vmrun"], sum(exits.values()) + 1)
        comparison.check(what + ": VMMCALLs", region["vmmcall"], sum(record["hypercalls"].values()))
        if may_compare(workload, repetition) and record["idle"] == 0:
            comparison.frame("hypervisor", what, region["after_entry"] - record["tsc"] - unfinished)


def main():
    comparison = Comparison()
    for workload in sys.argv[1:] or DEFAULT:
        for mode in ("native", "full-nested"):
            for command in commands(mode, workload):
                with tempfile.TemporaryDirectory() as folder:
                    records, counts = boot(command, folder)
                repetitions = [record for record in records if record["type"] == "repetition"]
                if not repetitions and any(record["type"] == "skip" for record in records):
                    continue
                comparison.check(f"{mode} {workload}: number of regions",
                                 (len(counts["regions"]), counts["unpaired_markers"]), (len(repetitions) or 1, 0))
                if mode == "native":
                    compare_native(comparison, workload, repetitions, counts)
                else:
                    compare_nested(comparison, workload, records, repetitions, counts)
    print(f"{comparison.passed} passed, {comparison.failed} failed")
    return 1 if comparison.failed or not comparison.passed else 0


if __name__ == "__main__":
    sys.exit(main())
