# SPDX-License-Identifier: GPL-2.0-or-later
"""Packs files behind the tree's initramfs: a kernel unpacks archives that stand behind one another into one tree."""
from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

_ALIGNMENT = 4
_BLOCK = 512


def pack(files: Mapping[str, bytes]) -> bytes:
    """A 'newc' archive of executable files with the folders above them, the same bytes for the same files."""
    folders = sorted({str(parent) for name in files for parent in Path(name).parents if str(parent) != "."})
    entries = [(name, stat.S_IFDIR | 0o755, b"") for name in folders]
    entries += [(name, stat.S_IFREG | 0o755, content) for name, content in sorted(files.items())]
    packed = b"".join(_entry(number, *entry) for number, entry in enumerate(entries, 1))
    packed += _entry(0, "TRAILER!!!", 0, b"")
    return packed + bytes(-len(packed) % _BLOCK)


def _entry(number: int, name: str, mode: int, content: bytes) -> bytes:
    """Header of thirteen hexadecimal fields (inode, mode, owner, group, links, time, size, devices, length of the name,
    checksum), name and content, each padded."""
    path = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08x" % value for value in fields) + path
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)


def write_initramfs(base: Path, files: Mapping[str, bytes], output: Path) -> None:
    """The base archive, and the files behind it."""
    output.write_bytes(base.read_bytes() + pack(files))
