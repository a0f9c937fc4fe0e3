# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether KVM really lends its virtual machines SVM or VMX: asked of /dev/kvm itself, then tried by one boot.

A /dev/kvm that opens and makes virtual machines, but offers them neither, is common: cloud machines, nested=0.
"""
from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

# linux/kvm.h
_GET_API_VERSION, _CREATE_VM, _GET_SUPPORTED_CPUID = 0xae00, 0xae01, 0xc008ae05
_CREATE_VCPU, _GET_TSC_KHZ = 0xae41, 0xaea3
_API_VERSION = 12
_CPUID_ENTRIES, _CPUID_ENTRY_BYTES = 256, 40

_DEVICE = Path("/dev/kvm")
_MODULES = Path("/sys/module")


@dataclass(frozen=True)
class Facts:
    """What KVM says of itself. 'error' says at which step it ended, '' that it answered everything; 'nested' are the
    vendor modules' parameters of that name."""

    error: str = ""
    svm: bool = False
    vmx: bool = False
    tsc_khz: int = 0
    modules: list[str] = field(default_factory=list)
    nested: dict[str, str] = field(default_factory=dict)


def gather(device: Path = _DEVICE, modules: Path = _MODULES) -> Facts:
    """Opens the device, makes a virtual machine, and asks what it may show to a guest."""
    loaded = sorted(path.name for path in modules.glob("kvm_*"))
    nested = {path.parts[-3]: path.read_text().strip() for path in modules.glob("kvm_*/parameters/nested")
              if os.access(path, os.R_OK)}
    if not device.exists():
        return Facts(f"there is no {device}", modules=loaded, nested=nested)
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return Facts(f"{device} cannot be opened: {error.strerror}", modules=loaded, nested=nested)
    try:
        svm, vmx, tsc_khz = _ask(descriptor)
    except OSError as error:
        return Facts(f"{device} exists, but makes no virtual machine: {error.strerror}", modules=loaded, nested=nested)
    finally:
        os.close(descriptor)
    return Facts("", svm, vmx, tsc_khz, loaded, nested)


def _ask(device: int) -> tuple[bool, bool, int]:
    """SVM, VMX, and the TSC's frequency in kHz, of an open /dev/kvm."""
    if fcntl.ioctl(device, _GET_API_VERSION, 0) != _API_VERSION:
        raise OSError(0, "it is of another version")
    machine = fcntl.ioctl(device, _CREATE_VM, 0)
    try:
        processor = fcntl.ioctl(machine, _CREATE_VCPU, 0)
        try:
            tsc_khz = fcntl.ioctl(processor, _GET_TSC_KHZ, 0)
        finally:
            os.close(processor)
    finally:
        os.close(machine)
    table = bytearray(struct.pack("<II", _CPUID_ENTRIES, 0) + bytes(_CPUID_ENTRIES * _CPUID_ENTRY_BYTES))
    fcntl.ioctl(device, _GET_SUPPORTED_CPUID, table)
    return *offered(bytes(table)), tsc_khz


def offered(table: bytes) -> tuple[bool, bool]:
    """Whether a struct kvm_cpuid2 has SVM (leaf 8000_0001h, ECX bit 2) and VMX (leaf 1, ECX bit 5)."""
    svm = vmx = False
    for index in range(struct.unpack_from("<I", table)[0]):
        leaf, _, _, _, _, ecx, _ = struct.unpack_from("<7I", table, 8 + _CPUID_ENTRY_BYTES * index)
        svm |= leaf == 0x80000001 and bool(ecx & 1 << 2)
        vmx |= leaf == 1 and bool(ecx & 1 << 5)
    return svm, vmx


def why_not(facts: Facts) -> str:
    """Why KVM cannot be used, '' when it looks as if it could."""
    if facts.error:
        return facts.error
    if facts.svm or facts.vmx:
        return "" if facts.tsc_khz else "/dev/kvm does not say how fast the time-stamp counter runs"
    off = [f"{module} has nested={value}" for module, value in facts.nested.items() if value in ("0", "N")]
    detail = f" ({'; '.join(off)})" if off else f" (loaded: {', '.join(facts.modules)})" if facts.modules else ""
    return f"/dev/kvm exists, but offers its guests neither SVM nor VMX{detail}"
