; SPDX-License-Identifier: GPL-2.0-or-later
;
; Lets an exception push its frame into read-only memory: the delivery cannot be finished.

%include "guest.inc"

bits 32
main:
    LONG_MODE main64

bits 64
main64:
    GATE 6, main64
    PRINTLN "stack in the BIOS area"
    mov esp, 0xf0000
    ud2
