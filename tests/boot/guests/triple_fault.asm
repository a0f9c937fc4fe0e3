; SPDX-License-Identifier: GPL-2.0-or-later
;
; An exception with an empty interrupt table: the machine shuts down. Only this VM may stop.

%include "guest.inc"

bits 32
main:
    PRINT32 "before the fault"
    lidt [nothing]
    ud2

section .data
nothing: times 6 db 0
