#!/usr/bin/python3 -SI
# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulator that runs nothing: it takes QEMU's command line, or Bochs', and writes the records that the workload's
name asks for.

fake/null and fake/hypercall behave; the other names are the ways in which a machine can go wrong.
"""
import json
import os
import random
import re
import signal
import sys
import time

OK, FAILED = 33, 35


class Fake:
    """One run: what the command line says, and the two serial lines."""

    def __init__(self, arguments):
        self.bochs = "-rc" in arguments
        if self.bochs:
            bochsrc = arguments[arguments.index("-f") + 1]
            self.log = os.path.join(os.path.dirname(bochsrc), "bochs.log")
            arguments = like_qemu(bochsrc)
        self.text = text = " ".join(arguments)
        serial = [arguments[index + 1] for index, word in enumerate(arguments) if word == "-serial"]
        self.console, self.records = (sys.stdout if name == "mon:stdio" else
                                      open(name.removeprefix("file:"), "w", buffering=1) for name in serial)
        self.hypervised = "hv-core" in text
        self.word = lambda name: re.search(rf"\b{name}=(\S+)", text)[1]
        program = re.search(r"exec=\S*?/([^/+ ]+)[+ ]", text)
        self.workload = f"program/{program[1]}" if program else self.word("bench") if "bench=" in text else "shell"
        if self.workload == "shell":
            return
        self.runs, self.warmup = int(self.word("runs")), int(self.word("warmup"))
        size = re.search(r"param\.size=(\d+)", text)
        self.size = int(size[1]) if size else 64
        self.trace = int((re.search(r"\btrace=(\d+)", text) or [0, 0])[1])

    def asked(self):
        """Booted without a guest: says whether the mode can run."""
        mode = self.word("mode")
        self.say(type="error", who="hv", reason="there is no module with role=kernel" if mode in
                 ("full-shadow", "full-nested", "coop", "hybrid-shadow")
                 else f"mode {mode} needs what this build does not have")
        self.say(type="end", status="failed", reason="")
        return FAILED

    def say(self, **record):
        self.records.write("@coop " + json.dumps(record) + "\n")

    def boot(self):
        if self.hypervised:
            self.say(type="machine", cpu="fake", tsc_khz=1000000, cpus=1, mode="full-nested")
            self.controls(self.word("mode"))
        self.say(type="guest", kernel="guest-coop", mode="coopvirt" if self.hypervised else "native", tick=10000000)
        self.records.write("log: guest is up\n")
        self.console.write("hello from the guest\n")

    def controls(self, mode):
        words = dict.fromkeys(("intercept_cr_reads", "intercept_cr_writes", "intercepts"), "0")
        words |= {"intercept_exceptions": "64002", "nested_paging": "1" if "nested" in mode else "0"}
        self.say(type="controls", vm=0, cpu="svm", words=words)

    def region(self, number, tsc, exits, idle=0, lost=0):
        """What the hypervisor adds around a repetition: 20 units of markers, 100 for each exit."""
        total = tsc + 20
        costs = {"cpuid": {"count": exits, "total": 100 * exits, "min": 100, "p50": 100, "p99": 100, "max": 100}}
        self.say(type="region", vm=0, vcpu=0, region=number, tsc=total, guest=total - 100 * exits - idle - lost,
                 hypervisor=100 * exits, idle=idle, injections=0, exits=costs if exits else {},
                 hypercalls={"version": exits} if self.workload == "fake/hypercall" else {})
        kept = min(exits, self.trace)
        for start in range(exits - kept, exits, 48):
            self.say(type="trace", vm=0, vcpu=0, region=number, **{"from": start, "crossings": [
                [10 + 150 * place, "cpuid", 0xffffffff81000000, 0, 0, 100, 0] for place in range(start, min(start + 48,
                                                                                                            exits))]})

    def plugin(self):
        """What a plugin that counts page walks leaves: 4 entries for each of 2 walks an operation, 24 under a
        hypervisor. Of fake/spread the tables do not explain an access, of fake/noise a region is missing, of fake/idle
        the file."""
        loaded = re.search(r"-plugin \S+,out=([^,]+),", self.text)
        if not loaded or self.workload == "fake/idle":
            return
        each = 24 if self.hypervised else 4
        regions = [{"region": number + 1, "walks": 2000, "references": 2000 * each,
                    "nested_references": 2000 * (each - 4), "failed": int(self.workload == "fake/spread")}
                   for number in range(self.warmup + self.runs - (self.workload == "fake/noise"))]
        with open(loaded[1], "w") as file:
            json.dump({"mistaken": 0, "unpaired_markers": 0, "regions": regions}, file)

    def repetitions(self, change=lambda repetition, record: None, lost=0, with_region=True):
        """All repetitions of 1,000 operations, 150 units each natively, 100 more and one exit under a hypervisor."""
        exits = 1000 if self.hypervised and self.workload != "fake/null" else 0
        for number in range(self.warmup + self.runs):
            warm = number - self.warmup
            record = dict(type="repetition", workload=self.workload, region=number + 1, warmup=warm < 0,
                          repetition=number if warm < 0 else warm, ops=1000, tsc=150000 + 100 * exits, idle=0, ticks=0,
                          params={"size": self.size})
            change(number, record)
            if self.hypervised and with_region:
                self.region(record["region"], record["tsc"], exits, record["idle"], lost)
            self.say(**record)

    def end(self, status="ok", reason=""):
        self.say(type="end", status=status, reason=reason)
        if self.hypervised:
            self.say(type="stop", vm=0, reason="exit-port", status=0x10 if status == "ok" else 0x11)
            self.say(type="end", status=status, reason=reason or "every VM ended by itself")
        return OK if status == "ok" else FAILED


def like_qemu(path):
    """What a bochsrc and the grub.cfg beside it say, as words of QEMU's command line."""
    with open(path) as file:
        configuration = file.read()
    if not os.path.getsize(re.search(r"type=cdrom, path=([^,\n]*)", configuration)[1]):
        sys.exit("the CD image is empty")
    with open(os.path.join(os.path.dirname(path), "grub.cfg")) as file:
        words = file.read().replace("'", "").split()
    return [word for line in re.findall(r"^com\d:.*dev=(.*)$", configuration, re.MULTILINE)
            for word in ("-serial", f"file:{line}")] + words


def idle(fake):
    fake.repetitions(lambda number, record: record.update(tsc=record["tsc"] + 54900000, idle=54900000))
    return fake.end()


def spread(fake):
    fake.repetitions(lambda number, record: record.update(tsc=record["tsc"] + 1000 * number, ticks=int(number == 2)))
    return fake.end()


def noise(fake):
    """A clock's figures: every boot of a tree draws others."""
    with open("started.txt") as file:
        draw = random.Random(len(file.readlines()))
    fake.repetitions(lambda number, record: record.update(tsc=record["tsc"] + draw.randrange(20_000)))
    return fake.end()


def hypercall(fake):
    if not fake.hypervised:
        fake.say(type="skip", workload=fake.workload, reason="no hypervisor")
    else:
        fake.repetitions()
    return fake.end()


def hang(fake):
    fake.repetitions()
    if fake.bochs:
        with open(fake.log, "w") as log:
            log.write("00045873269p[CPU0  ] >>PANIC<< exception(): 3rd (13) exception with no resolution\n")
    time.sleep(60)


def hypervisor_failed(fake):
    fake.repetitions()
    fake.end()
    fake.say(type="end", status="failed", reason="a frame is still owned by VM 0")
    return OK


def no_verdict(fake):
    fake.repetitions()
    return 0


def failed(fake):
    return fake.end("failed", "the workload ended with status 3")


def panic(fake):
    fake.console.write("Kernel panic: out of ideas\nhalted\n")
    return fake.end("failed", "panic")


def error(fake):
    fake.say(type="error", who="workload", workload=fake.workload, reason="fork failed: Out of memory (errno 12)")
    return fake.end("failed", "the workload ended with status 1")


def stopped(fake):
    fake.say(type="stop", vm=0, reason="triple fault", status=1)
    return FAILED


def broken(fake):
    fake.records.write('@coop {"type":"repetition","workl\n')
    fake.repetitions()
    return fake.end()


def text_number(fake):
    fake.repetitions(lambda number, record: record.update(ops="many"))
    return fake.end()


def invariant(fake):
    fake.repetitions(lost=7)
    return fake.end()


def no_region(fake):
    fake.repetitions(with_region=False)
    return fake.end()


def too_few(fake):
    fake.runs -= 1
    fake.repetitions()
    return fake.end()


def bad_status(fake):
    fake.repetitions()
    fake.end()
    return 1


def crash_at_exit(fake):
    well(fake)
    os.kill(os.getpid(), signal.SIGSEGV)


def cut(fake):
    fake.repetitions()
    fake.say(type="end", status="ok", reason="")
    os.kill(os.getpid(), signal.SIGSEGV)


def no_last_word(fake):
    fake.repetitions()
    fake.say(type="end", status="ok", reason="")
    fake.say(type="stop", vm=0, reason="exit-port", status=0x10)


def flood(fake):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    line = "log: flood " * 1000
    for _ in range(1 << 30):
        fake.records.write(line + "\n")


def well(fake):
    fake.repetitions()
    return fake.end()


def slow(fake):
    time.sleep(0.5)
    return well(fake)


def main():
    if "--version" in sys.argv:
        print("Fake emulator version 1.0")
        return 0
    fake = Fake(sys.argv[1:])
    if fake.hypervised and "role=kernel" not in fake.text:
        return fake.asked()
    with open(os.path.join(os.getcwd(), "started.txt"), "a") as file:
        file.write(f"{fake.workload} {'hypervised' if fake.hypervised else 'native'} {os.getpid()}\n")
    fake.boot()
    if fake.workload == "shell":
        return OK
    fake.plugin()
    status = globals().get(fake.workload.removeprefix("fake/").removesuffix("2"), well)(fake)
    return 1 if fake.bochs else status


if __name__ == "__main__":
    sys.exit(main())
