# SPDX-License-Identifier: GPL-2.0-or-later
"""coopbench as a process of its own, on the tree that the first argument names."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coopbench_lib.cli import main  # noqa: E402
from coopbench_lib.paths import Paths  # noqa: E402

if __name__ == "__main__":
    root = Path(sys.argv[1])
    sys.exit(main(sys.argv[2:], Paths(root, root / "build")))
