# SPDX-License-Identifier: GPL-2.0-or-later
"""The checks behind selftest.sh: selftest.py MANIFEST PROGRAMS."""
import json
import os
import subprocess
import sys
import tempfile

FIELDS = {"name": str, "program": str, "args": list, "default": bool, "quick": bool, "aka": list, "does": str,
          "region": str, "ops": int, "needs": list, "params": dict, "mode_specific": str}
RECORD_KEYS = ["type", "workload", "region", "repetition", "warmup", "ops", "tsc", "params"]
COUNTERS = ["idle", "ticks", "context_switches", "page_faults", "system_calls"]
BAD_ARGUMENTS = [  # of latency/null_call: arguments, a part of the reason
    (["--runs"], "value is missing"), (["--runs", "0"], "from 1"), (["--runs", "1x"], "number"),
    (["--runs", "-1"], "number"), (["--runs", ""], "number"), (["--runs", "99999999999999999999"], "number"),
    (["--warmup", "1000000"], "--warmup"), (["--param", "iterations"], "NAME=VALUE"), (["--param", "=1"], "NAME=VALUE"),
    (["--param", "iterations="], "iterations must be"), (["--param", "iterations=0"], "iterations must be"),
    (["--param", "iteration=1"], "no such parameter"), (["--param", "iterations=1e3"], "iterations must be"),
    (["--frobnicate"], "unknown argument"), (["7"], "unknown argument"), (["--", "/bin/true"], "unknown argument"),
]


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}")

    def skip(self, what):
        self.skipped += 1
        print(f"skipped {what}")


def run(arguments, environment=None):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, **(environment or {})))


def records_of(text):
    """The records of an output in which every line must be one."""
    lines = text.splitlines()
    if not all(line.startswith("@coop ") for line in lines):
        raise ValueError("a line is no record")
    return [json.loads(line[6:]) for line in lines]


def check_entry(tally, entry, program):
    name = entry.get("name", "?")
    wrong = [field for field, kind in FIELDS.items() if not isinstance(entry.get(field), kind)]
    tally.check(not wrong, f"{name}: fields of the manifest: {wrong}")
    shown = run([program, "--list-parameters"])
    listed = {word[0]: tuple(map(int, word[1:])) for word in map(str.split, shown.stdout.splitlines())}
    stated = {key: (value["default"], value["min"], value["max"]) for key, value in entry["params"].items()}
    tally.check(shown.returncode == 0 and listed == stated, f"{name}: parameters: program {listed}, manifest {stated}")


def check_run(tally, entry, program, disk, folder):
    name = entry["name"]
    result = run([program, "--runs", "2", "--warmup", "1", *entry["args"]],
                 {"COOPBENCH_DISK": disk, "COOPBENCH_DISK_FOLDER": folder})
    try:
        records = records_of(result.stdout)
    except ValueError as error:
        tally.check(False, f"{name}: {error}: {result.stdout!r}")
        return
    if result.returncode == 0 and [record["type"] for record in records] == ["skip"]:
        tally.skip(f"{name}: {records[0]['reason']}")
        return
    expected = [(1, 0, True), (2, 0, False), (3, 1, False)]
    found = [(record.get("region"), record.get("repetition"), record.get("warmup")) for record in records]
    tally.check(result.returncode == 0 and not result.stderr and found == expected,
                f"{name}: status {result.returncode}, {found}, {result.stderr!r} {result.stdout[:300]!r}")
    defaults = {key: value["default"] for key, value in entry["params"].items()}
    for record in records:
        tally.check(list(record) in (RECORD_KEYS, RECORD_KEYS[:-1] + COUNTERS + ["params"])
                    and record["workload"] == name
                    and record["ops"] == entry["ops"] and record["tsc"] > 0 and record["params"] == defaults,
                    f"{name}: record {record}")


def check_arguments(tally, programs):
    program = os.path.join(programs, "latency/null_call")
    for arguments, reason in BAD_ARGUMENTS:
        result = run([program, *arguments])
        records = records_of(result.stdout)
        tally.check(result.returncode == 2 and len(records) == 1 and records[0]["type"] == "error"
                    and reason in records[0]["reason"] and len(result.stderr.splitlines()) == 1,
                    f"null_call {arguments}: status {result.returncode}, {result.stdout!r}")
    records = records_of(run([program, "--param", "iterations=7", "--runs", "1"]).stdout)
    tally.check(records[0]["ops"] == 7 and records[0]["params"] == {"iterations": 7}, "a parameter is not taken")


def fnv(content):
    digest = 0xcbf29ce484222325
    for byte in content:
        digest = (digest ^ byte) * 0x100000001b3 % (1 << 64)
    return f"{digest:016x}"


def check_program(tally, programs):
    """helper/program: any program as one region."""
    helper = os.path.join(programs, "helper/program")
    for arguments, status, kind in ([["--", "/bin/true"], 0, "repetition"], [["--", "/no/such"], 1, "error"],
                                    [["--"], 2, "error"], [[], 2, "error"]):
        result = run([helper, *arguments])
        records = records_of(result.stdout)
        tally.check(result.returncode == status and records[-1]["type"] == kind, f"program {arguments}: {result}")
    result = run([helper, "--runs", "2", "--", "/bin/sh", "-c", "echo out; cat; echo err >&2; exit 3"])
    told = [record for record in records_of(result.stdout) if record["type"] == "output"]
    tally.check(result.returncode == 0 and result.stderr == "out\nerr\n" and len(told) == 1
                and (told[0]["status"], told[0]["bytes"], told[0]["digest"]) == (3, 8, fnv(b"out\nerr\n")),
                f"the output of a program: {told} {result.stderr!r}")
    result = run([helper, "--", "/bin/sh", "-c", "kill -9 $$"])
    tally.check(result.returncode == 1 and "signal 9" in result.stdout, f"a program that is killed: {result}")


def check_full_output(tally, programs):
    """A record that cannot be written is a failure."""
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([os.path.join(programs, "latency/null_call")], stdout=full, stderr=subprocess.DEVNULL,
                                timeout=60, check=False)
    tally.check(result.returncode == 1, f"a full output: status {result.returncode}")


def main():
    manifest, programs = sys.argv[1:]
    entries = json.load(open(manifest, encoding="utf-8"))
    tally = Tally()
    names = [entry["name"] for entry in entries]
    tally.check(len(set(names)) == len(names), "a name stands twice in the manifest")
    installed = {os.path.join(group, name) for group in ("nano", "latency", "loop", "mix", "macro")
                 for name in os.listdir(os.path.join(os.path.dirname(manifest), group)) if name.endswith(".c")}
    tally.check({entry["program"] + ".c" for entry in entries} == installed, "manifest and programs are not the same")
    with tempfile.NamedTemporaryFile() as disk, tempfile.TemporaryDirectory() as folder:
        disk.write(bytes(range(256)) * 4096)
        disk.flush()
        for entry in entries:
            program = os.path.join(programs, entry["program"])
            check_entry(tally, entry, program)
            check_run(tally, entry, program, disk.name, folder)
        tally.check(not os.listdir(folder), "a workload left files on the disk")
    check_arguments(tally, programs)
    check_program(tally, programs)
    check_full_output(tally, programs)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
