; SPDX-License-Identifier: GPL-2.0-or-later
;
; Writes to the log port without end.

%include "guest.inc"

bits 32
main:
    mov edx, COM2
.line:
    mov ecx, 70
    mov al, 'x'
.next:
    out dx, al
    loop .next
    mov al, 10
    out dx, al
    jmp .line
