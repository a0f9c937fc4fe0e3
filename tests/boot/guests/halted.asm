; SPDX-License-Identifier: GPL-2.0-or-later
;
; Halts with interrupts off: nothing can ever wake it.

%include "guest.inc"

bits 32
main:
    PRINT32 "good night"
    cli
    hlt
