# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are: the tree, the images that make builds, the results."""
from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The folders of one tree. Emulators run in 'root', and are given paths relative to it, so that the
    command line that a guest sees does not depend on where somebody keeps the tree."""

    root: Path
    build: Path

    @property
    def manifest(self) -> Path:
        return self.root / "bench/workloads/manifest.json"

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def references(self) -> Path:
        return self.root / "results"

    def images(self) -> dict[str, Path]:
        """The images by name; whether they are there is not asked."""
        return {
            "hv-core": self.build / "hv-core/hv-core.elf32",
            "guest-coop": self.build / "guest-coop/guest-coop.elf32",
            "initramfs": self.build / "bench/initramfs.cpio",
            "programs": self.build / "bench/programs.cpio",
        }

    def program(self, name: str) -> Path:
        """The static program of a workload, as it is packed into the initramfs."""
        return self.build / "bench/workloads" / name

    def shown(self, path: Path) -> str:
        """A path as it is printed and passed on: relative to the root where it lies inside it."""
        path = Path(os.path.abspath(path))
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def default_paths(build: str | None = None) -> Paths:
    """The tree that this file belongs to; 'build' is relative to the current folder."""
    root = Path(__file__).resolve().parents[2]
    return Paths(root, Path(os.path.abspath(build)) if build else root / "build")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file; OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
