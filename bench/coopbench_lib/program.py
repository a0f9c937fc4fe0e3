# SPDX-License-Identifier: GPL-2.0-or-later
"""A program of the user's own ('run -- ./program arguments'): put into a copy of the initramfs, and named to init.

The copy is the initramfs with more files before its trailer (cpio, "newc" format), the same for the same files.
"""
from __future__ import annotations

import hashlib
import os
import re
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import CoopbenchError, UsageError
from .paths import Paths

_FOLDER = "/tmp"
_TRAILER = b"TRAILER!!!\0"
_MAGIC = b"070701"
_HEADER_BYTES = 110
_ELF_64_EXECUTABLES = (b"\x7fELF\x02\x01", (2, 3))
_INTERPRETER = 3
_KEPT_SECONDS = 86400
_MOST_BYTES = 64 << 20


def exec_word(program: list[str]) -> str:
    """The word exec=/path+argument+argument by which init is told; what is no plain character becomes %XX."""
    words = [f"{_FOLDER}/{Path(program[0]).name}", *program[1:]]
    encoded = [re.sub(rb"[^A-Za-z0-9_./:@^~-]", lambda byte: b"%%%02x" % byte[0][0], word.encode()) for word in words]
    return "exec=" + b"+".join(encoded).decode()


def check_program(path: Path) -> None:
    """UsageError unless the file is a static 64-bit x86 ELF executable."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the program {path}: {error.strerror}") from error
    magic, kinds = _ELF_64_EXECUTABLES
    if content.startswith(b"#!"):
        interpreter = content[2:].split(b"\n", 1)[0].decode(errors="replace").split()
        raise UsageError(f"{path} is a script for {' '.join(interpreter) or 'nothing'}: name a static build of that as "
                         f"the program, and the script's folder: --files {path.parent} -- INTERPRETER {path.name}")
    if len(content) < 64 or not content.startswith(magic) or struct.unpack_from("<HH", content, 16)[1] != 62 \
            or struct.unpack_from("<H", content, 16)[0] not in kinds:
        raise UsageError(f"{path} is no x86-64 ELF executable")
    if _INTERPRETER in _segment_types(content, path):
        raise UsageError(f"{path} is linked dynamically: link it with -static")


def _segment_types(content: bytes, path: Path) -> list[int]:
    offset, (size, count) = struct.unpack_from("<Q", content, 32)[0], struct.unpack_from("<HH", content, 54)
    if offset + size * count > len(content):
        raise UsageError(f"{path} is a truncated ELF file")
    return [struct.unpack_from("<I", content, offset + size * index)[0] for index in range(count)]


def entries_of_program(program: list[str], files: Path | None, standard_input: Path | None) -> list[Entry]:
    """What the guest finds of a user's program: itself, the tree that it works in, its standard input. UsageError as
    check_program(), and for what cannot be read."""
    check_program(Path(program[0]))
    entries = [Entry(f"{_FOLDER.lstrip('/')}/{Path(program[0]).name}", 0o100755, Path(program[0]).read_bytes())]
    try:
        if files:
            if not files.is_dir():
                raise UsageError(f"--files wants a folder, and {files} is none")
            entries += _entries_of_tree(files)
        if standard_input:
            entries.append(Entry("program/stdin", 0o100644, standard_input.read_bytes()))
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error
    return entries


def _entries_of_tree(files: Path) -> list[Entry]:
    """Folders, files and symbolic links, in the order of their names."""
    entries = [Entry("program/files", 0o040755, b"")]
    for path in sorted(files.rglob("*")):
        name, mode = f"program/files/{path.relative_to(files)}", path.lstat().st_mode
        if path.is_symlink():
            entries.append(Entry(name, 0o120777, os.readlink(path).encode()))
        elif path.is_dir():
            entries.append(Entry(name, 0o040000 | mode & 0o7777, b""))
        elif path.is_file():
            entries.append(Entry(name, 0o100000 | mode & 0o7777, path.read_bytes()))
    return entries


@dataclass(frozen=True)
class Entry:
    """One file of an archive; of a symbolic link the content is where it leads."""

    name: str
    mode: int
    content: bytes


@dataclass(frozen=True)
class Packed:
    """The initramfs 'base' with more files in it. 'path' is where it is made: named after its content, so that runs at
    the same time do not share one, and by a name of one length, since a kernel's command line has it."""

    base: Path
    entries: tuple[Entry, ...]
    path: Path

    def make(self) -> None:
        """Makes it, and removes those that have not been used for a day."""
        packed = add_files(self.base.read_bytes(), self.entries)
        if packed is None:
            raise CoopbenchError(f"{self.base} is no cpio archive of the 'newc' format: say 'make'")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for old in self.path.parent.iterdir():
            if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
                old.unlink(missing_ok=True)
        unfinished = self.path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(packed)
        unfinished.replace(self.path)


def packed(paths: Paths, base: Path, entries: list[Entry]) -> Packed:
    """Plans an initramfs. UsageError: it would be too large for a guest."""
    total = sum(len(entry.content) for entry in entries)
    if total > _MOST_BYTES:
        raise UsageError(f"program and files are {total >> 20} MiB: at most {_MOST_BYTES >> 20} fit into a guest's "
                         "memory beside what it does")
    digest = hashlib.sha256(base.read_bytes() if base.is_file() else b"")
    for entry in entries:
        digest.update(f"{entry.name}\0{entry.mode}\0{len(entry.content)}\0".encode() + entry.content)
    return Packed(base, tuple(entries), paths.build / f"bench/programs/{digest.hexdigest()[:16]}.cpio")


def add_files(archive: bytes, entries: Iterable[Entry]) -> bytes | None:
    """The archive with more files; None when it has no trailer."""
    end = archive.rfind(_TRAILER) - _HEADER_BYTES
    if end < 0 or archive[end:end + len(_MAGIC)] != _MAGIC:
        return None
    added = b"".join(_entry(entry.name, entry.mode, entry.content) for entry in entries)
    whole = archive[:end] + added + _entry("TRAILER!!!", 0, b"")
    return whole + bytes(-len(whole) % 512)


def _entry(name: str, mode: int, content: bytes) -> bytes:
    """One file: 13 eight-digit hexadecimal fields, the name, the content, each padded to four bytes."""
    encoded = name.encode() + b"\0"
    fields = (0x7fffffff if mode else 0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    head = _MAGIC + b"".join(b"%08x" % number for number in fields) + encoded
    head += bytes(-len(head) % 4)
    return head + content + bytes(-len(content) % 4)
