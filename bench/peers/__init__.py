# SPDX-License-Identifier: GPL-2.0-or-later
"""Live peers: other people's systems, which run the same static programs and write the same records.

peer says what a peer is; hosted has those that run on this computer (wall clock), emulated those inside the emulated
machine (instructions); archive packs what a peer's kernel finds in its initramfs; init.sh and monitor.sh run there.
Adding a peer is one row in PEERS, and a function that builds its command line.
"""
from .emulated import EMULATED
from .hosted import HOSTED
from .peer import Peer, Setup

PEERS: tuple[Peer, ...] = (*EMULATED, *HOSTED)

__all__ = ["PEERS", "Peer", "Setup"]
