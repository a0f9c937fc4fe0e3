# SPDX-License-Identifier: GPL-2.0-or-later
"""A program of the user's own ('run -- ./program arguments'): put into a copy of the initramfs, and named to init.

The copy is the initramfs with one more file before its trailer (cpio, "newc" format), the same for the same program.
"""
from __future__ import annotations

import hashlib
import os
import re
import struct
import time
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


def packed_path(paths: Paths, program: list[str]) -> Path:
    """Where the initramfs with the program is made. It is named after its content, so that runs at the same time do not
    share one, and by a name of one length, since a kernel's command line has it. UsageError as check_program()."""
    check_program(Path(program[0]))
    digest = hashlib.sha256(Path(program[0]).name.encode() + b"\0" + Path(program[0]).read_bytes())
    initramfs = paths.images()["initramfs"]
    if initramfs.is_file():
        digest.update(initramfs.read_bytes())
    return paths.build / f"bench/programs/{digest.hexdigest()[:16]}.cpio"


def pack_program(paths: Paths, program: list[str], target: Path) -> None:
    """Makes the initramfs with the program in it, and removes those that have not been used for a day."""
    source = paths.images()["initramfs"]
    name = f"{_FOLDER.lstrip('/')}/{Path(program[0]).name}"
    packed = add_file(source.read_bytes(), name, Path(program[0]).read_bytes())
    if packed is None:
        raise CoopbenchError(f"{paths.shown(source)} is no cpio archive of the 'newc' format: say 'make'")
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.iterdir():
        if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
            old.unlink(missing_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(packed)
    unfinished.replace(target)


def add_file(archive: bytes, name: str, content: bytes) -> bytes | None:
    """The archive with one executable file more; None when the archive has no trailer."""
    end = archive.rfind(_TRAILER) - _HEADER_BYTES
    if end < 0 or archive[end:end + len(_MAGIC)] != _MAGIC:
        return None
    packed = archive[:end] + _entry(name, 0o100755, content) + _entry("TRAILER!!!", 0, b"")
    return packed + bytes(-len(packed) % 512)


def _entry(name: str, mode: int, content: bytes) -> bytes:
    """One file: 13 eight-digit hexadecimal fields, the name, the content, each padded to four bytes."""
    encoded = name.encode() + b"\0"
    fields = (0x7fffffff if mode else 0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    head = _MAGIC + b"".join(b"%08x" % number for number in fields) + encoded
    head += bytes(-len(head) % 4)
    return head + content + bytes(-len(content) % 4)
